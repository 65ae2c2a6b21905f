//! Executing one step.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::engine::workflow::wait::{Flow, wait};
use crate::engine::workflow::{dispatch, lifecycle, scope};
use crate::model::history::Event;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::condition::Condition;
use crate::model::workflow::given_task::GivenTask;
use crate::model::workflow::instance::{Awaited, Loop, Waiting};
use crate::model::workflow::program::Instruction;
use crate::model::workflow::task::Task;
use crate::model::workflow::task_kind::UserStatus;
use crate::rules::php::{Array, Value};
use crate::rules::random;
use crate::rules::values::{evaluate, printed};

/// The limit of passes that a loop may make without a wait.
const MOST_PASSES: u32 = 1000;

pub(crate) fn execute(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    instruction: &Instruction,
) -> Flow {
    match instruction {
        Instruction::Rest(activity) => dispatch::rest_activity(shared, state, id, activity),
        Instruction::Task(task, refused) => give_task(shared, state, id, name, task, *refused),
        Instruction::SetVariable(variable, value) => {
            let value = evaluated(shared, state, id, value);
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
            let text = printed(&evaluated(shared, state, id, text));
            lifecycle::log(shared, state, id, name, &text);
            Flow::Next
        }
        Instruction::Pause(pause) => {
            let pause = SignedDuration::try_from(*pause).unwrap_or(SignedDuration::MAX);
            wait(shared, state, id, name, Awaited::Time, Some(pause))
        }
        Instruction::Fail(message) => Flow::Fails(printed(&evaluated(shared, state, id, message))),
        Instruction::Terminate => Flow::Terminates,
        Instruction::If(condition, _) if holds(shared, state, id, condition) => Flow::Next,
        Instruction::If(_, otherwise) => Flow::Jump(*otherwise),
        Instruction::Jump(target) => Flow::Jump(*target),
        Instruction::Loop(slot) => {
            if let Some(instance) = state.workflows.get_mut(id) {
                instance.loops.insert(*slot, Loop::default());
            }
            Flow::Next
        }
        Instruction::While(slot, condition, end) if holds(shared, state, id, condition) => {
            pass(state, id, *slot, *end)
        }
        Instruction::While(_, _, end) => Flow::Jump(*end),
        Instruction::ForEach(slot, list, end) => {
            for_each(shared, state, id, name, (*slot, list, *end))
        }
        Instruction::Hold => hold(state, id, name),
    }
}

fn holds(shared: &Shared, state: &State, id: &str, condition: &Condition) -> bool {
    scope::scope(shared, state, id).is_some_and(|scope| condition.holds(&scope))
}

fn evaluated(shared: &Shared, state: &State, id: &str, value: &Value) -> Value {
    scope::scope(shared, state, id).map_or(Value::Null, |scope| evaluate(value, &scope))
}

/// Records a step that was executed immediately.
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
    let Some(scope) = scope::scope(shared, state, id) else {
        return;
    };
    let document_id = scope.instance.document_id.clone();
    let values: Vec<(String, Value)> = fields
        .iter()
        .map(|(field, value)| (field.to_text(), evaluate(value, &scope)))
        .collect();
    shared.set_fields(state, &document_id, values);
}

/// Begins a pass of a loop that ends at `end`, and resets what its steps left in an earlier pass.
fn pass(state: &mut State, id: &str, slot: usize, end: usize) -> Flow {
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    let program = Arc::clone(&instance.program);
    let first = instance.position;
    for (name, instruction) in program.iter().take(end).skip(first) {
        if let Some(run) = instance.runs.get_mut(name) {
            run.reset();
        }
        if matches!(instruction, Instruction::Task(..)) {
            instance.outputs.shift_remove(name);
        }
    }
    let own = instance.loops.entry(slot).or_default();
    own.passes += 1;
    if own.passes > MOST_PASSES {
        return Flow::Fails("Maximum loop iterations exceeded".to_owned());
    }
    Flow::Next
}

fn for_each(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    (slot, list, end): (usize, &Value, usize),
) -> Flow {
    let values = |state: &State| {
        let mut pairs: Vec<(String, Value)> = match evaluated(shared, state, id, list) {
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
        .get_mut(id)
        .and_then(|instance| instance.loops.get_mut(&slot))
        .and_then(|own| own.left.take());
    let mut left = begun.unwrap_or_else(|| values(state));
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
    pass(state, id, slot, end)
}

fn hold(state: &mut State, id: &str, name: &str) -> Flow {
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    if instance.is_released {
        return Flow::Next;
    }
    instance.waiting = Some(Waiting {
        name: name.to_owned(),
        event_id: random::alphanumeric(32),
        what: Awaited::Release,
        deadline: None,
    });
    Flow::Waits
}

fn give_task(
    shared: &Shared,
    state: &mut State,
    id: &str,
    name: &str,
    task: &Task,
    refused: usize,
) -> Flow {
    let Some(scope) = scope::scope(shared, state, id) else {
        return Flow::Waits;
    };
    let text = |text: &str| scope.text(&text.into());
    let fields = task
        .fields
        .iter()
        .map(|(id, property)| (id.clone(), evaluate(property, &scope)))
        .collect();
    let given = GivenTask {
        kind: task.kind,
        activity_name: name.to_owned(),
        workflow_id: id.to_owned(),
        document_id: scope.instance.document_id.clone(),
        name: text(&task.title),
        description: text(&task.description),
        fields,
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
