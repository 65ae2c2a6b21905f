//! Executing steps one after the other.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::engine::workflow::lifecycle::{complete, end, put_aside};
use crate::engine::workflow::wait::Flow;
use crate::engine::workflow::{execute, timer};
use crate::model::history::Ending;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::instance::{Awaited, Waiting};

/// Executes steps until one waits or the workflow ends.
pub(crate) fn proceed(shared: &Shared, state: &mut State, id: &str) -> Result<(), Exception> {
    if let Some(instance) = state.workflows.get_mut(id) {
        for one in instance.loops.values_mut() {
            one.passes = 0;
        }
    }
    let result = run(shared, state, id);
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.modified = shared.now();
    }
    put_aside(state, id);
    shared.wake();
    result
}

fn run(shared: &Shared, state: &mut State, id: &str) -> Result<(), Exception> {
    loop {
        let Some(instance) = state.workflows.get_mut(id).filter(|one| one.is_alive()) else {
            return Ok(());
        };
        let program = Arc::clone(&instance.program);
        let Some((name, instruction)) = program.get(instance.position) else {
            complete(shared, state, id);
            return Ok(());
        };
        instance.position += 1;
        instance.locked_until = lock_end(shared);
        match execute::execute(shared, state, id, name, instruction) {
            Flow::Next => {}
            Flow::Jump(target) => {
                if let Some(instance) = state.workflows.get_mut(id) {
                    instance.position = target;
                }
            }
            Flow::Waits => {
                timer::schedule(shared, state, id);
                return Ok(());
            }
            Flow::Fails(message) => {
                end(shared, state, id, Ending::Failed(message.clone()));
                return Err(Exception::new("0", message));
            }
            Flow::Terminates => {
                end(shared, state, id, Ending::Terminated);
                return Err(Exception::new("499", "TerminateActivity"));
            }
        }
    }
}

fn lock_end(shared: &Shared) -> Option<Timestamp> {
    let window = SignedDuration::try_from(shared.settings.lock_window).ok()?;
    shared.now().checked_add(window).ok()
}

/// Lets a workflow end after its last step.
pub(crate) fn release(shared: &Shared, state: &mut State, id: &str) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    instance.is_released = true;
    let holds = |waiting: &Waiting| waiting.what == Awaited::Release;
    if instance.waiting.as_ref().is_some_and(holds) {
        instance.waiting = None;
        // No step follows that could fail.
        let _ = proceed(shared, state, id);
    }
}
