//! The faults of single pairs of a body.

use std::fmt;

/// The number of characters of a key that a [`Fault`] keeps.
const KEY_CHARS: usize = 100;

/// The maximum number of bytes of those characters.
const KEY_BYTES: usize = KEY_CHARS * 4;

/// The number of faults that are kept; a hostile body can contain one per pair.
const MAX_FAULTS: usize = 64;

/// The number of harmless faults that are kept, so that they never displace all others.
const MAX_HARMLESS: usize = 32;

/// A pair that was not read as it was sent. The rest of the body was.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
///
/// let form = Form::decode(b"code=md5&note=%FF", &Limits::default());
/// assert_eq!(form.get("code").and_then(|node| node.as_text()), Some("md5"));
/// let fault = &form.faults()[0];
/// assert_eq!(fault.key, "note");
/// assert!(fault.kind.loses_data());
/// assert!(fault.to_string().starts_with("form key `note`: not UTF-8"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The first 100 characters of the decoded key, with U+FFFD for bytes that are not UTF-8.
    pub key: String,
    /// What is wrong with the pair.
    pub kind: FaultKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "form key `{}`: {}", self.key, self.kind)
    }
}

/// The reason why a pair was not read as it was sent.
///
/// ```
/// use bizproc_runtime::form::{FaultKind, Form, Limits};
///
/// let form = Form::decode(b"code=first&code=second", &Limits::default());
/// assert_eq!(form.get("code").and_then(|node| node.as_text()), Some("second"));
/// assert_eq!(form.faults()[0].kind, FaultKind::Repeated);
/// assert!(!form.loses_data());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The key or the value is not UTF-8; the pair was skipped.
    NotUtf8,
    /// The pair needs more arrays than the body may still create; it was skipped.
    TooManyArrays {
        /// The limit that applied.
        allowed: usize,
    },
    /// The key has more `[..]` groups than allowed; the pair was skipped.
    ///
    /// PHP drops all pairs with the same top-level name; here the other pairs stay.
    TooDeep {
        /// The limit that applied.
        allowed: usize,
    },
    /// The decoded key is longer than allowed; the pair was skipped.
    KeyTooLong {
        /// The length of the key in bytes.
        bytes: usize,
        /// The limit that applied.
        allowed: usize,
    },
    /// The body has more pairs than allowed; this pair and all later ones were not read.
    TooManyPairs {
        /// The limit that applied.
        allowed: usize,
    },
    /// There is no name before the `=` or the first `[`. PHP skips such a pair too.
    NoName,
    /// A name in brackets, or a name that PHP changes, begins with a prefix that is reserved for
    /// cookies (`__Host-`, `__Secure-`). PHP skips such a pair too.
    ReservedName,
    /// `[]` needs the next index of an array that already has the greatest possible index. PHP skips
    /// such a pair too.
    NoFreeIndex,
    /// The key was sent both as a text and as a group with `[..]`; the later one is used, as in PHP.
    Reshaped,
    /// The key was sent twice; the later value is used, as in PHP.
    Repeated,
}

