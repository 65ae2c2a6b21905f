//! Finding, closing and ending workflows.

use crate::model::faults::{Fault, Group};
use crate::model::history::{Ending, Event};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::instance::Instance;
use crate::model::workflow::step_run::StepRun;
use crate::rules::rest_error::RestError;

/// Stores a workflow that waits, so that other requests find it.
pub(crate) fn put_aside(state: &mut State, id: &str) {
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.is_stored |= instance.waiting.is_some();
    }
}

/// Finds a workflow for a request from outside; `false` if its document is gone, which ends it.
pub(crate) fn reach(shared: &Shared, state: &mut State, id: &str) -> Result<bool, RestError> {
    let found = state.workflows.get(id).is_some_and(|instance| {
        instance.is_alive() && (instance.is_stored || instance.in_step.is_none())
    });
    if !found {
        return Err(RestError::new(
            400,
            "404",
            "The business process is not found.",
        ));
    }
    let fault = state.faults.take(Group::Lock);
    if fault == Some(Fault::PlanLimit) {
        let text = "The limit of workflows of the plan is exceeded";
        return Err(RestError::new(400, "402", text));
    }
    if fault.is_some() || is_locked(shared, state, id) {
        return Err(RestError::new(
            400,
            "423",
            "The workflow is hung or being executed",
        ));
    }
    Ok(!ends_without_document(shared, state, id))
}

pub(crate) fn is_locked(shared: &Shared, state: &State, id: &str) -> bool {
    let instance = state.workflows.get(id);
    instance.is_some_and(|instance| instance.owned_until(shared.now()).is_some())
}

/// Ends a workflow whose document was deleted.
pub(crate) fn ends_without_document(shared: &Shared, state: &mut State, id: &str) -> bool {
    let has_document = state
        .workflows
        .get(id)
        .is_none_or(|instance| state.documents.contains(&instance.document_id));
    if !has_document {
        end(shared, state, id, Ending::Terminated);
    }
    !has_document
}

pub(crate) fn log(shared: &Shared, state: &mut State, id: &str, name: &str, text: &str) {
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.log.push(text.to_owned());
    }
    shared.record(
        state,
        Event::Logged {
            workflow_id: id.to_owned(),
            activity_name: name.to_owned(),
            text: text.to_owned(),
        },
    );
}

/// Closes the open step of the application.
pub(crate) fn close(shared: &Shared, state: &mut State, id: &str, how: Ending) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    if instance.waits_for_reply() {
        instance.waiting = None;
        instance.status.clear();
    }
    let Some(name) = instance.last_run.clone() else {
        return;
    };
    if let Some(run) = instance.last_run_mut() {
        run.is_timeout = how == Ending::TimedOut;
        run.closed = Some(how.clone());
    }
    shared.record(
        state,
        Event::StepClosed {
            workflow_id: id.to_owned(),
            activity_name: name,
            how,
        },
    );
}

/// Ends a workflow after its last step, in the way the last step of an application closed.
pub(crate) fn complete(shared: &Shared, state: &mut State, id: &str) {
    let instance = state.workflows.get(id);
    let ending = instance
        .and_then(Instance::last_run)
        .and_then(|run| run.closed.clone())
        .unwrap_or(Ending::Completed);
    end(shared, state, id, ending);
}

/// Ends a workflow and a step that is still open.
pub(crate) fn end(shared: &Shared, state: &mut State, id: &str, ending: Ending) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    if let Some(run) = instance.last_run_mut() {
        run.closed.get_or_insert_with(|| ending.clone());
    }
    instance.waiting = None;
    instance.in_step = None;
    instance.status.clear();
    instance.modified = shared.now();
    instance.ending = Some(ending.clone());
    let return_values = instance
        .last_run()
        .map(StepRun::return_values)
        .unwrap_or_default()
        .into();
    let template_id = instance.template_id;
    let template = state.templates.get(template_id);
    if template.is_some_and(|template| template.is_temporary) {
        state.templates.remove(template_id);
    }
    state.tasks.close(id);
    shared.record(
        state,
        Event::Finished {
            workflow_id: id.to_owned(),
            ending,
            return_values,
        },
    );
}

/// Ends a workflow as an administrator does; `false` if it is not running.
pub(crate) fn stop(shared: &Shared, state: &mut State, id: &str, ending: Ending) -> bool {
    let runs = state.workflows.get(id).is_some_and(Instance::is_alive);
    if runs {
        if ending == Ending::Killed {
            state.tasks.delete(id);
            if let Some(instance) = state.workflows.get_mut(id) {
                instance.is_deleted = true;
            }
        }
        end(shared, state, id, ending);
    }
    runs
}
