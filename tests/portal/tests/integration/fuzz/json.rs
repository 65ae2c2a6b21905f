use bizproc_portal::php::{Value, http_build_query, parse_str};

/// Reads bytes as JSON.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return;
    };
    let value = Value::from(json);
    // PHP writes an empty map as a list and reads both in the same way.
    assert_eq!(Value::from(value.to_json()).to_json(), value.to_json());
    assert!(
        parse_str(http_build_query(&value).as_bytes())
            .as_array()
            .is_some()
    );
}
