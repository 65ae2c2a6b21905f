//! What was wrong with single pairs of a body.

use std::fmt;

/// How many characters of a key a [`Fault`] keeps.
const KEY_CHARS: usize = 100;

/// How many bytes those characters can take at most.
const KEY_BYTES: usize = KEY_CHARS * 4;

/// How many faults are kept; a hostile body can hold one per pair.
const MOST_FAULTS: usize = 64;

/// How many of them may be harmless, so that these never hide the others.
const MOST_HARMLESS: usize = 32;

/// One pair that was not taken as it came; the rest of the body was.
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
    /// The decoded key, at most 100 characters of it, with U+FFFD for bytes that are not UTF-8.
    pub key: String,
    /// What is wrong with the pair.
    pub kind: FaultKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "form key `{}`: {}", self.key, self.kind)
    }
}

/// Why a pair was not taken as it came.
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
    /// The pair needs more arrays than the body may still make; it was skipped.
    TooManyArrays {
        /// The limit that was in force.
        allowed: usize,
    },
    /// The key has more `[..]` groups than allowed; the pair was skipped.
    ///
    /// PHP throws away the whole top-level name at this point; here the other pairs of it stay.
    TooDeep {
        /// The limit that was in force.
        allowed: usize,
    },
    /// The decoded key is longer than allowed; the pair was skipped.
    KeyTooLong {
        /// How many bytes the key has.
        bytes: usize,
        /// The limit that was in force.
        allowed: usize,
    },
    /// The body has more pairs than allowed; this pair and all after it were not read.
    TooManyPairs {
        /// The limit that was in force.
        allowed: usize,
    },
    /// There is no name before the `=` or the first `[`; PHP skips such a pair too.
    NoName,
    /// The name only becomes, or only inside brackets is, one that PHP keeps for cookies
    /// (`__Host-…`, `__Secure-…`); PHP skips such a pair too.
    ReservedName,
    /// `[]` asks for the next index of an array whose last index is the greatest there is; PHP
    /// skips such a pair too.
    NoFreeIndex,
    /// The key came both as a text and as a group with `[..]`; the later form won, as in PHP.
    Reshaped,
    /// The key came twice; the later value won, as in PHP.
    Repeated,
}

impl FaultKind {
    /// Whether something that was sent is missing from the tree, a plain repetition aside.
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
                "this pair and all after it were not read; at most {allowed} pairs are allowed, \
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
                "came both as a text and as a group, so the earlier one is gone; one form per \
                 key is allowed, send either `key=` or `key[..]=`",
            ),
            Self::Repeated => f.write_str(
                "came more than once and the later value was taken; one value per key is \
                 allowed, use `key[]=` for several",
            ),
        }
    }
}

/// The faults of one body, as many as are kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    kept: Vec<Fault>,
    more: usize,
}

impl Faults {
    /// Takes note of a fault; the key is only built when it is kept.
    pub(super) fn note(&mut self, kind: FaultKind, key: impl FnOnce() -> Vec<u8>) {
        let room = match kind {
            FaultKind::Repeated => MOST_HARMLESS,
            // Comes once per body, and nothing is read after it: it must never be left out.
            FaultKind::TooManyPairs { .. } => usize::MAX,
            _ => MOST_FAULTS,
        };
        if self.kept.len() < room {
            self.kept.push(Fault {
                key: shorten(&key()),
                kind,
            });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(super) fn kept(&self) -> &[Fault] {
        &self.kept
    }

    pub(super) fn more(&self) -> usize {
        self.more
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
            faults.note(FaultKind::Repeated, Vec::new);
        }
        assert_eq!(
            (faults.kept().len(), faults.more()),
            (MOST_HARMLESS, 1_000 - MOST_HARMLESS)
        );
        for _ in 0..1_000 {
            faults.note(FaultKind::NotUtf8, Vec::new);
        }
        assert_eq!(faults.kept().len(), MOST_FAULTS);
        faults.note(FaultKind::TooManyPairs { allowed: 1 }, Vec::new);
        assert_eq!(
            faults.kept().last().map(|fault| fault.kind.loses_data()),
            Some(true)
        );
        assert_eq!(faults.kept().len(), MOST_FAULTS + 1);
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
        let text = FaultKind::KeyTooLong {
            bytes: 2_000,
            allowed: 1_024,
        }
        .to_string();
        assert!(text.contains("2000") && text.contains("1024"), "{text}");
        let text = FaultKind::TooManyPairs { allowed: 10 }.to_string();
        assert!(text.contains("10 pairs"), "{text}");
    }
}
