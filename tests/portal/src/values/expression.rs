//! `{=Document:FIELD}`.

use crate::{document::Document, php::Value};

const OPEN: &str = "{=Document:";

/// Replaces the fields of the document in a value, at any depth.
///
/// A text that is one expression becomes the field itself, null if the document has no such field; inside longer text
/// a field becomes text, lists joined by commas. Expressions about anything else stay as they are.
pub(super) fn evaluate(value: &Value, document: &Document) -> Value {
    match value {
        Value::Text(text) => in_text(text, document),
        Value::Array(array) => Value::Array(
            array
                .iter()
                .map(|(key, value)| (key.clone(), evaluate(value, document)))
                .collect(),
        ),
        scalar => scalar.clone(),
    }
}

fn in_text(text: &str, document: &Document) -> Value {
    let whole = text
        .strip_prefix(OPEN)
        .and_then(|rest| rest.split_once('}'));
    if let Some((field, "")) = whole {
        return document.value(field.trim()).cloned().unwrap_or_default();
    }
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((field, after)) = after.split_once('}') else {
            break;
        };
        result.push_str(before);
        result.push_str(
            &document
                .value(field.trim())
                .map(printed)
                .unwrap_or_default(),
        );
        rest = after;
    }
    result.push_str(rest);
    Value::Text(result)
}

fn printed(value: &Value) -> String {
    match value {
        Value::Array(array) => array.values().map(printed).collect::<Vec<_>>().join(", "),
        scalar => scalar.to_text(),
    }
}
