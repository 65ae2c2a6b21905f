//! Waking up workflows at their deadlines.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::engine::workflow::{lifecycle, run};
use crate::model::history::{Ending, Event};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::instance::{Awaited, Instance};

/// The delays of a wake-up that met a lock; after the last of them it is dropped.
const PAUSES: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(10),
];

/// Wakes a waiting workflow at its deadline by the portal's clock, if it still waits for the same
/// thing then.
pub(crate) fn schedule(shared: &Shared, state: &State, id: &str) {
    let instance = state.workflows.get(id);
    let Some(waiting) = instance.and_then(|instance| instance.waiting.as_ref()) else {
        return;
    };
    let Some(deadline) = waiting.deadline else {
        return;
    };
    let id = id.to_owned();
    let event_id = waiting.event_id.clone();
    shared.spawn_with(|shared| wake_up(shared, id, event_id, deadline));
}

async fn wake_up(shared: Arc<Shared>, id: String, event_id: String, mut deadline: Timestamp) {
    let mut pauses = PAUSES.into_iter();
    loop {
        if !reached(&shared, &id, &event_id, deadline).await {
            return;
        }
        let state = &mut *shared.lock();
        let Some(name) = waiting(state, &id, &event_id) else {
            return;
        };
        if !lifecycle::is_locked(&shared, state, &id) {
            pass(&shared, state, &id);
            return;
        }
        let next = pauses
            .next()
            .and_then(|pause| shared.now().checked_add(pause).ok());
        shared.record(
            state,
            Event::Postponed {
                workflow_id: id.clone(),
                activity_name: name,
                until: next,
            },
        );
        let Some(next) = next else { return };
        deadline = next;
    }
}

/// Waits for the deadline; `false` if the workflow no longer waits.
async fn reached(shared: &Shared, id: &str, event_id: &str, deadline: Timestamp) -> bool {
    let Some(mut changes) = of_workflow(&shared.lock(), id, event_id) else {
        return false;
    };
    let continued = async {
        while changes.changed().await.is_ok() {
            if waiting(&shared.lock(), id, event_id).is_none() {
                return;
            }
        }
    };
    tokio::select! {
        () = shared.until(deadline) => true,
        () = continued => false,
    }
}

/// Subscribes to the changes of a workflow that still waits.
fn of_workflow(state: &State, id: &str, event_id: &str) -> Option<watch::Receiver<()>> {
    waiting(state, id, event_id)?;
    let instance = state.workflows.get(id)?;
    Some(instance.changed.subscribe())
}

/// The step that waits in this pass.
fn waiting(state: &State, id: &str, event_id: &str) -> Option<String> {
    let waiting = state.workflows.get(id)?.waiting.as_ref()?;
    (waiting.event_id == event_id).then(|| waiting.name.clone())
}

/// Continues a workflow whose deadline has passed.
fn pass(shared: &Shared, state: &mut State, id: &str) {
    if lifecycle::ends_without_document(shared, state, id) {
        return;
    }
    if state
        .workflows
        .get(id)
        .is_some_and(Instance::waits_for_reply)
    {
        lifecycle::close(shared, state, id, Ending::TimedOut);
    } else if let Some(instance) = state.workflows.get_mut(id) {
        let is_time = |what: Awaited| what == Awaited::Time;
        if !instance
            .waiting
            .as_ref()
            .is_some_and(|one| is_time(one.what))
        {
            return;
        }
        instance.waiting = None;
    }
    // No request waits for the result.
    let _ = run::proceed(shared, state, id);
}
