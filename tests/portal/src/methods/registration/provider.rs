//! `bizproc.provider.*`: message senders, which the platform still supports for old applications.
//!
//! The platform hands them to its message service, whose codes and texts these are.

use crate::model::senders::Sender;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::registration::limits::CODE_CHARS;
use crate::rules::registration::{checks, handler_url};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::method::Context;

pub(crate) fn add(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let params = fold_top(params);
    if params.is_empty() {
        return Err(invalid("Empty data!"));
    }
    let code = sender_code(&params)?;
    let handler = handler_url::check(params.get("HANDLER"))?;
    if !params.get("NAME").is_some_and(Value::is_truthy) {
        return Err(invalid("Empty sender NAME!"));
    }
    let kind = params
        .get("TYPE")
        .filter(|kind| kind.is_truthy())
        .ok_or_else(|| invalid("Empty sender message TYPE!"))?;
    if kind.as_text() != Some("SMS") {
        return Err(invalid("Unknown sender message TYPE!"));
    }
    if context.state.senders.place(&client_id, &code).is_some() {
        return Err(RestError::new(
            400,
            "ERROR_SENDER_ALREADY_INSTALLED",
            "Sender already installed!",
        ));
    }
    if code.chars().count() > CODE_CHARS {
        return Err(RestError::new(
            400,
            "ERROR_SENDER_ADD_FAILURE",
            "Sender save error!",
        ));
    }
    context.state.senders.0.push(Sender {
        client_id,
        code,
        handler,
    });
    Ok(Value::Bool(true))
}

pub(crate) fn delete(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let code = sender_code(&fold_top(params))?;
    let place = context
        .state
        .senders
        .place(&client_id, &code)
        .ok_or_else(|| RestError::new(400, "ERROR_SENDER_NOT_FOUND", "Sender not found!"))?;
    context.state.senders.0.remove(place);
    Ok(Value::Bool(true))
}

pub(crate) fn list(context: &Context<'_>) -> RestResult {
    let client_id = context.caller.application()?;
    context.caller.admin()?;
    let senders = context.state.senders.0.iter();
    Ok(Value::Array(
        senders
            .filter(|sender| sender.client_id == client_id)
            .map(|sender| Value::from(sender.code.as_str()))
            .collect(),
    ))
}

fn sender_code(params: &Array) -> Result<String, RestError> {
    let code = params
        .get("CODE")
        .filter(|code| code.is_truthy())
        .ok_or_else(|| invalid("Empty sender code!"))?;
    checks::matches_code(code).ok_or_else(|| invalid("Wrong sender code!"))
}

fn invalid(text: &str) -> RestError {
    RestError::new(400, "ERROR_SENDER_VALIDATION_FAILURE", text)
}
