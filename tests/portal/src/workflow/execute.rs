//! Executing one step.

use jiff::SignedDuration;

use super::{
    call, engine,
    instance::{Awaited, Loop, StepRun, Waiting},
    program::Instruction,
    rest_activity::Stored,
    task::{GivenTask, Task, UserStatus},
    timer,
};
use crate::{
    application,
    history::{Ending, Event},
    php::{Array, Value},
    random,
    registration::Registration,
    settings::CallDispatch,
    state::{Shared, State},
    token::EventToken,
    values::{self, evaluate, printed},
};

/// The passes that a loop may make without a wait.
const MOST_PASSES: u32 = 1000;

/// What comes behind a step.
pub(super) enum Flow {
    Next,
    Jump(usize),
    /// The workflow waits, for an event or for its own handler's answer.
    Waits,
    Fails(String),
    Terminates,
}

pub(super) fn execute(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    instruction: &Instruction,
) -> Flow {
    match instruction {
        Instruction::Rest(activity) => rest_activity(shared, state, id, activity),
        Instruction::Task(task, refused) => give_task(shared, state, id, name, task, *refused),
        Instruction::SetVariable(variable, value) => {
            let value = evaluated(state, id, value);
            if let Some(instance) = state.workflows.get_mut(id) {
                instance.variables.insert(variable.as_str(), value);
            }
            executed(shared, state, id, name, "SetVariableActivity")
        }
        Instruction::SetDocument(fields) => {
            set_document(shared, state, id, fields);
            executed(shared, state, id, name, "SetFieldActivity")
        }
        Instruction::Log(text) => {
            let text = printed(&evaluated(state, id, text));
            engine::log(shared, state, id, name, &text);
            Flow::Next
        }
        Instruction::Pause(pause) => {
            let pause = SignedDuration::try_from(*pause).unwrap_or(SignedDuration::MAX);
            wait(shared, state, id, name, Awaited::Time, Some(pause))
        }
        Instruction::Fail(message) => Flow::Fails(printed(&evaluated(state, id, message))),
        Instruction::Terminate => Flow::Terminates,
        Instruction::If(condition, otherwise) => {
            let holds = engine::scope(state, id).is_some_and(|scope| condition.holds(&scope));
            if holds {
                Flow::Next
            } else {
                Flow::Jump(*otherwise)
            }
        }
        Instruction::Jump(target) => Flow::Jump(*target),
        Instruction::Loop(slot) => {
            if let Some(instance) = state.workflows.get_mut(id) {
                instance.loops.insert(*slot, Loop::default());
            }
            Flow::Next
        }
        Instruction::While(slot, condition, end) => {
            let holds = engine::scope(state, id).is_some_and(|scope| condition.holds(&scope));
            if holds {
                pass(state, id, *slot)
            } else {
                Flow::Jump(*end)
            }
        }
        Instruction::ForEach(slot, list, end) => for_each(state, id, name, (*slot, list, *end)),
        Instruction::Hold => hold(state, id, name),
    }
}

fn evaluated(state: &State, id: &str, value: &Value) -> Value {
    engine::scope(state, id).map_or(Value::Null, |scope| evaluate(value, &scope))
}

/// Notes a step that was executed at once.
fn executed(shared: &Shared, state: &mut State, id: &str, name: &str, activity: &str) -> Flow {
    shared.record(
        state,
        Event::Executed {
            workflow_id: id.to_owned(),
            activity_name: name.to_owned(),
            activity: activity.to_owned(),
        },
    );
    Flow::Next
}

fn set_document(shared: &Shared, state: &mut State, id: &str, fields: &Array) {
    let Some(scope) = engine::scope(state, id) else {
        return;
    };
    let document_id = scope.instance.document_id.clone();
    let values: Vec<(String, Value)> = fields
        .iter()
        .map(|(field, value)| (field.to_text(), evaluate(value, &scope)))
        .collect();
    shared.set_fields(state, &document_id, values);
}

