//! `{=Object:Field}` and `{{Field}}`.

use crate::rules::php::Value;

const OPEN: &str = "{=";

const OPEN_TITLE: &str = "{{";

/// The values that expressions can refer to.
pub(crate) trait Sources {
    /// Returns the value of a field, null if its object has no such field; `None` if there is no
    /// such object, whose expressions stay unchanged.
    fn value(&self, object: &str, field: &str) -> Option<Value>;

    /// Returns the value of a field of the document by its title; `None` if it has none, whose
    /// expressions stay unchanged.
    fn titled(&self, title: &str) -> Option<Value>;
}

/// Replaces the expressions in a value, at any depth.
///
/// A text that is one expression becomes the field's value itself; inside a longer text a field
/// becomes text, and lists are joined by commas.
pub(crate) fn evaluate(value: &Value, sources: &dyn Sources) -> Value {
    match value {
        Value::Text(text) => in_text(text, sources),
        Value::Array(array) => Value::Array(
            array
                .iter()
                .map(|(key, value)| (key.clone(), evaluate(value, sources)))
                .collect(),
        ),
        scalar => scalar.clone(),
    }
}

/// A value as longer text, a log line or a comparison shows it.
pub(crate) fn printed(value: &Value) -> String {
    match value {
        Value::Array(array) => array.values().map(printed).collect::<Vec<_>>().join(", "),
        scalar => scalar.to_text(),
    }
}

fn in_text(text: &str, sources: &dyn Sources) -> Value {
    if let Some((value, "")) = read(text, sources) {
        return value;
    }
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, opened) = rest.split_at(start);
        result.push_str(before);
        if let Some((value, tail)) = read(opened, sources) {
            result.push_str(&printed(&value));
            rest = tail;
        } else {
            result.push('{');
            rest = opened.get(1..).unwrap_or_default();
        }
    }
    result.push_str(rest);
    Value::Text(result)
}

/// Returns the value of the expression at the beginning of a text, and the rest of the text.
fn read<'a>(text: &'a str, sources: &dyn Sources) -> Option<(Value, &'a str)> {
    if let Some(after) = text.strip_prefix(OPEN_TITLE) {
        let (title, tail) = after.split_once("}}")?;
        return Some((sources.titled(title.trim())?, tail));
    }
    let (expression, tail) = text.strip_prefix(OPEN)?.split_once('}')?;
    let (object, field) = expression.split_once(':')?;
    Some((sources.value(object.trim(), field.trim())?, tail))
}
