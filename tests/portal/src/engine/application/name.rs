//! The name of a robot as authors see it.

use crate::model::registry::Definition;
use crate::model::state::State;
use crate::rules::dialog;
use crate::rules::php::Value;

/// Returns the name of a robot or activity as authors see it: the application's name, and its own
/// in their language.
pub(crate) fn display_name(state: &State, language: &str, definition: &Definition) -> String {
    let own = definition
        .fields
        .get("NAME")
        .cloned()
        .map(Value::from)
        .map_or_else(String::new, |name| dialog::shown(&name, language));
    match state.installations.get(&definition.client_id) {
        Some(application) => format!("[{}] {own}", application.name),
        None => own,
    }
}
