//! The `key=value` pairs of a body.

use std::borrow::Cow;

use super::fault::FaultKind;
use super::key::{Path, trimmed};
use super::limits::Limits;

/// The part of a body between two `&`, split at its first `=`.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    key: Cow<'a, [u8]>,
    value: &'a [u8],
}

impl<'a> Pair<'a> {
    pub(super) fn new(piece: &'a [u8]) -> Self {
        let equals = piece.iter().position(|byte| *byte == b'=');
        let (key, value) = piece
            .split_at_checked(equals.unwrap_or(piece.len()))
            .unwrap_or_default();
        Self {
            key: unescape(key),
            value: value.get(1..).unwrap_or_default(),
        }
    }

    /// The part of the decoded key that PHP uses.
    pub(super) fn key(&self) -> &[u8] {
        trimmed(&self.key)
    }

    pub(super) fn path(&self, limits: &Limits) -> Result<Path<'a>, FaultKind> {
        let bytes = self.key().len();
        let allowed = limits.key_bytes;
        let depth = limits.effective_depth();
        if bytes > allowed {
            return Err(FaultKind::KeyTooLong { bytes, allowed });
        }
        match &self.key {
            Cow::Borrowed(key) => Path::parse(trimmed(key), depth, |text| text),
            Cow::Owned(key) => {
                Path::parse(trimmed(key), depth, |text| Cow::Owned(text.into_owned()))
            }
        }
    }

    pub(super) fn value(&self) -> Result<Cow<'a, str>, FaultKind> {
        match unescape(self.value) {
            Cow::Borrowed(value) => std::str::from_utf8(value).map(Cow::Borrowed).ok(),
            Cow::Owned(value) => String::from_utf8(value).map(Cow::Owned).ok(),
        }
        .ok_or(FaultKind::NotUtf8)
    }
}

/// Decodes `+` and `%XX`; a `%` without two hexadecimal digits stays as it is.
fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, tail),
                _ => (b'%', after),
            },
            _ => (*first, after),
        };
        out.push(byte);
        rest = after;
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> String {
        String::from_utf8(unescape(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn plus_and_percent_are_decoded() {
        assert_eq!(unescaped("a+b%20c%2b%2B"), "a b c++");
        assert_eq!(unescaped("%D0%96%c3%a9"), "Жé");
    }

    #[test]
    fn broken_escapes_stay() {
        for text in ["%", "%4", "%zz", "%4z", "%z4", "100%", "%é"] {
            assert_eq!(unescaped(text), text);
        }
        assert_eq!(unescaped("%%41"), "%A");
        assert_eq!(unescaped("%4%41"), "%4A");
    }

    #[test]
    fn the_first_equals_sign_splits() {
        let read = |piece: &'static str| {
            let pair = Pair::new(piece.as_bytes());
            (pair.key().to_vec(), pair.value().unwrap().into_owned())
        };
        assert_eq!(read("a=b=c"), (b"a".to_vec(), "b=c".to_owned()));
        assert_eq!(read("a=="), (b"a".to_vec(), "=".to_owned()));
        assert_eq!(read("a"), (b"a".to_vec(), String::new()));
        assert_eq!(read("a%3Db=c"), (b"a=b".to_vec(), "c".to_owned()));
    }

    #[test]
    fn a_plain_pair_borrows() {
        let pair = Pair::new(b"code=md5");
        assert!(matches!(pair.key, Cow::Borrowed(_)));
        assert!(matches!(pair.value(), Ok(Cow::Borrowed("md5"))));
        assert!(matches!(Pair::new(b"a=b+c").value(), Ok(Cow::Owned(_))));
    }

    #[test]
    fn the_length_of_a_key_is_counted_decoded() {
        let limits = Limits {
            key_bytes: 2,
            ..Limits::default()
        };
        assert!(Pair::new(b"%41%42=").path(&limits).is_ok());
        let kind = Pair::new(b"abc=").path(&limits).unwrap_err();
        assert_eq!(
            kind,
            FaultKind::KeyTooLong {
                bytes: 3,
                allowed: 2
            }
        );
    }
}
