//! Base64 as PHP reads it.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

/// The padding may be left out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Returns the bytes that a base64 text encodes; it may contain line breaks.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_ascii_whitespace().collect();
    LENIENT.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn lines_may_be_broken_and_padding_left_out() {
        for text in ["aGVsbG8=", "aGVsbG8", "aGVs\r\nbG8=\n"] {
            assert_eq!(decode(text).as_deref(), Some(&b"hello"[..]), "{text}");
        }
        for text in ["a", "hello!", "aGVs=bG8", "data:text/plain;base64,aGVsbG8="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
