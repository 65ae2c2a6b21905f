//! Letter case: parameter names may be in any.

use crate::rules::php::{Array, Key, Value};

/// Below these, keys are identifiers or option keys, whose case matters.
const KEEP_BELOW: [&str; 3] = ["PROPERTIES", "RETURN_PROPERTIES", "OPTIONS"];

/// Makes every key upper case, at any depth, except those directly inside properties and options.
pub(crate) fn fold(params: Array) -> Array {
    fold_below(params, None)
}

/// Makes the outermost keys upper case.
pub(crate) fn fold_top(params: Array) -> Array {
    params
        .into_iter()
        .map(|(key, value)| (upper(key), value))
        .collect()
}

fn fold_below(array: Array, own_key: Option<&Key>) -> Array {
    let keep = matches!(own_key, Some(Key::Text(key)) if KEEP_BELOW.contains(&key.as_str()));
    array
        .into_iter()
        .map(|(key, value)| {
            let key = if keep { key } else { upper(key) };
            let value = match value {
                Value::Array(inner) => Value::Array(fold_below(inner, Some(&key))),
                scalar => scalar,
            };
            (key, value)
        })
        .collect()
}

fn upper(key: Key) -> Key {
    match key {
        Key::Text(text) => Key::Text(text.to_ascii_uppercase()),
        number @ Key::Int(_) => number,
    }
}