/// Counts a pass of a loop.
fn pass(state: &mut State, id: &str, slot: usize) -> Flow {
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    let own = instance.loops.entry(slot).or_default();
    own.passes += 1;
    if own.passes > MOST_PASSES {
        return Flow::Fails("Maximum loop iterations exceeded".to_owned());
    }
    Flow::Next
}

fn for_each(
    state: &mut State,
    id: &str,
    name: &str,
    (slot, list, end): (usize, &Value, usize),
) -> Flow {
    let values = || {
        let mut pairs: Vec<(String, Value)> = match evaluated(state, id, list) {
            Value::Array(array) => array
                .into_iter()
                .map(|(key, value)| (key.to_text(), value))
                .collect(),
            value if value.is_truthy() => vec![("0".to_owned(), value)],
            _ => Vec::new(),
        };
        pairs.reverse();
        pairs
    };
    let begun = state
        .workflows
        .get(id)
        .and_then(|instance| instance.loops.get(&slot))
        .and_then(|own| own.left.clone());
    let mut left = begun.unwrap_or_else(values);
    let next = left.pop();
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    instance.loops.entry(slot).or_default().left = Some(left);
    let Some((key, value)) = next else {
        return Flow::Jump(end);
    };
    let outputs: Array = [("Key", Value::from(key)), ("Value", value)]
        .into_iter()
        .collect();
    instance.outputs.insert(name.to_owned(), outputs);
    pass(state, id, slot)
}

fn hold(state: &mut State, id: &str, name: &str) -> Flow {
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    if instance.is_let_go {
        return Flow::Next;
    }
    instance.waiting = Some(Waiting {
        name: name.to_owned(),
        event_id: random::alphanumeric(32),
        what: Awaited::LettingGo,
    });
    Flow::Waits
}

/// Puts the workflow aside until something happens, or until the time has passed.
fn wait(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    what: Awaited,
    pause: Option<SignedDuration>,
) -> Flow {
    let event_id = state
        .workflows
        .get(id)
        .and_then(|instance| instance.runs.get(name))
        .map_or_else(|| random::alphanumeric(32), |run| run.event_id.clone());
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.waiting = Some(Waiting {
            name: name.to_owned(),
            event_id: event_id.clone(),
            what,
        });
    }
    let deadline = pause.and_then(|pause| shared.now().checked_add(pause).ok());
    shared.record(
        state,
        Event::Waiting {
            workflow_id: id.to_owned(),
            activity_name: name.to_owned(),
            deadline,
        },
    );
    if let Some(deadline) = deadline {
        timer::schedule(shared, id, &event_id, deadline);
    }
    Flow::Waits
}

/// A robot or activity of an application: its handler is called, and it waits or not.
fn rest_activity(shared: &Shared, state: &mut State, id: &str, activity: &Stored) -> Flow {
    shared.record(
        state,
        Event::Started {
            workflow_id: id.to_owned(),
            activity_name: activity.name.clone(),
            code: activity.code.clone(),
        },
    );
    let registration = match registered(state, activity) {
        Ok(registration) => registration,
        Err(message) => {
            begin(state, id, activity, StepRun::default());
            return Flow::Fails(message.to_owned());
        }
    };
    let mode = activity.mode(&registration);
    let return_properties = registration.properties("RETURN_PROPERTIES");
    let run = StepRun {
        event_id: random::alphanumeric(32),
        outputs: values::defaults(&return_properties),
        return_properties,
        can_time_out: registration.text("USE_SUBSCRIPTION") != "N",
        waits: mode.as_deref() == Some("Y"),
        timeout: activity.timeout,
        status: activity.status.clone(),
        ..StepRun::default()
    };
    let token = EventToken {
        workflow_id: id.to_owned(),
        activity_name: activity.name.clone(),
        event_id: run.event_id.clone(),
    };
    begin(state, id, activity, run);
    let Some(call) = prepared(shared, state, activity, &registration, token, mode) else {
        return Flow::Waits;
    };
    let event_id = call.token.event_id.clone();
    let is_sent = call::send(shared, state, &call, &registration.text("HANDLER"));
    if is_sent && shared.settings.platform.call_dispatch == CallDispatch::InsideStep {
        if let Some(instance) = state.workflows.get_mut(id) {
            instance.inside = Some(event_id);
        }
        return Flow::Waits;
    }
    settle(shared, state, id, &activity.name)
}

