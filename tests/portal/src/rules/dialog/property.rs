use crate::rules::dialog::kind::Kind;
use crate::rules::dialog::options::options;
use crate::rules::php::{Array, Key, Value};
use crate::rules::settings::BaseTypes;
use crate::rules::values::{attribute, is_on};

/// A registered property as the dialogs read it.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) id: String,
    /// `TYPE` as it was registered.
    pub(crate) type_as_sent: String,
    pub(crate) kind: Kind,
    pub(crate) name: Value,
    pub(crate) description: Value,
    pub(crate) required: bool,
    pub(crate) multiple: bool,
    pub(crate) options: Vec<(String, String)>,
    pub(crate) default: Value,
}

impl Property {
    /// The properties of a column, for documents of a module.
    pub(crate) fn all(properties: &Array, base: BaseTypes, module: &str) -> Vec<Self> {
        let read = |(key, value): (&_, &Value)| Self::read(key, value, base, module);
        properties.iter().map(read).collect()
    }

    fn read(id: &Key, value: &Value, base: BaseTypes, module: &str) -> Self {
        let empty = Array::new();
        let property = value.as_array().unwrap_or(&empty);
        let flag = |name, place| attribute(property, name, place).is_some_and(is_on);
        let given = |name| attribute(property, name, "").cloned().unwrap_or_default();
        let type_as_sent = attribute(property, "TYPE", "0")
            .map(Value::to_text)
            .unwrap_or_default();
        Self {
            id: id.to_text(),
            kind: Kind::from_name(&type_as_sent.to_lowercase(), base, module),
            type_as_sent,
            name: given("NAME"),
            description: given("DESCRIPTION"),
            required: flag("REQUIRED", "2"),
            multiple: flag("MULTIPLE", "1"),
            options: options(attribute(property, "OPTIONS", "3")),
            default: given("DEFAULT"),
        }
    }
}
