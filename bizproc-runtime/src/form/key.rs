//! Keys of arrays, and keys of pairs as paths into the tree.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use indexmap::Equivalent;

use super::fault::FaultKind;

/// The key of one element of a PHP array.
///
/// PHP converts a text that is the canonical form of a 64-bit integer into that integer: `[7]` is an
/// index, while `[07]`, `[-0]` and `[+7]` are names.
///
/// ```
/// use bizproc_runtime::form::Key;
///
/// assert_eq!(Key::from("7"), Key::Index(7));
/// assert_eq!(Key::from("07"), Key::Name("07".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key<'a> {
    /// An integer key.
    Index(i64),
    /// A text key.
    Name(Cow<'a, str>),
}

impl<'a> From<Cow<'a, str>> for Key<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match canonical_index(&text) {
            Some(index) => Self::Index(index),
            None => Self::Name(text),
        }
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        Self::from(Cow::Borrowed(text))
    }
}

impl From<String> for Key<'_> {
    fn from(text: String) -> Self {
        Self::from(Cow::Owned(text))
    }
}

impl From<i64> for Key<'_> {
    fn from(index: i64) -> Self {
        Self::Index(index)
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Index(index) => KeyRef::Index(*index),
            Self::Name(name) => KeyRef::Name(name),
        }
        .hash(state);
    }
}

/// A key to look up, with a lifetime that is independent of the array's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum KeyRef<'k> {
    Index(i64),
    Name(&'k str),
}

impl<'k> From<&'k str> for KeyRef<'k> {
    fn from(text: &'k str) -> Self {
        canonical_index(text).map_or(Self::Name(text), Self::Index)
    }
}

impl Equivalent<Key<'_>> for KeyRef<'_> {
    fn equivalent(&self, key: &Key<'_>) -> bool {
        match (self, key) {
            (Self::Index(a), Key::Index(b)) => a == b,
            (Self::Name(a), Key::Name(b)) => a == b,
            _ => false,
        }
    }
}

/// The integer whose canonical form this is.
fn canonical_index(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = match digits.as_bytes() {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if canonical { text.parse().ok() } else { None }
}

/// One step from an array to an element of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// `[]`: the next free index.
    Append,
    /// `name` or `[name]`.
    To(Key<'a>),
}

/// The place that the key of a pair names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'a> {
    /// The steps to the last array. Arrays that do not exist are created on the way.
    pub(super) parents: Vec<Step<'a>>,
    /// The element of the last array; `None` if PHP creates the arrays and then refuses the name.
    pub(super) last: Option<Step<'a>>,
}

impl<'a> Path<'a> {
    /// Parses a decoded key that [`trimmed`] has cut.
    ///
    /// `own` extends a text's lifetime beyond that of the decoded key: it keeps a borrow from the body
    /// and copies everything else.
    pub(super) fn parse<'k>(
        key: &'k [u8],
        depth: usize,
        own: fn(Cow<'k, str>) -> Cow<'a, str>,
    ) -> Result<Self, FaultKind> {
        let open = key.iter().position(|byte| *byte == b'[');
        let (before, brackets) = key
            .split_at_checked(open.unwrap_or(key.len()))
            .unwrap_or_default();
        if before.is_empty() {
            return Err(FaultKind::NoName);
        }
        let groups = parse_groups(brackets, depth)?;
        // A first bracket that is never closed is a part of the name.
        let name = if groups.is_empty() { key } else { before };
        let mut parents = Vec::with_capacity(groups.len() + 1);
        let inner = groups.into_iter().map(|group| group.map(Cow::Borrowed));
        for part in std::iter::once(Some(mangle(name))).chain(inner) {
            parents.push(match part {
                Some(name) if is_reserved(&name, key) => {
                    return Ok(Self {
                        parents,
                        last: None,
                    });
                }
                Some(name) => Step::To(Key::from(own(to_text(name)?))),
                None => Step::Append,
            });
        }
        let last = parents.pop();
        Ok(Self { parents, last })
    }
}

