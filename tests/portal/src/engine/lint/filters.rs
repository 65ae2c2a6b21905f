//! `FILTER`.

use crate::engine::lint::finding::{Definition, Finding};
use crate::rules::dialog::{DOCUMENT_KINDS, shows};
use crate::rules::php::{Array, Value};

pub(crate) fn findings(definition: &Definition<'_>) -> Vec<Finding> {
    let filter = definition.fields.get("FILTER");
    let Some(rules) = filter
        .and_then(Value::as_array)
        .filter(|rules| !rules.is_empty())
    else {
        return Vec::new();
    };
    let is_offered = DOCUMENT_KINDS.iter().any(|kind| {
        let edition = definition.settings.edition.code();
        shows(filter, Some(kind.document_type), edition)
    });
    if !is_offered && !names_other_documents(rules) {
        let reason = if is_flat(rules) {
            "hides it everywhere: a rule that names documents is a list inside the list, [[\"crm\", …]]."
        } else {
            "hides it everywhere."
        };
        return vec![Finding::new("FILTER", reason)];
    }
    let known = ["INCLUDE", "EXCLUDE", "MIN_API_VERSION"];
    let unknown = rules.iter().map(|(key, _)| key.to_text());
    unknown
        .filter(|key| !known.contains(&key.as_str()))
        .map(|key| Finding::new("FILTER", format!("{key} is no rule and has no effect.")))
        .collect()
}

/// Whether it includes, by nested rules, documents that the page has no example of.
fn names_other_documents(rules: &Array) -> bool {
    let include = rules.get("INCLUDE").and_then(Value::as_array);
    let nested = include.into_iter().flat_map(Array::values);
    let mut modules = nested.filter_map(|rule| rule.as_array()?.at(0)?.as_text());
    modules.any(|module| {
        let mut known = DOCUMENT_KINDS.iter().map(|kind| kind.document_type[0]);
        !known.any(|known| known == module)
    })
}

fn is_flat(rules: &Array) -> bool {
    let include = rules.get("INCLUDE").and_then(Value::as_array);
    include.is_some_and(|list| list.values().any(|rule| rule.as_text().is_some()))
}
