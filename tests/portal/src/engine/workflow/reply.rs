//! A reply of an application, applied to the step that waits for it.

use crate::engine::workflow::{lifecycle, run};
use crate::model::faults::{Fault, Group};
use crate::model::history::{Ending, Event};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::instance::Awaited;
use crate::model::workflow::reply::Reply;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::RestError;
use crate::rules::settings::EventSend;
use crate::rules::token::EventToken;
use crate::rules::values;
use crate::rules::values::Types;

/// Applies a reply and lets the workflow continue. Only older platforms return the result to the
/// caller.
///
/// A reply to a step that no longer waits, or to an earlier pass of it, has no effect and is not an
/// error.
pub(crate) fn apply(shared: &Shared, state: &mut State, reply: Reply) -> Result<(), RestError> {
    let id = reply.token.workflow_id.clone();
    if !lifecycle::reach(shared, state, &id)? || !waits_for(state, &reply.token) {
        return Ok(());
    }
    let name = reply.token.activity_name.clone();
    let text = reply.log.clone();
    // Old platforms write the log line after the values.
    let log_is_last = shared.settings.platform.event_send == EventSend::SyncErrorCore;
    if !log_is_last {
        lifecycle::log(shared, state, &id, &name, &text);
    }
    store(shared, state, reply);
    if log_is_last {
        lifecycle::log(shared, state, &id, &name, &text);
    }
    lifecycle::close(shared, state, &id, Ending::Replied);
    let result = match state.faults.take(Group::NextStep) {
        Some(Fault::NextStepFails(message)) => {
            lifecycle::end(shared, state, &id, Ending::Failed(message.clone()));
            Err(Exception::new("0", message))
        }
        Some(_) => {
            lifecycle::end(shared, state, &id, Ending::Terminated);
            Err(Exception::new("499", "The workflow was terminated"))
        }
        None => run::proceed(shared, state, &id),
    };
    result.map_err(|exception| exception.into_error(&shared.settings))
}

/// Whether the step waits for a reply in exactly this pass.
pub(crate) fn waits_for(state: &State, token: &EventToken) -> bool {
    let waiting = state
        .workflows
        .get(&token.workflow_id)
        .and_then(|instance| instance.waiting.as_ref());
    waiting.is_some_and(|waiting| {
        waiting.what == Awaited::Reply
            && waiting.name == token.activity_name
            && waiting.event_id == token.event_id
    })
}

/// Sets the outputs of the step.
fn store(shared: &Shared, state: &mut State, reply: Reply) {
    let EventToken {
        workflow_id,
        activity_name,
        ..
    } = reply.token;
    let Some(instance) = state.workflows.get_mut(&workflow_id) else {
        return;
    };
    let is_crm = matches!(&instance.document_type, [module, ..] if module == "crm");
    let Some(run) = instance.runs.get_mut(&activity_name) else {
        return;
    };
    // A value that is not an array is cast to a list of one, whose index names no output.
    let sent = reply
        .values
        .as_ref()
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_else(Array::new);
    let types = Types {
        settings: &shared.settings,
        is_crm,
    };
    values::store(&mut run.outputs, &run.return_properties, &sent, &types);
    run.reply = Some(reply.body);
    let return_values = run.return_values().into();
    shared.record(
        state,
        Event::Returned {
            workflow_id,
            activity_name,
            return_values,
        },
    );
}