/// The part of a decoded key that PHP uses: a C string without leading spaces.
pub(super) fn trimmed(key: &[u8]) -> &[u8] {
    let c_string = key.split(|byte| *byte == 0).next().unwrap_or_default();
    let spaces = c_string.iter().take_while(|byte| **byte == b' ').count();
    c_string.get(spaces..).unwrap_or_default()
}

/// The `[..]` groups at the start of `rest`; `None` stands for an empty group.
///
/// A bracket that is not closed is ignored, and so is the text after a closed one.
fn parse_groups(mut rest: &[u8], depth: usize) -> Result<Vec<Option<&[u8]>>, FaultKind> {
    let mut groups = Vec::new();
    while let [b'[', inner @ ..] = rest {
        if groups.len() == depth {
            return Err(FaultKind::TooDeep { allowed: depth });
        }
        let Some((group, after)) = parse_group(inner) else {
            break;
        };
        groups.push(group);
        rest = after;
    }
    Ok(groups)
}

/// The text up to the closing bracket, and the rest after it.
fn parse_group(inner: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    match inner {
        // PHP skips one white-space character before it checks for an empty group.
        [b']', after @ ..] | [b' ' | b'\t'..=b'\r', b']', after @ ..] => Some((None, after)),
        _ => {
            let close = inner.iter().position(|byte| *byte == b']')?;
            let (name, after) = inner.split_at_checked(close)?;
            Some((Some(name), after.get(1..)?))
        }
    }
}

/// Replaces the characters that names of PHP variables could not contain; PHP still does so in forms.
fn mangle(name: &[u8]) -> Cow<'_, [u8]> {
    let bad = |byte: &u8| matches!(byte, b' ' | b'.' | b'[');
    if !name.iter().any(bad) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(
        name.iter()
            .map(|byte| if bad(byte) { b'_' } else { *byte })
            .collect(),
    )
}

fn to_text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, FaultKind> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    }
    .ok_or(FaultKind::NotUtf8)
}

