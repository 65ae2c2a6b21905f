use crate::rules::php::{Array, Key, Value};
use crate::rules::values::expression::printed;

/// A stored property as the engine reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Property {
    /// In lower case: types are looked up ignoring case.
    pub(crate) kind: String,
    pub(crate) multiple: bool,
    pub(crate) default: Value,
}

impl Property {
    pub(crate) fn read(property: &Value) -> Self {
        let Some(array) = property.as_array() else {
            return Self {
                kind: String::new(),
                multiple: false,
                default: Value::Null,
            };
        };
        Self {
            kind: attribute(array, "TYPE", "0")
                .map(Value::to_text)
                .unwrap_or_default()
                .to_lowercase(),
            multiple: attribute(array, "MULTIPLE", "1").is_some_and(is_on),
            default: attribute(array, "DEFAULT", "").cloned().unwrap_or_default(),
        }
    }
}

/// An attribute by its name in any case, or by its place.
pub(crate) fn attribute<'a>(property: &'a Array, name: &str, place: &str) -> Option<&'a Value> {
    let is_it = |key: &Key| {
        let text = key.to_text();
        text.eq_ignore_ascii_case(name) || (!place.is_empty() && text == place)
    };
    property
        .iter()
        .find_map(|(key, value)| is_it(key).then_some(value))
}

/// A flag is off for empty values, `"false"`, `N` and `n`; `"no"` and `"FALSE"` are on.
pub(crate) fn is_on(value: &Value) -> bool {
    value.is_truthy() && !matches!(value.as_text(), Some("false" | "N" | "n"))
}

/// A property as lists of fields show it.
pub(crate) fn normalised(id: &str, property: &Value) -> Array {
    let array = property.as_array().cloned().unwrap_or_default();
    let text = |name: &str, place: &str| {
        attribute(&array, name, place)
            .map(printed)
            .unwrap_or_default()
    };
    let given =
        |name: &str, place: &str| attribute(&array, name, place).cloned().unwrap_or_default();
    let flag = |name: &str, place: &str| attribute(&array, name, place).is_some_and(is_on);
    [
        ("Id", Value::from(id)),
        ("Type", text("TYPE", "0").into()),
        ("BaseType", text("TYPE", "0").into()),
        ("Name", text("NAME", "").into()),
        ("Description", text("DESCRIPTION", "").into()),
        ("Multiple", flag("MULTIPLE", "1").into()),
        ("Required", flag("REQUIRED", "2").into()),
        ("Options", given("OPTIONS", "3")),
        ("Settings", given("SETTINGS", "")),
        ("Default", given("DEFAULT", "")),
    ]
    .into_iter()
    .collect()
}

/// The type of a property, in lower case.
pub(crate) fn kind_of(property: &Value) -> String {
    Property::read(property).kind
}

/// Whether a property has a list of values.
pub(crate) fn is_multiple(property: &Value) -> bool {
    Property::read(property).multiple
}

/// The name of a property, if it has one.
pub(crate) fn name(property: &Value) -> Option<String> {
    attribute(property.as_array()?, "NAME", "").map(printed)
}

/// Returns the name of a required property; `None` if it is optional.
pub(crate) fn required_name(property: &Value) -> Option<String> {
    let array = property.as_array()?;
    attribute(array, "REQUIRED", "2")
        .is_some_and(is_on)
        .then(|| name(property).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Property;
    use crate::rules::php::Value;

    #[test]
    fn flags_are_read_as_the_platform_reads_them() {
        let multiple = |flag| Property::read(&json!({"MULTIPLE": flag}).into()).multiple;
        for off in [
            json!("N"),
            json!("n"),
            json!("false"),
            json!(0),
            json!("0"),
            json!(""),
            json!(null),
        ] {
            assert!(!multiple(off.clone()), "{off}");
        }
        for off in [json!(false), json!([])] {
            assert!(!multiple(off.clone()), "{off}");
        }
        for on in [
            json!("Y"),
            json!("y"),
            json!("1"),
            json!(1),
            json!("no"),
            json!("off"),
            json!("FALSE"),
            json!("null"),
        ] {
            assert!(multiple(on.clone()), "{on}");
        }
        for on in [json!("0.0"), json!(true)] {
            assert!(multiple(on.clone()), "{on}");
        }
    }

    #[test]
    fn attributes_are_found_in_any_case_and_by_place() {
        let named = Property::read(&json!({"Type": "Date", "Default": 5}).into());
        assert_eq!(
            (named.kind.as_str(), named.default),
            ("date", Value::Int(5))
        );
        let placed = Property::read(&json!({"0": "int", "1": "Y"}).into());
        assert_eq!((placed.kind.as_str(), placed.multiple), ("int", true));
    }
}
