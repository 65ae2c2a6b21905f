//! The limits of the columns.

use crate::rules::php::{Array, Value, serialized_len};

pub(crate) const CODE_CHARS: usize = 128;

const HANDLER_CHARS: usize = 1000;

/// A column of text; properties must stay below it, the others must not exceed it.
const TEXT_BYTES: usize = 65_535;

/// The limits that the server's model checks: one message per violation.
pub(crate) fn violations(client_id: &str, columns: &Array) -> Vec<String> {
    let chars = |name: &str| {
        columns
            .get(name)
            .map(Value::to_text)
            .unwrap_or_default()
            .chars()
            .count()
    };
    let mut found = Vec::new();
    for (name, length, limit) in [
        ("APP_ID", client_id.chars().count(), CODE_CHARS),
        ("CODE", chars("CODE"), CODE_CHARS),
        ("HANDLER", chars("HANDLER"), HANDLER_CHARS),
    ] {
        if length > limit {
            found.push(format!(
                "The value of the \"{name}\" field must not exceed {limit} characters."
            ));
        }
    }
    for name in ["PROPERTIES", "RETURN_PROPERTIES"] {
        if columns
            .get(name)
            .is_some_and(|value| serialized_len(value) >= TEXT_BYTES)
        {
            found.push(format!(
                "The value of the \"{name}\" field must be shorter than {TEXT_BYTES} bytes."
            ));
        }
    }
    found
}

/// The limits that only the database knows.
pub(crate) fn overflows_storage(columns: &Array) -> bool {
    ["NAME", "DESCRIPTION", "FILTER", "DOCUMENT_TYPE"]
        .iter()
        .any(|name| {
            columns
                .get(name)
                .is_some_and(|value| serialized_len(value) > TEXT_BYTES)
        })
}
