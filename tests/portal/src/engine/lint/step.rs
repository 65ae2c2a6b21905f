//! The parameters of the step itself.

use crate::engine::lint::finding::{Definition, Finding};
use crate::rules::dialog::shown;
use crate::rules::php::Value;
use crate::rules::registration::kind::Kind;

pub(crate) fn findings(definition: &Definition<'_>) -> Vec<Finding> {
    let fields = definition.fields;
    let mut found = Vec::new();
    if let Some(name) = fields.get("NAME")
        && shown(name, &definition.settings.language).is_empty()
    {
        found.push(Finding::new(
            "NAME",
            no_label(&definition.settings.language),
        ));
    }
    if fields.get("AUTH_USER_ID").map_or(0, Value::to_int) == 0 {
        found.push(Finding::new(
            "AUTH_USER_ID",
            "is 0: calls come without tokens unless an administrator sets “Run as” in the step.",
        ));
    }
    let subscription = fields
        .get("USE_SUBSCRIPTION")
        .map(Value::to_text)
        .unwrap_or_default();
    found.extend(wrong_subscription(&subscription, definition.kind));
    if subscription == "N" && !definition.outputs.is_empty() {
        found.push(Finding::new(
            "RETURN_PROPERTIES",
            "can never be filled: with USE_SUBSCRIPTION N the step does not wait for a reply.",
        ));
    }
    found
}

fn wrong_subscription(subscription: &str, kind: Kind) -> Option<Finding> {
    let text = match (subscription, kind) {
        ("Y" | "N", _) => return None,
        ("", Kind::Robot) => {
            "is empty: a robot saved in the automation dialog never waits. Send Y or N."
        }
        ("", Kind::Activity) => {
            "is empty: whether the step waits is left to its author. Send Y or N."
        }
        _ => "is neither Y nor N: the step never waits, and its author cannot change that.",
    };
    Some(Finding::new("USE_SUBSCRIPTION", text))
}

pub(crate) fn no_label(language: &str) -> String {
    format!("has no text for {language}, en or *: its label is empty.")
}
