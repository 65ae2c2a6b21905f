use bizproc_portal::php::{Value, http_build_query, parse_str};

/// Reads bytes as a form.
pub(crate) fn check(bytes: &[u8]) {
    let form = parse_str(bytes);
    assert!(matches!(&form, Value::Array(_)));
    // A form that was read and written once stays the same from then on.
    let once = http_build_query(&form);
    let twice = http_build_query(&parse_str(once.as_bytes()));
    assert_eq!(http_build_query(&parse_str(twice.as_bytes())), twice);
}
