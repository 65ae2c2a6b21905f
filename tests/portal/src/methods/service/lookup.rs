//! `method.get`, `methods`, `scope`.

use crate::rules::php::{Array, Value};
use crate::wire::rest::method::Context;

/// `method.get`: whether the portal has a method, and whether the application may call it.
pub(crate) fn method_get(context: &Context<'_>, params: &Array) -> Value {
    let settings = &context.shared.settings;
    let name = params.get("name").and_then(Value::as_text);
    let found = name.and_then(|name| context.table.find(settings, name));
    let granted = found.is_some_and(|method| method.is_granted(&settings.scope));
    let result: Array = [
        ("isExisting", Value::Bool(found.is_some())),
        ("isAvailable", granted.into()),
    ]
    .into_iter()
    .collect();
    result.into()
}

/// `methods`: the names of those the application may call; with `full` of all, with `scope` of that
/// scope.
pub(crate) fn methods(context: &Context<'_>, params: &Array) -> Value {
    let settings = &context.shared.settings;
    let is_full = params.get("full").is_some_and(Value::is_truthy);
    let scope = params.get("scope").and_then(Value::as_text);
    let found = context
        .table
        .methods(settings)
        .filter(|method| match scope {
            // The methods that need no scope have the empty one.
            Some(scope) => method.scope.unwrap_or_default() == scope,
            None => is_full || method.is_granted(&settings.scope),
        })
        .map(|method| Value::from(method.name));
    Value::Array(found.collect())
}

/// `scope`: what the application may do; with `full` everything there is.
pub(crate) fn scope(context: &Context<'_>, params: &Array) -> Value {
    let settings = &context.shared.settings;
    let mut scopes = settings.scope.clone();
    if params.get("full").is_some_and(Value::is_truthy) {
        let others = context
            .table
            .methods(settings)
            .filter_map(|method| method.scope);
        for scope in others {
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
    }
    Value::Array(scopes.into_iter().map(Value::Text).collect())
}
