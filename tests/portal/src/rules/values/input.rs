use crate::rules::dates;
use crate::rules::php::{Array, Value};
use crate::rules::settings::Settings;
use crate::rules::values::expression;
use crate::rules::values::expression::Sources;
use crate::rules::values::property::Property;

/// The properties of a call: for every registered input its stored value or else its default.
///
/// Stored values of unregistered inputs are dropped. There is no check against the declared type.
pub(crate) fn inputs(
    registered: &Array,
    stored: &Array,
    sources: &dyn Sources,
    settings: &Settings,
) -> Array {
    let produce = |property: &Value, value: Option<&Value>| {
        let property = Property::read(property);
        let value = expression::evaluate(value.unwrap_or(&property.default), sources);
        if value.is_truthy() {
            convert(value, &property, settings)
        } else if value == Value::Null {
            "".into()
        } else {
            value
        }
    };
    registered
        .iter()
        .map(|(key, property)| (key.clone(), produce(property, stored.get(&key.to_text()))))
        .collect()
}

fn convert(value: Value, property: &Property, settings: &Settings) -> Value {
    if property.multiple {
        let list = match value {
            Value::Array(list) if list.is_list() => list,
            single => [single].into_iter().collect(),
        };
        return list
            .into_iter()
            .map(|(key, value)| (key, single(value, &property.kind, settings)))
            .collect::<Array>()
            .into();
    }
    single(value, &property.kind, settings)
}

fn single(value: Value, kind: &str, settings: &Settings) -> Value {
    match (kind, value) {
        ("string" | "text", Value::Array(array)) => {
            first_flattened(&array).unwrap_or_else(|| "".into())
        }
        ("date", Value::Text(text)) => dates::outgoing(&text, false, settings).into(),
        ("datetime", Value::Text(text)) => dates::outgoing(&text, true, settings).into(),
        (_, value) => value,
    }
}

/// A text property holds one text: the first element, however deep.
fn first_flattened(array: &Array) -> Option<Value> {
    array.values().find_map(|value| match value {
        Value::Array(inner) => first_flattened(inner),
        Value::Null => Some("".into()),
        scalar => Some(scalar.clone()),
    })
}
