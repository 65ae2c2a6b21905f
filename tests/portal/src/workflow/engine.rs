//! Executing steps one after the other, and everything that ends a workflow.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    execute::{self, Flow},
    instance::{Instance, Scope, StepRun, Waiting},
};
use crate::{
    faults::{Fault, Group},
    history::{Ending, Event},
    rest::RestError,
    settings::EventSend,
    state::{Shared, State},
};

/// Why a workflow could not go on; whoever made it go on inside a call is told.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    code: &'static str,
    message: String,
}

impl Exception {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// As a caller is told it: an exception without a code of its own has the number 0, or none on old platforms.
    pub(crate) fn into_error(self, shared: &Shared) -> RestError {
        let is_old = shared.settings.platform.event_send == EventSend::SyncErrorCore;
        let code = match self.code {
            "0" if is_old => "ERROR_CORE",
            code => code,
        };
        RestError::new(400, code, self.message)
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }
}

/// Executes the steps that come now, until one waits or the workflow ends.
pub(super) fn go_on(shared: &Shared, state: &mut State, id: &str) -> Result<(), Exception> {
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

/// Stores a workflow that waits, so that others find it.
pub(super) fn put_aside(state: &mut State, id: &str) {
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.is_stored |= instance.waiting.is_some();
    }
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
            Flow::Waits => return Ok(()),
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

/// What the expressions of a workflow speak of now.
pub(super) fn scope<'a>(shared: &'a Shared, state: &'a State, id: &str) -> Option<Scope<'a>> {
    let instance = state.workflows.get(id)?;
    Some(Scope {
        instance,
        document: state.documents.get(&instance.document_id),
        registry: &state.registry,
        settings: &shared.settings,
    })
}

/// Finds a workflow for somebody outside of it; `false` if its document is gone, which ends it.
pub(super) fn reach(shared: &Shared, state: &mut State, id: &str) -> Result<bool, RestError> {
    let found = state.workflows.get(id).is_some_and(|instance| {
        instance.is_alive() && (instance.is_stored || instance.inside.is_none())
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

pub(super) fn is_locked(shared: &Shared, state: &State, id: &str) -> bool {
    let instance = state.workflows.get(id);
    instance.is_some_and(|instance| instance.owned_until(shared.now()).is_some())
}

/// Ends a workflow whose document was deleted.
pub(super) fn ends_without_document(shared: &Shared, state: &mut State, id: &str) -> bool {
    let has_document = state
        .workflows
        .get(id)
        .is_none_or(|instance| state.documents.contains(&instance.document_id));
    if !has_document {
        end(shared, state, id, Ending::Terminated);
    }
    !has_document
}

pub(super) fn log(shared: &Shared, state: &mut State, id: &str, name: &str, text: &str) {
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

/// Closes the application's step that is open.
pub(super) fn close(shared: &Shared, state: &mut State, id: &str, how: Ending) {
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

/// Ends a workflow behind its last step: as the last of its application's steps closed.
fn complete(shared: &Shared, state: &mut State, id: &str) {
    let instance = state.workflows.get(id);
    let ending = instance
        .and_then(Instance::last_run)
        .and_then(|run| run.closed.clone())
        .unwrap_or(Ending::Completed);
    end(shared, state, id, ending);
}

/// Ends a workflow, and with it a step that is still open.
pub(super) fn end(shared: &Shared, state: &mut State, id: &str, ending: Ending) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    if let Some(run) = instance.last_run_mut() {
        run.closed.get_or_insert_with(|| ending.clone());
    }
    instance.waiting = None;
    instance.inside = None;
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

/// Lets a workflow end behind its last step.
pub(super) fn let_go(shared: &Shared, state: &mut State, id: &str) {
    let Some(instance) = state.workflows.get_mut(id) else {
        return;
    };
    instance.is_let_go = true;
    let holds = |waiting: &Waiting| waiting.what == super::instance::Awaited::LettingGo;
    if instance.waiting.as_ref().is_some_and(holds) {
        instance.waiting = None;
        // Nothing comes behind that could fail.
        let _ = go_on(shared, state, id);
    }
}

/// Ends a workflow as an administrator does; `false` if it is not running.
pub(super) fn stop(shared: &Shared, state: &mut State, id: &str, ending: Ending) -> bool {
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
