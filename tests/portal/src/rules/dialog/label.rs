//! Localised text.

use std::collections::BTreeSet;

use crate::rules::php::{Array, Value};

/// The text that a portal of this language shows.
///
/// A map has the language itself, for Ukrainian then Russian, then English, then `*`; else the
/// label is empty. Text is shown in every language.
pub(crate) fn shown(label: &Value, language: &str) -> String {
    let Some(map) = label.as_array() else {
        return label.to_text();
    };
    let upper = language.to_uppercase();
    let ukrainian = (upper == "UA").then_some("RU");
    let tried = [Some(upper.as_str()), ukrainian, Some("EN"), Some("*")];
    let mut found = tried.into_iter().flatten().filter_map(|key| map.isset(key));
    found.next().map(Value::to_text).unwrap_or_default()
}

/// The languages that any label of a definition has, in lower case, in order of the alphabet.
pub(crate) fn languages(fields: &Array) -> Vec<String> {
    let mut found = BTreeSet::new();
    collect(fields, &mut found);
    found.into_iter().collect()
}

fn collect(fields: &Array, found: &mut BTreeSet<String>) {
    for (key, value) in fields.iter() {
        let Some(array) = value.as_array() else {
            continue;
        };
        match key.to_text().to_ascii_uppercase().as_str() {
            "NAME" | "DESCRIPTION" => {
                let keys = array.iter().map(|(key, _)| key.to_text().to_lowercase());
                found.extend(keys.filter(|key| key != "*"));
            }
            "OPTIONS" | "DEFAULT" | "FILTER" | "DOCUMENT_TYPE" => {}
            _ => collect(array, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{languages, shown};
    use crate::rules::php::Value;

    #[test]
    fn a_label_falls_back_in_order() {
        let both = json!({"RU": "р", "EN": "e"});
        let russian = json!({"RU": "р"});
        for (label, language, expected) in [
            (both.clone(), "de", "e"),
            (both.clone(), "ru", "р"),
            (both.clone(), "ua", "р"),
            (russian.clone(), "en", ""),
            (russian, "ua", "р"),
            (json!({"*": "any"}), "fr", "any"),
            (json!({"*": "any", "EN": "e"}), "fr", "e"),
            (json!({"EN": "e"}), "ru", "e"),
            (json!({"EN": null, "*": "any"}), "en", "any"),
            (json!({"DE": ""}), "de", ""),
            (json!({}), "en", ""),
            (json!("plain"), "ru", "plain"),
        ] {
            assert_eq!(
                shown(&label.clone().into(), language),
                expected,
                "{label} in {language}"
            );
        }
    }

    #[test]
    fn languages_are_those_of_labels_only() {
        let definition = Value::from(json!({
            "NAME": {"EN": "a", "*": "b"},
            "PROPERTIES": {"x": {"NAME": {"DE": "c"}, "OPTIONS": {"RU": "no label"}}},
        }));
        assert_eq!(languages(definition.as_array().unwrap()), ["de", "en"]);
    }
}
