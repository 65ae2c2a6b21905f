use crate::rules::php::array::{Array, Key};
use crate::rules::php::number;
use crate::rules::php::value::Value;

/// How many bytes PHP's `serialize` would make of a value: the measure of the portal's column
/// limits.
///
/// ```
/// use bizproc_portal::php::{Value, serialized_len};
///
/// let properties = Value::from(serde_json::json!({"a": {"NAME": "x", "TYPE": "string"}}));
/// assert_eq!(serialized_len(&properties), 63);
/// ```
#[must_use]
pub fn serialized_len(value: &Value) -> usize {
    match value {
        Value::Null => "N;".len(),
        Value::Bool(_) => "b:1;".len(),
        Value::Int(number) => int_len(*number),
        Value::Float(number) => "d:;".len() + number::exact(*number).len(),
        Value::Text(text) => text_len(text),
        Value::Array(array) => array_len(array),
    }
}

fn array_len(array: &Array) -> usize {
    let elements: usize = array
        .iter()
        .map(|(key, value)| key_len(key) + serialized_len(value))
        .sum();
    "a::{}".len() + array.len().to_string().len() + elements
}

fn key_len(key: &Key) -> usize {
    match key {
        Key::Int(number) => int_len(*number),
        Key::Text(text) => text_len(text),
    }
}

fn int_len(number: i64) -> usize {
    "i:;".len() + number.to_string().len()
}

fn text_len(text: &str) -> usize {
    "s::\"\";".len() + text.len().to_string().len() + text.len()
}
