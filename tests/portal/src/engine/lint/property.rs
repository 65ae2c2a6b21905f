//! Inputs and outputs.

use crate::engine::lint::finding::{Definition, Finding};
use crate::engine::lint::step::no_label;
use crate::rules::dialog::{Kind, Property, shown};
use crate::rules::php::{Array, Key, Value};
use crate::rules::values::attribute;

/// The properties that every step has of its own, in lower case.
const OF_THE_STEP: [&str; 8] = [
    "title",
    "usesubscription",
    "istimeout",
    "authuserid",
    "setstatusmessage",
    "statusmessage",
    "timeoutduration",
    "timeoutdurationtype",
];

pub(crate) fn findings(definition: &Definition<'_>) -> Vec<Finding> {
    let base = definition.settings.platform.base_types;
    let module = definition.module();
    let inputs = Property::all(&definition.inputs, base, &module);
    let outputs = Property::all(&definition.outputs, base, &module);
    let mut found = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (index, property) in inputs.iter().chain(&outputs).enumerate() {
        let is_output = index >= inputs.len();
        let mut texts = vec![taken(&property.id, &seen, is_output)];
        texts.push(unlabelled(property, &definition.settings.language));
        if is_output {
            texts.extend(output(property, &definition.outputs));
        } else {
            texts.extend(input(property, &definition.inputs));
        }
        let findings = texts.into_iter().flatten();
        found.extend(findings.map(|text| Finding::new(&property.id, text)));
        seen.push(&property.id);
    }
    found
}

fn taken(id: &str, seen: &[&str], is_output: bool) -> Option<String> {
    let lower = id.to_lowercase();
    if let Some(other) = seen.iter().find(|other| other.eq_ignore_ascii_case(id)) {
        return Some(if is_output {
            format!(
                "and {other} are one slot, letter case aside: a reply overwrites one with the other."
            )
        } else {
            format!("and {other} share one control, letter case aside, and so one value.")
        });
    }
    if OF_THE_STEP.contains(&lower.as_str()) {
        return Some("is a property of every step: the handler gets the step's own.".to_owned());
    }
    match lower.as_str() {
        "properties" | "return_properties" | "options" => {
            Some("keeps the letter case of its attributes, which are then not found.".to_owned())
        }
        "token" => {
            Some("as a parameter's name switches the server to its download mode.".to_owned())
        }
        _ => None,
    }
}

fn unlabelled(property: &Property, language: &str) -> Option<String> {
    shown(&property.name, language)
        .is_empty()
        .then(|| no_label(language))
}

fn output(property: &Property, outputs: &Array) -> [Option<String>; 3] {
    let raw = outputs.get(&property.id).and_then(Value::as_array);
    let lacks = |name: &str| raw.is_some_and(|raw| attribute(raw, name, "").is_none());
    let kind = match property.kind {
        Kind::Missing => Some("has no TYPE: the workflow treats it as text.".to_owned()),
        Kind::Unknown => Some(unknown_type(property)),
        _ => None,
    };
    [
        kind,
        lacks("MULTIPLE").then(|| "has no MULTIPLE: it counts as a single value.".to_owned()),
        property
            .required
            .then(|| "is REQUIRED, which means nothing for an output.".to_owned()),
    ]
}

fn input(property: &Property, inputs: &Array) -> [Option<String>; 2] {
    let raw = inputs.get(&property.id).and_then(Value::as_array);
    let options = raw.and_then(|raw| attribute(raw, "OPTIONS", "3"));
    let kind = match property.kind {
        Kind::Missing => Some(
            "has no TYPE: its form stores an empty text, which is all the handler gets.".to_owned(),
        ),
        Kind::Unknown => Some(unknown_type(property)),
        Kind::Select => options_of(property, options),
        _ => None,
    };
    [kind, wrong_default(property)]
}

fn unknown_type(property: &Property) -> String {
    format!(
        "has the type {:?}, which the portal does not know: the form says “incorrect field type”.",
        property.type_as_sent
    )
}

fn options_of(property: &Property, options: Option<&Value>) -> Option<String> {
    if property.options.is_empty() {
        return Some("is a select without OPTIONS: its form stores nothing.".to_owned());
    }
    if property.options.iter().any(|(key, _)| key.is_empty()) {
        return Some("has an option with an empty key, which looks like no choice.".to_owned());
    }
    let array = options.and_then(Value::as_array)?;
    let is_own_key = |value: &Value| value.as_array().is_some_and(|pair| pair.len() == 2);
    if array.is_list() && !array.values().all(is_own_key) {
        return Some("has a list of OPTIONS: what arrives is 0, 1, …".to_owned());
    }
    let mut keys = array.iter();
    keys.any(|(key, value)| matches!(key, Key::Int(_)) && !is_own_key(value))
        .then(|| "has option keys of digits, which become numbers on the server.".to_owned())
}

fn wrong_default(property: &Property) -> Option<String> {
    let default = &property.default;
    if !default.is_truthy() {
        return None;
    }
    let texts: Vec<String> = match default {
        Value::Array(list) => list.values().map(Value::to_text).collect(),
        scalar => vec![scalar.to_text()],
    };
    let is_reference = matches!(default, Value::Array(list) if list.is_list() && list.len() == 2
        && list.values().all(|value| value.as_text().is_some()));
    let is_expression = |text: &String| text.contains("{=") || text.contains("{{");
    let mut literal = texts.iter().filter(|text| !is_expression(text));
    match property.kind {
        Kind::Select => literal
            .find(|text| !property.options.iter().any(|(key, _)| key == *text))
            .map(|text| format!("has the DEFAULT {text:?}, which is no key of its OPTIONS.")),
        Kind::Bool => literal
            .any(|text| !matches!(text.as_str(), "Y" | "N"))
            .then(|| "has a DEFAULT that is neither Y nor N and arrives as it is.".to_owned()),
        Kind::User => literal.any(|text| text.contains(';')).then(|| {
            "has a DEFAULT that reaches the handler unparsed: write user_1 or author.".to_owned()
        }),
        _ if is_reference => Some(
            "has a DEFAULT of two texts, which may be read as a reference to a field.".to_owned(),
        ),
        Kind::Text | Kind::LongText => literal
            .any(|text| text.starts_with('='))
            .then(|| "has a DEFAULT that begins with = and may be read as a formula.".to_owned()),
        _ => None,
    }
}
