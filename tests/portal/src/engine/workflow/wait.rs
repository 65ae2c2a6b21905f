//! What follows a step.

use jiff::SignedDuration;

use crate::model::history::Event;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::instance::{Awaited, Waiting};
use crate::rules::random;

/// What follows a step.
pub(crate) enum Flow {
    Next,
    Jump(usize),
    /// The workflow waits for an event, or for the response of its own handler.
    Waits,
    Fails(String),
    Terminates,
}

/// Suspends the workflow until something happens, or until the pause has passed.
pub(crate) fn wait(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    what: Awaited,
    pause: Option<SignedDuration>,
) -> Flow {
    let deadline = pause.and_then(|pause| shared.now().checked_add(pause).ok());
    let event_id = state
        .workflows
        .get(id)
        .and_then(|instance| instance.runs.get(name))
        .map_or_else(|| random::alphanumeric(32), |run| run.event_id.clone());
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.waiting = Some(Waiting {
            name: name.to_owned(),
            event_id,
            what,
            deadline,
        });
    }
    shared.record(
        state,
        Event::Waiting {
            workflow_id: id.to_owned(),
            activity_name: name.to_owned(),
            deadline,
        },
    );
    Flow::Waits
}
