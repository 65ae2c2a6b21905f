use std::fmt::Write;

use crate::rules::php::value::Value;

/// Writes an array as a form body, exactly as PHP's `http_build_query` does.
///
/// Null and empty arrays are omitted, `true` is `1`, lists keep their indexes, a space is `+`. A
/// scalar at the top has no name and results in an empty body.
///
/// ```
/// use bizproc_portal::php::{Value, http_build_query};
/// use serde_json::json;
///
/// let form = Value::from(json!({"code": "md5", "empty": null, "tags": ["a b", true]}));
/// assert_eq!(http_build_query(&form), "code=md5&tags%5B0%5D=a+b&tags%5B1%5D=1");
/// ```
#[must_use]
pub fn http_build_query(value: &Value) -> String {
    let mut body = String::new();
    if let Value::Array(array) = value {
        for (key, value) in array.iter() {
            append(&mut body, &encode(&key.to_text()), value);
        }
    }
    body
}

fn append(body: &mut String, name: &str, value: &Value) {
    let text = match value {
        Value::Null => return,
        Value::Array(array) => {
            for (key, value) in array.iter() {
                append(
                    body,
                    &format!("{name}%5B{}%5D", encode(&key.to_text())),
                    value,
                );
            }
            return;
        }
        Value::Bool(false) => "0".to_owned(),
        scalar => scalar.to_text(),
    };
    if !body.is_empty() {
        body.push('&');
    }
    body.push_str(name);
    body.push('=');
    body.push_str(&encode(&text));
}

/// PHP's `urlencode`: unlike RFC 3986 it encodes `~` and writes a space as `+`.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}
