//! `event.get`, `events`.

use crate::methods::events::checks::application;
use crate::model::events::Handler;
use crate::rules::event_catalogue;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::method::Context;

/// `event.get`: an ordinary user sees the handlers that are bound to him.
pub(crate) fn get(context: &mut Context<'_>) -> RestResult {
    let client_id = application(context)?;
    let caller = context.caller;
    let own = context.state.events.of_application(&client_id);
    let seen = own.filter(|handler| caller.is_admin() || handler.user_id == caller.user_id);
    Ok(Value::Array(seen.map(row).collect()))
}

fn row(handler: &Handler) -> Value {
    let row: Array = if handler.is_offline() {
        [
            ("event", Value::from(handler.event)),
            ("connector_id", handler.connector.as_str().into()),
            ("offline", 1_i64.into()),
        ]
        .into_iter()
        .collect()
    } else {
        [
            ("event", Value::from(handler.event)),
            ("handler", handler.url.as_str().into()),
            ("auth_type", handler.user_id.to_string().into()),
            ("offline", 0_i64.into()),
        ]
        .into_iter()
        .collect()
    };
    row.into()
}

/// `events`: the names of a scope, of all scopes, or of those that the application was granted.
pub(crate) fn events(context: &mut Context<'_>, params: Array) -> RestResult {
    context
        .caller
        .client_id
        .as_ref()
        .ok_or_else(RestError::wrong_auth_type)?;
    let params = fold_top(params);
    let scope = params.isset("SCOPE").map(Value::to_text);
    let is_full = params.get("FULL").is_some_and(Value::is_truthy);
    let granted = &context.shared.settings.scope;
    let names = event_catalogue::all().filter(|known| match scope.as_deref() {
        Some("") => known.scope.is_none(),
        Some(scope) => known.scope == Some(scope),
        None => is_full || known.is_granted(granted),
    });
    Ok(Value::Array(
        names.map(|known| Value::from(known.name)).collect(),
    ))
}
