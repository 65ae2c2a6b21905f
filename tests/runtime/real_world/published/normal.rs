//! A registration's parameters as facts that can be compared.
//!
//! The same definition can be written in many ways, and a portal stores them as one. Each rule
//! here says which ways are one, and why; what no rule covers is compared as it stands.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// `PROPERTIES.id.TYPE` and the like, each with its text.
pub(crate) type Facts = BTreeMap<String, String>;

/// The facts of the parameters of `bizproc.robot.add` or `bizproc.activity.add`.
pub(crate) fn facts(params: &Map<String, Value>) -> Facts {
    let mut facts = Facts::new();
    for (key, value) in &folded(params, false) {
        add(&mut facts, key, key, value);
    }
    facts
}

/// Where two definitions differ: `path: theirs -> ours`.
///
/// A label that they have in other languages only must get an English text, which is then ours
/// alone: a portal in a language that is not given would show a blank label.
pub(crate) fn differences(theirs: &Facts, ours: &Facts) -> BTreeSet<String> {
    let paths: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
    paths
        .into_iter()
        .filter(|path| theirs.get(*path) != ours.get(*path))
        .filter(|path| !is_english_of_ours(theirs, path))
        .map(|path| {
            let text = |facts: &Facts| facts.get(path).map_or("nothing", |text| text).to_owned();
            format!("{path}: {} -> {}", text(theirs), text(ours))
        })
        .collect()
}

fn is_english_of_ours(theirs: &Facts, path: &str) -> bool {
    let Some(label) = path.strip_suffix("EN") else {
        return false;
    };
    !theirs.contains_key(path) && theirs.keys().any(|path| path.starts_with(label))
}

/// The portal folds the names of parameters and attributes and the codes of languages to upper
/// case before it looks at them, but not the ids of properties and the keys of options. Of two
/// names that become one the later wins.
fn folded(map: &Map<String, Value>, keeps_case: bool) -> Map<String, Value> {
    let mut all = Map::new();
    for (key, value) in map {
        let key = if keeps_case {
            key.clone()
        } else {
            key.to_uppercase()
        };
        let below = matches!(key.as_str(), "PROPERTIES" | "RETURN_PROPERTIES" | "OPTIONS");
        let value = match value {
            Value::Object(map) => Value::Object(folded(map, below)),
            other => other.clone(),
        };
        all.insert(key, value);
    }
    all
}

fn add(facts: &mut Facts, path: &str, key: &str, value: &Value) {
    match key {
        "PROPERTIES" | "RETURN_PROPERTIES" => return add_properties(facts, path, value),
        "NAME" | "DESCRIPTION" => return add_label(facts, path, value),
        _ => {}
    }
    let text = match key {
        // Addresses were replaced before the definitions were published.
        "HANDLER" | "PLACEMENT_HANDLER" => "an address".to_owned(),
        // The portal looks a type up in any case.
        "TYPE" => text(value).to_lowercase(),
        "REQUIRED" | "MULTIPLE" => flag(value),
        "USE_PLACEMENT" => exactly_yes(value),
        // A value of nothing is no default; the author's choice is what no `USE_SUBSCRIPTION` is.
        _ => text(value),
    };
    if !text.is_empty() {
        facts.insert(path.to_owned(), text);
    }
}

/// An empty map is the same as none. The order of ids is the order of the form.
fn add_properties(facts: &mut Facts, path: &str, value: &Value) {
    let Some(properties) = value.as_object().filter(|map| !map.is_empty()) else {
        return;
    };
    let ids = properties.keys().map(String::as_str).collect::<Vec<_>>();
    facts.insert(path.to_owned(), ids.join(", "));
    for (id, attributes) in properties {
        for (key, value) in attributes.as_object().expect("attributes of a property") {
            add(facts, &format!("{path}.{id}.{key}"), key, value);
        }
    }
}

/// A plain text is shown in every language that has no text of its own, and so is English. Space
/// around a label is not seen.
fn add_label(facts: &mut Facts, path: &str, value: &Value) {
    let Value::Object(texts) = value else {
        let label = text(value).trim().to_owned();
        if !label.is_empty() {
            facts.insert(format!("{path}.EN"), label);
        }
        return;
    };
    for (language, value) in texts {
        facts.insert(format!("{path}.{language}"), text(value).trim().to_owned());
    }
}

/// No flag is `N`: the portal reads what is empty so, and `false` and `n`.
fn flag(value: &Value) -> String {
    match text(value).as_str() {
        "" | "0" | "false" | "N" | "n" => String::new(),
        _ => "Y".to_owned(),
    }
}

/// The settings page is the one switch that only `Y` turns on.
fn exactly_yes(value: &Value) -> String {
    let is_yes = value == "Y";
    if is_yes { "Y" } else { "" }.to_owned()
}

