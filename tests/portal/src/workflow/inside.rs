//! Platforms that call handlers inside of the step: whoever made the workflow run waits until it comes out.

use super::{
    dispatch,
    engine::{self, Exception},
    execute::Flow,
    handle,
    instance::StepRun,
};
use crate::{
    history::Delivery,
    rest::RestError,
    state::{Shared, State},
    token::EventToken,
};

/// A call whose workflow runs on inside of it, until no handler is being called any more.
#[derive(Debug, Clone)]
pub(crate) struct Inside {
    workflow_id: String,
    refuse: fn(Exception, &Shared) -> RestError,
}

impl Inside {
    /// What a call that made a workflow run waits for; nothing if that has ended or waits already.
    ///
    /// `refuse` says how the method tells what goes wrong.
    pub(super) fn of(
        state: &State,
        workflow_id: &str,
        refuse: fn(Exception, &Shared) -> RestError,
    ) -> Option<Self> {
        let instance = state.workflows.get(workflow_id)?;
        instance.inside.as_ref()?;
        Some(Self {
            workflow_id: workflow_id.to_owned(),
            refuse,
        })
    }

    /// Waits until the workflow waits or has ended.
    ///
    /// # Errors
    ///
    /// What a step failed at that was executed meanwhile.
    pub(crate) async fn ended(self, shared: &Shared) -> Result<(), RestError> {
        comes_out_of_step(shared, &self.workflow_id).await;
        let state = &mut *shared.lock();
        let instance = state.workflows.get_mut(&self.workflow_id);
        let exception = instance.and_then(|instance| instance.exception.take());
        exception.map_or(Ok(()), |exception| Err((self.refuse)(exception, shared)))
    }
}

/// Waits until no handler is being called inside of a step; a call that lies in the queue until later is not waited
/// for, as only the clock can bring it.
pub(super) async fn comes_out_of_step(shared: &Shared, id: &str) {
    handle::seen(shared, id, |instance| {
        let lies = instance.last_run().is_some_and(|run| run.is_called_later);
        (instance.inside.is_none() || lies).then_some(())
    })
    .await;
}

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
    if instance.inside.as_ref() == Some(&token.event_id) {
        instance.inside = None;
        instance.modified = shared.now();
        if matches!(dispatch::settle(shared, state, id, name), Flow::Next) {
            let exception = engine::go_on(shared, state, id).err();
            if let Some(instance) = state.workflows.get_mut(id) {
                instance.exception = exception;
            }
        } else {
            engine::put_aside(state, id);
        }
    }
    state.wake_workflow(id);
}