/// Whether PHP treats the name as a forged cookie: it begins with a prefix of cookies, but the key as
/// sent does not.
fn is_reserved(name: &[u8], key: &[u8]) -> bool {
    [b"__Host-".as_slice(), b"__Secure-"]
        .iter()
        .any(|prefix| name.starts_with(prefix) && !key.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(key: &str) -> Result<Path<'_>, FaultKind> {
        Path::parse(trimmed(key.as_bytes()), 64, |text| text)
    }

    fn path(key: &str) -> Vec<String> {
        let path = parse(key).unwrap();
        let steps = path.parents.into_iter().chain(path.last);
        steps
            .map(|step| match step {
                Step::Append => "[]".to_owned(),
                Step::To(Key::Index(index)) => format!("#{index}"),
                Step::To(Key::Name(name)) => name.into_owned(),
            })
            .collect()
    }

    #[test]
    fn canonical_integers_become_indexes() {
        for index in [
            "0",
            "7",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            assert_eq!(Key::from(index), Key::Index(index.parse().unwrap()));
        }
        let names = [
            "",
            "-",
            "-0",
            "00",
            "07",
            "+7",
            " 7",
            "7 ",
            "1e3",
            "0x1",
            "٣",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
        ];
        for name in names {
            assert_eq!(Key::from(name), Key::Name(name.into()), "{name}");
        }
    }

    #[test]
    fn a_looked_up_key_hashes_like_a_kept_one() {
        use std::hash::BuildHasher;
        let hasher = std::collections::hash_map::RandomState::new();
        for text in ["7", "-7", "07", "a", ""] {
            assert_eq!(
                hasher.hash_one(Key::from(text)),
                hasher.hash_one(KeyRef::from(text))
            );
            assert!(KeyRef::from(text).equivalent(&Key::from(text)));
        }
        assert!(!KeyRef::from("7").equivalent(&Key::Name("7".into())));
    }

    #[test]
    fn top_level_names_are_mangled() {
        assert_eq!(path("a.b c"), ["a_b_c"]);
        assert_eq!(path("  a"), ["a"]);
        assert_eq!(path("a.[b.c d]"), ["a_", "b.c d"]);
        assert_eq!(path("\ta"), ["\ta"]);
        assert_eq!(path("1"), ["#1"]);
    }

    #[test]
    fn nameless_keys_are_refused() {
        for key in ["", " ", "[", "[a]", " [a]", "\0a"] {
            assert_eq!(parse(key), Err(FaultKind::NoName), "{key:?}");
        }
    }

    #[test]
    fn a_nul_ends_the_key() {
        assert_eq!(path("a\0[b]"), ["a"]);
        assert_eq!(path("a[b\0]"), ["a_b"]);
        assert_eq!(path("a[b]\0[c]"), ["a", "b"]);
    }

    #[test]
    fn an_unclosed_first_bracket_joins_the_name() {
        assert_eq!(path("a["), ["a_"]);
        assert_eq!(path("a.b[c.d[e f"), ["a_b_c_d_e_f"]);
        assert_eq!(path("a]b"), ["a]b"]);
    }

    #[test]
    fn an_unclosed_later_bracket_is_ignored() {
        assert_eq!(path("a[b]["), ["a", "b"]);
        assert_eq!(path("a[b][c.d[e"), ["a", "b"]);
        assert_eq!(path("a[]["), ["a", "[]"]);
    }

    #[test]
    fn text_after_a_group_is_ignored() {
        assert_eq!(path("a[b]x[c]"), ["a", "b"]);
        assert_eq!(path("a[b[c]]"), ["a", "b[c"]);
        assert_eq!(path("a[[b]"), ["a", "[b"]);
    }

    #[test]
    fn one_blank_in_brackets_appends() {
        for key in [
            "a[]", "a[ ]", "a[\t]", "a[\n]", "a[\x0B]", "a[\x0C]", "a[\r]",
        ] {
            assert_eq!(path(key), ["a", "[]"], "{key:?}");
        }
        assert_eq!(path("a[  ]"), ["a", "  "]);
        assert_eq!(path("a[ x]"), ["a", " x"]);
        assert_eq!(path("a[ []"), ["a", " ["]);
    }

    #[test]
    fn the_depth_counts_brackets_closed_or_not() {
        let depth = |key: &'static str, depth| Path::parse(key.as_bytes(), depth, |text| text);
        assert!(depth("a[b][c]", 2).is_ok());
        assert_eq!(depth("a[b][c]", 1), Err(FaultKind::TooDeep { allowed: 1 }));
        assert_eq!(depth("a[b][c", 1), Err(FaultKind::TooDeep { allowed: 1 }));
        assert_eq!(depth("a[", 0), Err(FaultKind::TooDeep { allowed: 0 }));
        assert!(depth("a[b]x[c]", 1).is_ok());
    }

    #[test]
    fn cookie_names_stop_the_walk() {
        assert_eq!(path("__Host-a"), ["__Host-a"]);
        assert_eq!(path("__Host-a[__Host-b]"), ["__Host-a", "__Host-b"]);
        for (key, kept) in [
            ("_.Host-a", 0),
            ("a[__Host-b]", 1),
            ("a[b][__Secure-][c]", 2),
        ] {
            let path = parse(key).unwrap();
            assert_eq!((path.parents.len(), path.last), (kept, None), "{key}");
        }
    }

    #[test]
    fn only_the_used_parts_must_be_utf8() {
        let parse = |key: &'static [u8]| Path::parse(trimmed(key), 64, |text| text);
        assert_eq!(parse(b"a\xFF"), Err(FaultKind::NotUtf8));
        assert_eq!(parse(b"a[\xFF]"), Err(FaultKind::NotUtf8));
        assert_eq!(parse(b"a.\xFF"), Err(FaultKind::NotUtf8));
        assert!(parse(b"a[b]\xFF").is_ok());
        assert!(parse(b"a\0\xFF").is_ok());
    }
}
