//! What a handler's answer does to the step that called it.

use super::{dispatch, engine, execute::Flow, instance::StepRun};
use crate::{
    history::Delivery,
    state::{Shared, State},
    token::EventToken,
};

/// Keeps the delivery with its step; a workflow that was held inside of the step goes on.
pub(crate) fn answered(shared: &Shared, state: &mut State, token: &EventToken, delivery: Delivery) {
    let (id, name) = (&token.workflow_id, &token.activity_name);
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    let is_this = |run: &&mut StepRun| run.event_id == token.event_id;
    let Some(run) = instance.runs.get_mut(name).filter(is_this) else {
        return;
    };
    run.call.get_or_insert(delivery);
    run.is_called_later = false;
    instance.changed.send_replace(());
    if instance.inside.as_ref() != Some(&token.event_id) {
        return;
    }
    instance.inside = None;
    instance.modified = shared.now();
    if matches!(dispatch::settle(shared, state, id, name), Flow::Next) {
        // The request that made it run has nobody to tell it to any more.
        let _ = engine::go_on(shared, state, id);
    } else {
        engine::put_aside(state, id);
    }
}