/// The registration that the step is linked to, of an application that can be called.
fn registered(state: &State, activity: &Stored) -> Result<Registration, &'static str> {
    let registration = state
        .registry
        .get(&activity.client_id, &activity.code)
        .ok_or("Application activity is not installed.")?;
    match application::step_fault(state, &activity.client_id) {
        Some(reason) => Err(reason),
        None => Ok(registration.clone()),
    }
}

/// A new execution of a step: what an earlier pass left is gone.
fn begin(state: &mut State, id: &str, activity: &Stored, run: StepRun) {
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.runs.insert(activity.name.clone(), run);
        instance.last_run = Some(activity.name.clone());
    }
}

/// The call with the values of this moment.
fn prepared(
    shared: &Shared,
    state: &State,
    activity: &Stored,
    registration: &Registration,
    token: EventToken,
    use_subscription: Option<String>,
) -> Option<call::Call> {
    let scope = engine::scope(state, &token.workflow_id)?;
    let settings = &shared.settings;
    let fallback = || {
        let registered = registration.text("AUTH_USER_ID").parse().ok();
        registered.filter(|user| settings.platform.auth_user_fallback && *user > 0)
    };
    Some(call::Call {
        client_id: activity.client_id.clone(),
        code: activity.code.clone(),
        document_id: scope.instance.document_id.clone(),
        document_type: scope.instance.document_type.clone(),
        properties: values::inputs(
            &registration.properties("PROPERTIES"),
            &activity.inputs,
            &scope,
            settings,
        ),
        use_subscription,
        timeout_seconds: activity.timeout,
        owner: activity.run_as.or_else(fallback),
        token,
    })
}

/// What comes when the handler was called: the step waits, or is closed at once.
pub(super) fn settle(shared: &Shared, state: &mut State, id: &str, name: &str) -> Flow {
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    let Some(run) = instance.runs.get(name) else {
        return Flow::Waits;
    };
    if !run.waits {
        engine::close(shared, state, id, Ending::NotWaiting);
        return Flow::Next;
    }
    let pause = (run.timeout > 0).then(|| SignedDuration::from_secs(run.timeout));
    instance.status = run.status.clone().unwrap_or_default();
    wait(shared, state, id, name, Awaited::Reply, pause)
}

fn give_task(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    task: &Task,
    refused: usize,
) -> Flow {
    let Some(scope) = engine::scope(state, id) else {
        return Flow::Waits;
    };
    let text = |text: &str| scope.text(&text.into());
    let given = GivenTask {
        kind: task.kind,
        activity_name: name.to_owned(),
        workflow_id: id.to_owned(),
        document_id: scope.instance.document_id.clone(),
        name: text(&task.title),
        description: text(&task.description),
        fields: task.fields.clone(),
        modified: shared.now(),
        users: task
            .users
            .iter()
            .map(|user| (*user, UserStatus::Waiting))
            .collect(),
        status: UserStatus::Waiting,
    };
    let task_id = state.tasks.give(given);
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.outputs.shift_remove(name);
    }
    shared.record(
        state,
        Event::TaskGiven {
            workflow_id: id.to_owned(),
            activity_name: name.to_owned(),
            task_id,
            users: task.users.clone(),
        },
    );
    let what = Awaited::Task(task_id, refused);
    wait(shared, state, id, name, what, None)
}