impl FaultKind {
    /// Whether the tree lacks something that was sent; a repeated value does not count.
    #[must_use]
    pub fn loses_data(&self) -> bool {
        !matches!(self, Self::Repeated)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str(
                "not UTF-8, so the pair was skipped; only UTF-8 is allowed, encode key and value \
                 as UTF-8 before percent-encoding them",
            ),
            Self::TooManyArrays { allowed } => write!(
                f,
                "needs one array too many, so the pair was skipped; at most {allowed} arrays are \
                 allowed, send a flatter structure or raise `Limits::arrays`",
            ),
            Self::TooDeep { allowed } => write!(
                f,
                "nested too deep, so the pair was skipped; at most {allowed} groups in brackets \
                 are allowed, send a flatter structure or raise `Limits::depth`",
            ),
            Self::KeyTooLong { bytes, allowed } => write!(
                f,
                "the key has {bytes} bytes, so the pair was skipped; at most {allowed} are \
                 allowed, send shorter names or raise `Limits::key_bytes`",
            ),
            Self::TooManyPairs { allowed } => write!(
                f,
                "this pair and all later ones were not read; at most {allowed} pairs are allowed, \
                 send fewer values or raise `Limits::pairs`",
            ),
            Self::NoName => f.write_str(
                "no name, so the pair was skipped; a name must stand before the `=` and before \
                 the first `[`",
            ),
            Self::ReservedName => f.write_str(
                "a reserved name, so the pair was skipped; `__Host-` and `__Secure-` are allowed \
                 at the start of a whole key only, rename the field",
            ),
            Self::NoFreeIndex => write!(
                f,
                "no free index, so the pair was skipped; `[]` needs a last index below {}, \
                 number the elements from 0",
                i64::MAX,
            ),
            Self::Reshaped => f.write_str(
                "sent both as a text and as a group, so the earlier one was dropped; one form per \
                 key is allowed, send either `key=` or `key[..]=`",
            ),
            Self::Repeated => f.write_str(
                "sent more than once, so the later value was used; one value per key is allowed, \
                 use `key[]=` for several",
            ),
        }
    }
}

/// The faults of one body: those that are kept, and the number of the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    kept: Vec<Fault>,
    omitted: usize,
}

impl Faults {
    /// Records a fault; the key is built only if the fault is kept.
    pub(super) fn record(&mut self, kind: FaultKind, key: impl FnOnce() -> Vec<u8>) {
        let room = match kind {
            FaultKind::Repeated => MAX_HARMLESS,
            // Always kept: it occurs once in a body, and says that the rest was not read.
            FaultKind::TooManyPairs { .. } => usize::MAX,
            _ => MAX_FAULTS,
        };
        if self.kept.len() < room {
            self.kept.push(Fault {
                key: shorten(&key()),
                kind,
            });
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    pub(super) fn kept(&self) -> &[Fault] {
        &self.kept
    }

    pub(super) fn omitted(&self) -> usize {
        self.omitted
    }
}

fn shorten(key: &[u8]) -> String {
    let head = key.get(..KEY_BYTES).unwrap_or(key);
    String::from_utf8_lossy(head)
        .chars()
        .take(KEY_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_faults_leave_room_for_the_others() {
        let mut faults = Faults::default();
        for _ in 0..1_000 {
            faults.record(FaultKind::Repeated, Vec::new);
        }
        assert_eq!(
            (faults.kept().len(), faults.omitted()),
            (MAX_HARMLESS, 1_000 - MAX_HARMLESS)
        );
        for _ in 0..1_000 {
            faults.record(FaultKind::NotUtf8, Vec::new);
        }
        assert_eq!(faults.kept().len(), MAX_FAULTS);
        faults.record(FaultKind::TooManyPairs { allowed: 1 }, Vec::new);
        assert_eq!(
            faults.kept().last().map(|fault| fault.kind.loses_data()),
            Some(true)
        );
        assert_eq!(faults.kept().len(), MAX_FAULTS + 1);
    }

    #[test]
    fn a_kept_key_is_short_and_readable() {
        assert_eq!(shorten(b"a\xFFb"), "a\u{FFFD}b");
        assert_eq!(shorten("é".repeat(5_000).as_bytes()), "é".repeat(100));
        assert_eq!(shorten(&[0xFF; 5_000]).chars().count(), 100);
    }

    #[test]
    fn messages_name_the_limit_and_the_way_out() {
        let text = FaultKind::TooDeep { allowed: 64 }.to_string();
        assert!(
            text.contains("64") && text.contains("Limits::depth"),
            "{text}"
        );
        let key_too_long = FaultKind::KeyTooLong {
            bytes: 2_000,
            allowed: 1_024,
        };
        let text = key_too_long.to_string();
        assert!(text.contains("2000") && text.contains("1024"), "{text}");
        let text = FaultKind::TooManyPairs { allowed: 10 }.to_string();
        assert!(text.contains("10 pairs"), "{text}");
    }
}