/// As a form carries it: a number is its digits, nothing and an empty list are nothing. The
/// order of a map stays, as it is the order of a list of options.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two parameters a line, and behind a colon how they differ.
    const ONE: &str = r#"
        {"Name": {"en": "a"}} ~ {"NAME": {"EN": "a"}}
        {"NAME": "a"} ~ {"NAME": {"EN": "a"}}
        {"NAME": " a"} ~ {"NAME": "a"}
        {"NAME": {"RU": "а "}} ~ {"NAME": {"RU": "а"}}
        {"name": "a", "NAME": "b"} ~ {"NAME": "b"}
        {"NAME": {"RU": "а"}} ~ {"NAME": {"EN": "ours", "RU": "а"}}
        {"PROPERTIES": {}} ~ {}
        {"RETURN_PROPERTIES": null} ~ {}
        {"USE_PLACEMENT": "N"} ~ {}
        {"USE_PLACEMENT": "y"} ~ {}
        {"USE_SUBSCRIPTION": ""} ~ {}
        {"HANDLER": "https://a.b"} ~ {"HANDLER": "https://c.d"}
        {"filter": {"include": [["crm"]]}} ~ {"FILTER": {"INCLUDE": [["crm"]]}}
        {"PROPERTIES": {"a": {"Type": "String"}}} ~ {"PROPERTIES": {"a": {"TYPE": "string"}}}
        {"PROPERTIES": {"a": {"Required": "N"}}} ~ {"PROPERTIES": {"a": {}}}
        {"PROPERTIES": {"a": {"Required": 1}}} ~ {"PROPERTIES": {"a": {"REQUIRED": "Y"}}}
        {"PROPERTIES": {"a": {"Default": null}}} ~ {"PROPERTIES": {"a": {"DEFAULT": ""}}}
        {"PROPERTIES": {"a": {"Default": 1}}} ~ {"PROPERTIES": {"a": {"DEFAULT": "1"}}}
    "#;
    const TWO: &str = r#"
        {"CODE": "a"} ~ {"CODE": "A"}: CODE: a -> A
        {"NAME": "a"} ~ {"NAME": "b"}: NAME.EN: a -> b
        {} ~ {"NAME": "a"}: NAME.EN: nothing -> a
        {"NAME": {"RU": "а"}} ~ {}: NAME.RU: а -> nothing
        {"NAME": {"EN": "a"}} ~ {"NAME": {"EN": "a", "RU": "а"}}: NAME.RU: nothing -> а
        {} ~ {"HANDLER": "https://a.b"}: HANDLER: nothing -> an address
        {"AUTH_USER_ID": 1} ~ {"AUTH_USER_ID": 7}: AUTH_USER_ID: 1 -> 7
        {"UNKNOWN": 1} ~ {}: UNKNOWN: 1 -> nothing
        {"USE_SUBSCRIPTION": "N"} ~ {}: USE_SUBSCRIPTION: N -> nothing
        {"FILTER": {"INCLUDE": []}} ~ {}: FILTER: {"INCLUDE":[]} -> nothing
        {"PROPERTIES": {"a": {}, "b": {}}} ~ {"PROPERTIES": {"b": {}, "a": {}}}: PROPERTIES: a, b -> b, a
        {"PROPERTIES": {"a": {}}} ~ {"PROPERTIES": {"A": {}}}: PROPERTIES: a -> A
        {"PROPERTIES": {"a": {"DEFAULT": 0}}} ~ {"PROPERTIES": {"a": {}}}: PROPERTIES.a.DEFAULT: 0 -> nothing
        {"PROPERTIES": {"a": {"MULTIPLE": "Y"}}} ~ {"PROPERTIES": {"a": {}}}: PROPERTIES.a.MULTIPLE: Y -> nothing
        {"PROPERTIES": {"a": {}}} ~ {"PROPERTIES": {"a": {"TYPE": "int"}}}: PROPERTIES.a.TYPE: nothing -> int
        {"PROPERTIES": {"a": {"Options": {"b": "B", "c": "C"}}}} ~ {"PROPERTIES": {"a": {"OPTIONS": {"c": "C", "b": "B"}}}}: PROPERTIES.a.OPTIONS: {"b":"B","c":"C"} -> {"c":"C","b":"B"}
        {"PROPERTIES": {"a": {"OPTIONS": {"b": "B"}}}} ~ {"PROPERTIES": {"a": {"OPTIONS": {"B": "B"}}}}: PROPERTIES.a.OPTIONS: {"b":"B"} -> {"B":"B"}
    "#;

    fn read(params: &str) -> Facts {
        facts(&serde_json::from_str(params).expect("parameters"))
    }

    #[test]
    fn two_ways_of_writing_are_one_definition() {
        for line in ONE.trim().lines() {
            let (theirs, ours) = line.split_once(" ~ ").expect("two");
            let found = differences(&read(theirs), &read(ours));
            assert!(found.is_empty(), "{line}: {found:?}");
        }
    }

    #[test]
    fn everything_else_is_a_difference() {
        for line in TWO.trim().lines() {
            let (theirs, ours) = line.split_once(" ~ ").expect("two");
            let (ours, difference) = ours.split_once("}: ").expect("a difference");
            let found = differences(&read(theirs), &read(&format!("{ours}}}")));
            assert!(found.iter().eq([difference]), "{line}: {found:?}");
        }
    }
}
