//! `bizproc.event.send`, `bizproc.activity.log`.

use crate::engine::workflow::in_step_dispatch::InStepDispatch;
use crate::engine::workflow::{lifecycle, reply};
use crate::model::workflow::exception::Exception;
use crate::model::workflow::reply::Reply;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::rules::settings::EventSend;
use crate::rules::token::EventToken;
use crate::wire::rest::method::Context;

const DEFAULT_LOG: &str = "Received application response";

/// `bizproc.event.send`: any caller with a valid event token may reply.
pub(crate) fn event_send(context: &mut Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let reply = Reply {
        token: event_token(context, &params)?,
        values: params.get("RETURN_VALUES").cloned(),
        log: log_text(params.get("LOG_MESSAGE")),
        body: context.wire.body.clone(),
    };
    match context.shared.settings.platform.event_send {
        EventSend::Async => {
            // The queue is closed only while the portal is being dropped.
            let _ = context.shared.replies.send(reply);
        }
        EventSend::SyncNumeric | EventSend::SyncErrorCore => {
            let id = reply.token.workflow_id.clone();
            reply::apply(context.shared, context.state, reply)?;
            context.in_step = InStepDispatch::find(context.state, &id, Exception::into_error);
        }
    }
    Ok(Value::Bool(true))
}

/// `bizproc.activity.log`: applied inside the call on every platform.
pub(crate) fn activity_log(context: &mut Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let token = event_token(context, &params)?;
    let message = params.get("LOG_MESSAGE");
    if !message.is_some_and(Value::is_truthy) {
        return Err(RestError::new(
            400,
            "ERROR_EMPTY_LOG_MESSAGE",
            "Empty log message!",
        ));
    }
    let shared = context.shared;
    let id = &token.workflow_id;
    if lifecycle::reach(shared, context.state, id)? && reply::waits_for(context.state, &token) {
        let text = log_text(message);
        lifecycle::log(shared, context.state, id, &token.activity_name, &text);
    }
    Ok(Value::Bool(true))
}

fn event_token(context: &Context<'_>, params: &Array) -> Result<EventToken, RestError> {
    params
        .get("EVENT_TOKEN")
        .and_then(Value::as_text)
        .and_then(|text| context.shared.signer.read(text))
        .ok_or_else(|| RestError::access_denied("Access denied!"))
}

fn log_text(message: Option<&Value>) -> String {
    match message {
        Some(Value::Text(text)) if !matches!(text.as_str(), "" | "0") => text.clone(),
        _ => DEFAULT_LOG.to_owned(),
    }
}
