//! How parameters become columns.

use crate::rules::php::{Array, Value};
use crate::rules::registration::checks;

/// The columns of a new row, normalised.
pub(crate) fn columns(code: &str, params: &Array) -> Array {
    let mut columns = Array::new();
    columns.insert("CODE", code);
    for name in [
        "HANDLER",
        "PROPERTIES",
        "RETURN_PROPERTIES",
        "DOCUMENT_TYPE",
        "FILTER",
    ] {
        if let Some(value) = params.isset(name) {
            columns.insert(name, value.clone());
        }
    }
    for name in ["NAME", "DESCRIPTION"] {
        if let Some(value) = params.isset(name) {
            columns.insert(name, checks::label(value));
        }
    }
    columns.insert(
        "AUTH_USER_ID",
        params.isset("AUTH_USER_ID").map_or(0, Value::to_int),
    );
    columns.insert(
        "USE_SUBSCRIPTION",
        subscription(params.isset("USE_SUBSCRIPTION")),
    );
    columns.insert(
        "USE_PLACEMENT",
        checks::strict_y(params.get("USE_PLACEMENT")),
    );
    columns
}

/// `USE_SUBSCRIPTION` is cast to text and not checked.
///
/// Longer text is stored whole: cut to the one character of its column, `Yes` would wait, but only
/// an exact `Y` does.
pub(crate) fn subscription(value: Option<&Value>) -> String {
    value.map(Value::to_text).unwrap_or_default()
}
