/// Decodes text as PHP's `urldecode` does: `+` is a space, a `%` without two hex digits stays as it
/// is.
///
/// Invalid UTF-8 in the result is replaced.
///
/// ```
/// use bizproc_portal::php::urldecode;
///
/// assert_eq!(urldecode(b"a+b%2Bc%zz"), "a b+c%zz");
/// ```
#[must_use]
pub fn urldecode(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&urldecoded(bytes)).into_owned()
}

/// Whether encoded bytes are UTF-8 when they are decoded.
pub(crate) fn is_text(encoded: &[u8]) -> bool {
    std::str::from_utf8(&urldecoded(encoded)).is_ok()
}

fn urldecoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high * 16 + low);
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            _ => decoded.push(*first),
        }
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
