//! Platforms that call handlers inside the step: the request that made the workflow run waits until
//! the step is left.

use crate::engine::workflow::wait::Flow;
use crate::engine::workflow::{dispatch, lifecycle, run, timer};
use crate::model::history::Delivery;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::instance::Instance;
use crate::model::workflow::step_run::StepRun;
use crate::rules::rest_error::RestError;
use crate::rules::settings::Settings;
use crate::rules::token::EventToken;

/// A request whose workflow continues inside it, until no handler is being called.
#[derive(Debug, Clone)]
pub(crate) struct InStepDispatch {
    workflow_id: String,
    refuse: fn(Exception, &Settings) -> RestError,
}

impl InStepDispatch {
    /// Returns what a request that made a workflow run has to wait for; `None` if the workflow
    /// waits or has ended already.
    ///
    /// `refuse` converts what goes wrong into the method's error.
    pub(crate) fn find(
        state: &State,
        workflow_id: &str,
        refuse: fn(Exception, &Settings) -> RestError,
    ) -> Option<Self> {
        let instance = state.workflows.get(workflow_id)?;
        instance.in_step.as_ref()?;
        Some(Self {
            workflow_id: workflow_id.to_owned(),
            refuse,
        })
    }

    /// Waits until the workflow waits or has ended.
    ///
    /// # Errors
    ///
    /// The failure of a step that was executed meanwhile.
    pub(crate) async fn ended(self, shared: &Shared) -> Result<(), RestError> {
        step_left(shared, &self.workflow_id).await;
        let state = &mut *shared.lock();
        let instance = state.workflows.get_mut(&self.workflow_id);
        let exception = instance.and_then(|instance| instance.exception.take());
        exception.map_or(Ok(()), |exception| {
            Err((self.refuse)(exception, &shared.settings))
        })
    }
}

/// Waits until no handler is being called inside a step. It does not wait for a call that the queue
/// delays, which only the clock can release.
pub(crate) async fn step_left(shared: &Shared, id: &str) {
    wait_for(shared, id, |instance| {
        let is_delayed = instance.last_run().is_some_and(|run| run.is_called_later);
        (instance.in_step.is_none() || is_delayed).then_some(())
    })
    .await;
}

/// Stores the delivery with its step; a workflow that was held inside the step continues.
pub(crate) fn handler_responded(
    shared: &Shared,
    state: &mut State,
    token: &EventToken,
    delivery: Delivery,
) {
    let id = &token.workflow_id;
    let name = &token.activity_name;
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    let is_this = |run: &&mut StepRun| run.event_id == token.event_id;
    let Some(run) = instance.runs.get_mut(name).filter(is_this) else {
        return;
    };
    run.call.get_or_insert(delivery);
    run.is_called_later = false;
    if instance.in_step.as_ref() == Some(&token.event_id) {
        instance.in_step = None;
        instance.modified = shared.now();
        if matches!(dispatch::after_call(shared, state, id, name), Flow::Next) {
            let exception = run::proceed(shared, state, id).err();
            if let Some(instance) = state.workflows.get_mut(id) {
                instance.exception = exception;
            }
        } else {
            timer::schedule(shared, state, id);
            lifecycle::put_aside(state, id);
        }
    }
    state.wake_workflow(id);
}

pub(crate) fn read<T>(
    shared: &Shared,
    id: &str,
    look: impl Fn(&Instance) -> Option<T>,
) -> Option<T> {
    shared.lock().workflows.get(id).and_then(look)
}

/// Waits until `look` finds something in a workflow; `None` if there is no such workflow.
pub(crate) async fn wait_for<T>(
    shared: &Shared,
    id: &str,
    look: impl Fn(&Instance) -> Option<T>,
) -> Option<T> {
    let mut changes = read(shared, id, |instance| Some(instance.changed.subscribe()))?;
    loop {
        if let Some(found) = read(shared, id, &look) {
            return Some(found);
        }
        changes.changed().await.ok()?;
    }
}
