use crate::rules::dates;
use crate::rules::php::{Array, Key, Value};
use crate::rules::settings::{BaseTypes, Settings};
use crate::rules::values::property::{Property, kind_of};

/// The property types that the workflow's document knows; values of other types pass unchanged.
pub(crate) struct Types<'a> {
    pub(crate) settings: &'a Settings,
    /// Documents of the CRM know more.
    pub(crate) is_crm: bool,
}

impl Types<'_> {
    fn know(&self, kind: &str) -> bool {
        match kind {
            "time" => self.settings.platform.base_types >= BaseTypes::Time,
            kind if kind.starts_with("uf:") => self.is_crm,
            _ => true,
        }
    }
}

/// Returns the outputs before a reply.
pub(crate) fn defaults(registered: &Array) -> Array {
    registered
        .iter()
        .map(|(key, property)| (key.clone(), Property::read(property).default))
        .collect()
}

/// The type of an output, in lower case; nothing if there is no such output.
pub(crate) fn kind(registered: &Array, field: &str) -> String {
    let property = registered.get(field);
    property.map(kind_of).unwrap_or_default()
}

/// An output as expressions show it: a date in the portal's culture, a moment in the user's zone.
pub(crate) fn shown(value: Value, kind: &str, settings: &Settings) -> Value {
    match value {
        Value::Text(text) if kind == "datetime" => dates::shown_moment(&text, settings).into(),
        Value::Text(text) if kind == "date" => dates::shown_day(&text, settings).into(),
        Value::Array(list) if matches!(kind, "date" | "datetime") => list
            .into_iter()
            .map(|(key, value)| (key, shown(value, kind, settings)))
            .collect::<Array>()
            .into(),
        value => value,
    }
}

/// Puts the values of a reply into the outputs.
///
/// Names are matched ignoring case, and unknown ones dropped; empty values are stored as they are,
/// so they clear an output.
pub(crate) fn store(outputs: &mut Array, registered: &Array, sent: &Array, types: &Types<'_>) {
    for (name, value) in sent.iter() {
        let Key::Text(name) = name else { continue };
        let same_name = |key: &Key| key.to_text().eq_ignore_ascii_case(name);
        for (key, property) in registered.iter().filter(|(key, _)| same_name(key)) {
            outputs.insert(
                key.clone(),
                convert(value, &Property::read(property), types),
            );
        }
    }
}

fn convert(value: &Value, property: &Property, types: &Types<'_>) -> Value {
    match value {
        empty if !empty.is_truthy() => empty.clone(),
        Value::Array(list) if property.multiple => {
            let convert = |value: &Value| {
                if value.is_truthy() {
                    single(value, &property.kind, types)
                } else {
                    value.clone()
                }
            };
            list.iter()
                .map(|(key, value)| (key.clone(), convert(value)))
                .collect::<Array>()
                .into()
        }
        value => single(value, &property.kind, types),
    }
}

/// Only text is converted; a number stays a bare number.
fn single(value: &Value, kind: &str, types: &Types<'_>) -> Value {
    let settings = types.settings;
    match (kind, value) {
        _ if !types.know(kind) => value.clone(),
        ("datetime", Value::Text(text)) => dates::incoming_moment(text, settings).into(),
        ("date", Value::Text(text)) => dates::incoming_day(text, settings).into(),
        ("time", Value::Text(text)) => {
            dates::incoming_time(text, settings.culture()).map_or(Value::Null, Value::Text)
        }
        ("time", _) => Value::Null,
        ("uf:address", Value::Text(text)) => unescape(text).into(),
        _ => value.clone(),
    }
}

/// HTML entities, as the platform undoes its own escaping.
fn unescape(text: &str) -> String {
    [
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    })
}
