//! Platforms that call handlers inside of the step: whoever made the workflow run waits until it comes out.

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

/// A call whose workflow runs on inside of it, until no handler is being called any more.
#[derive(Debug, Clone)]
pub(crate) struct Inside {
    workflow_id: String,
    refuse: fn(Exception, &Settings) -> RestError,
}

impl Inside {
    /// What a call that made a workflow run waits for; nothing if that has ended or waits already.
    ///
    /// `refuse` says how the method tells what goes wrong.
    pub(crate) fn find(
        state: &State,
        workflow_id: &str,
        refuse: fn(Exception, &Settings) -> RestError,
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
        exception.map_or(Ok(()), |exception| {
            Err((self.refuse)(exception, &shared.settings))
        })
    }
}

/// Waits until no handler is being called inside of a step; a call that lies in the queue until later is not waited
/// for, as only the clock can bring it.
pub(crate) async fn comes_out_of_step(shared: &Shared, id: &str) {
    seen(shared, id, |instance| {
        let lies = instance.last_run().is_some_and(|run| run.is_called_later);
        (instance.inside.is_none() || lies).then_some(())
    })
    .await;
}

/// Keeps the delivery with its step; a workflow that was held inside of the step goes on.
pub(crate) fn answered(shared: &Shared, state: &mut State, token: &EventToken, delivery: Delivery) {
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
    if instance.inside.as_ref() == Some(&token.event_id) {
        instance.inside = None;
        instance.modified = shared.now();
        if matches!(dispatch::settle(shared, state, id, name), Flow::Next) {
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

/// Waits until a workflow looks as wanted; `None` if there is no such workflow.
pub(crate) async fn seen<T>(
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
