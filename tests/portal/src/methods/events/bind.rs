//! `event.bind`, `event.unbind`.

use crate::methods::events::checks::{application, empty_argument, wrong_argument};
use crate::model::events::Handler;
use crate::model::faults::Group;
use crate::rules::event_catalogue;
use crate::rules::event_catalogue::Known;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::registration::handler_url;
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::method::Context;

/// `event.bind`.
pub(crate) fn bind(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = application(context)?;
    let params = fold_top(params);
    let name = text(&params, "EVENT")?.to_uppercase();
    let (user_id, url) = check(context, &params, &name)?;
    let known = granted(context, &name)?;
    if url.is_empty() && !known.offline {
        return Err(RestError::new(
            400,
            "ERROR_ARGUMENT",
            "Offline event cannot be registered for this event.",
        ));
    }
    let options = params.get("OPTIONS").and_then(Value::as_array);
    let handler = Handler {
        id: 0,
        client_id,
        event: known.name,
        url,
        user_id,
        connector: context.caller.connector.clone(),
        // The only event with an option.
        min_timeout: options
            .filter(|_| known == &event_catalogue::OFFLINE)
            .and_then(|options| options.isset("minTimeout"))
            .map(Value::to_int),
    };
    if context.state.events.has(&handler) {
        return Err(unable("Handler already binded"));
    }
    if context.state.faults.take(Group::Binding).is_some() {
        return Err(unable("Process of binding the handler has already started"));
    }
    context.state.events.add(handler);
    Ok(Value::Bool(true))
}

fn unable(reason: &str) -> RestError {
    let text = format!("Unable to set event handler: {reason}");
    RestError::new(400, "ERROR_CORE", text)
}

/// Returns whose tokens the handler gets, and its address: none if its events are queued.
fn check(context: &Context<'_>, params: &Array, name: &str) -> Result<(u64, String), RestError> {
    let caller = context.caller;
    let asked = params.get("AUTH_TYPE").map_or(0, Value::to_int);
    let asked = u64::try_from(asked).ok().filter(|user| *user > 0);
    let user_id = match asked {
        Some(user) if !caller.is_admin() && user != caller.user_id => {
            return Err(RestError::access_denied(
                "Access denied! Event binding with AUTH_TYPE requires administrator access rights",
            ));
        }
        Some(user) => user,
        None if caller.is_admin() => 0,
        None => caller.user_id,
    };
    if is_empty(name) {
        return Err(empty_argument("EVENT"));
    }
    if means_offline(params)? {
        if !caller.is_admin() {
            return Err(RestError::access_denied(
                "Access denied! Offline events binding requires administrator access rights",
            ));
        }
        return Ok((0, String::new()));
    }
    // A value that is neither empty nor text is a fault of the server, which the check of the
    // address reports.
    if !params.get("HANDLER").is_some_and(Value::is_truthy) {
        return Err(empty_argument("HANDLER"));
    }
    Ok((user_id, handler_url::check(params.get("HANDLER"))?))
}

/// The event, if the application was granted its scope.
fn granted(context: &Context<'_>, name: &str) -> Result<&'static Known, RestError> {
    event_catalogue::find(name)
        .filter(|known| known.is_granted(&context.shared.settings.scope))
        .ok_or_else(|| RestError::new(400, "ERROR_EVENT_NOT_FOUND", "Event not found"))
}

fn means_offline(params: &Array) -> Result<bool, RestError> {
    match text(params, "EVENT_TYPE")?.to_lowercase().as_str() {
        "" | "online" => Ok(false),
        "offline" => Ok(true),
        _ => Err(wrong_argument(
            "EVENT_TYPE",
            "Value must be one of {online|offline}",
        )),
    }
}

/// Whether PHP considers a text empty, `0` included.
fn is_empty(text: &str) -> bool {
    matches!(text, "" | "0")
}

/// Reads a parameter as text; an array is a fault of the server itself.
fn text(params: &Array, name: &str) -> Result<String, RestError> {
    match params.get(name) {
        Some(Value::Array(_)) => Err(RestError::internal()),
        value => Ok(value.map(Value::to_text).unwrap_or_default()),
    }
}

/// `event.unbind`.
pub(crate) fn unbind(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = application(context)?;
    let params = fold_top(params);
    let name = text(&params, "EVENT")?.to_uppercase();
    if is_empty(&name) {
        return Err(empty_argument("EVENT"));
    }
    let caller = context.caller;
    let is_offline = means_offline(&params)?;
    let url = if is_offline {
        String::new()
    } else {
        text(&params, "HANDLER")?
    };
    if is_offline && !caller.is_admin() {
        return Err(RestError::access_denied(
            "Access denied! Offline events unbinding requires administrator access rights",
        ));
    }
    if !is_offline && is_empty(&url) {
        return Err(empty_argument("HANDLER"));
    }
    let user = if is_offline {
        None
    } else {
        unbound_user(context, &params)?
    };
    let count = context.state.events.remove(|handler| {
        handler.client_id == client_id
            && handler.event == name
            && handler.url == url
            && (!is_offline || handler.connector == caller.connector)
            && user.is_none_or(|user| i64::try_from(handler.user_id) == Ok(user))
    });
    let result: Array = [("count", i64::try_from(count).unwrap_or(i64::MAX))]
        .into_iter()
        .collect();
    Ok(result.into())
}

/// Returns whose handlers are meant; an administrator who names no user means everyone's.
fn unbound_user(context: &Context<'_>, params: &Array) -> Result<Option<i64>, RestError> {
    let caller = context.caller;
    let own = i64::try_from(caller.user_id).unwrap_or(i64::MAX);
    match params.isset("AUTH_TYPE") {
        // The server compares the types too, so the caller's own id must be a number, not text.
        Some(value) if !caller.is_admin() && *value != Value::Int(own) => {
            Err(RestError::access_denied(
                "Access denied! Event unbinding with AUTH_TYPE requires administrator access rights",
            ))
        }
        Some(value) => Ok(Some(value.to_int())),
        None if caller.is_admin() => Ok(None),
        None => Ok(Some(own)),
    }
}
