use crate::{Definition, state::State};

/// The name of a robot or activity as authors see it: its application's, and its own in their language.
pub(crate) fn display_name(state: &State, language: &str, definition: &Definition) -> String {
    let own = localised(definition.fields.get("NAME"), language);
    match state.installations.get(&definition.client_id) {
        Some(application) => format!("[{}] {own}", application.name),
        None => own,
    }
}

/// A text, or of a map the text of a language: English for want of it, else the first.
fn localised(name: Option<&serde_json::Value>, language: &str) -> String {
    let Some(serde_json::Value::Object(names)) = name else {
        return name
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned();
    };
    let of = |language: &str| {
        names
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(language))
    };
    of(language)
        .or_else(|| of("en"))
        .or_else(|| names.iter().next())
        .and_then(|(_, name)| name.as_str())
        .unwrap_or_default()
        .to_owned()
}
