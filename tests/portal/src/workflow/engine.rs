//! What happens to a workflow that waits.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Instance, Reply};
use crate::{
    faults::{Fault, Group},
    history::{Ending, Event},
    php::{Array, Value},
    rest::RestError,
    settings::EventSend,
    state::{Shared, State},
    values,
};

/// Applies a reply. What it gives is told to the caller on older platforms only.
///
/// A reply to a step that does not wait any more, or to an earlier pass of it, has no effect and is no error.
pub(crate) fn apply(shared: &Shared, state: &mut State, reply: Reply) -> Result<(), RestError> {
    let id = &reply.token.workflow_id;
    let instance = alive(state, id)?;
    if !instance.waits() || instance.event_id != reply.token.event_id {
        return Ok(());
    }
    let mut outputs = instance.outputs.clone();
    // Anything but an array is cast to a list of one, whose index names no output.
    let sent = reply
        .values
        .as_ref()
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_else(Array::new);
    values::store(
        &mut outputs,
        &instance.return_properties,
        &sent,
        &shared.settings,
    );
    instance.outputs = outputs;
    instance.reply = Some(reply.body);
    log(shared, state, id, &reply.log);
    let Some(Fault::NextStepFails(message)) = state.faults.take(Group::NextStep) else {
        close(shared, state, id, Ending::Replied);
        return Ok(());
    };
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.closed = Some(Ending::Replied);
    }
    end(shared, state, id, Ending::Failed(message.clone()));
    let old = shared.settings.platform.event_send == EventSend::SyncErrorCore;
    Err(RestError::new(
        400,
        if old { "ERROR_CORE" } else { "0" },
        message,
    ))
}

/// The workflow, unless it is gone or busy.
pub(super) fn alive<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Instance, RestError> {
    let is_alive = state.workflows.get(id).is_some_and(Instance::is_alive);
    if is_alive && state.faults.take(Group::Lock).is_some() {
        return Err(RestError::new(
            400,
            "423",
            "The workflow is hung or being executed",
        ));
    }
    state
        .workflows
        .get_mut(id)
        .filter(|_| is_alive)
        .ok_or_else(|| RestError::new(400, "404", "The business process is not found."))
}

pub(super) fn log(shared: &Shared, state: &mut State, id: &str, text: &str) {
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.log.push(text.to_owned());
    }
    shared.record(
        state,
        Event::Logged {
            workflow_id: id.to_owned(),
            text: text.to_owned(),
        },
    );
}

/// Closes a step; the workflow ends with it unless it goes on.
pub(super) fn close(shared: &Shared, state: &mut State, id: &str, how: Ending) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    instance.closed = Some(how.clone());
    if instance.goes_on {
        shared.wake();
    } else {
        end(shared, state, id, how);
    }
}

/// Ends a workflow, and with it a step that is still open.
pub(super) fn end(shared: &Shared, state: &mut State, id: &str, ending: Ending) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    instance.closed.get_or_insert_with(|| ending.clone());
    instance.ending = Some(ending.clone());
    let return_values = instance.return_values().into();
    shared.record(
        state,
        Event::Finished {
            workflow_id: id.to_owned(),
            ending,
            return_values,
        },
    );
}

/// Lets a workflow end as soon as its step is closed.
pub(super) fn let_end(shared: &Shared, state: &mut State, id: &str) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    instance.goes_on = false;
    let closed = instance.closed.clone().filter(|_| instance.is_alive());
    if let Some(how) = closed {
        end(shared, state, id, how);
    }
}

/// Ends a workflow as an administrator does.
pub(super) fn kill(shared: &Shared, state: &mut State, id: &str) {
    if state.workflows.get(id).is_some_and(Instance::is_alive) {
        end(shared, state, id, Ending::Killed);
    }
}

/// Waits for the deadline by the portal's clock, then closes the step if it still waits.
pub(super) async fn time_out(shared: Arc<Shared>, id: String, deadline: Timestamp) {
    let mut clock = shared.changes();
    loop {
        let Ok(pause) = Duration::try_from(deadline.duration_since(shared.now())) else {
            break;
        };
        if pause.is_zero() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            moved = clock.changed() => if moved.is_err() { return },
        }
        if !waits(&shared.lock(), &id) {
            return;
        }
    }
    let state = &mut *shared.lock();
    if waits(state, &id) {
        close(&shared, state, &id, Ending::TimedOut);
    }
}

fn waits(state: &State, id: &str) -> bool {
    state.workflows.get(id).is_some_and(Instance::waits)
}
