//! The steps of a template as the platform names and nests them; their conditions are left out.

use crate::model::workflow::program::Instruction;
use crate::rules::php::{Array, Value};
use crate::rules::random;

/// Returns the whole template; empty for one without steps.
pub(crate) fn root(children: Vec<Value>) -> Array {
    if children.is_empty() {
        return Array::new();
    }
    let kind = "SequentialWorkflowActivity";
    let root = activity(kind, "Template", Array::new(), children);
    [root].into_iter().collect()
}

/// Returns one step, with the steps of each branch.
pub(crate) fn node(name: &str, instruction: &Instruction, ways: Vec<Vec<Value>>) -> Value {
    let (kind, properties) = named(instruction);
    let way = match instruction {
        Instruction::If(..) => "IfElseBranchActivity",
        _ => "SequenceActivity",
    };
    let children = ways
        .into_iter()
        .map(|steps| activity(way, &random::activity_name(), Array::new(), steps))
        .collect();
    activity(&kind, name, properties, children)
}

fn activity(kind: &str, name: &str, properties: Array, children: Vec<Value>) -> Value {
    let activity: Array = [
        ("Type", Value::from(kind)),
        ("Name", name.into()),
        ("Properties", properties.into()),
        ("Children", children.into_iter().collect::<Array>().into()),
    ]
    .into_iter()
    .collect();
    activity.into()
}

fn one(name: &str, value: Value) -> Array {
    [(name, value)].into_iter().collect()
}

/// Returns the platform's name of a step, and what it stores.
fn named(instruction: &Instruction) -> (String, Array) {
    let (kind, properties) = match instruction {
        Instruction::Rest(step) => {
            // Nothing but this name links a step to its registration.
            let link = md5::compute(format!("{}@{}", step.client_id, step.code));
            return (format!("rest_{link:x}"), step.inputs.clone());
        }
        Instruction::Task(task, _) => {
            let title = one("Name", task.title.as_str().into());
            (task.kind.activity(), title)
        }
        Instruction::SetVariable(name, value) => {
            let value = one(name, value.clone());
            ("SetVariableActivity", one("VariableValue", value.into()))
        }
        Instruction::SetDocument(fields) => {
            ("SetFieldActivity", one("FieldValue", fields.clone().into()))
        }
        Instruction::Log(text) => ("LogActivity", one("Text", text.clone())),
        Instruction::Pause(pause) => {
            let seconds = i64::try_from(pause.as_secs()).unwrap_or(i64::MAX);
            ("DelayActivity", one("TimeoutDuration", seconds.into()))
        }
        Instruction::Fail(message) => ("CodeActivity", one("ExecuteCode", thrown(message))),
        Instruction::Terminate => ("TerminateActivity", Array::new()),
        Instruction::If(..) => ("IfElseActivity", Array::new()),
        Instruction::While(..) => ("WhileActivity", Array::new()),
        Instruction::ForEach(_, values, _) => ("ForEachActivity", one("Variable", values.clone())),
        Instruction::Jump(_) | Instruction::Loop(_) | Instruction::Hold => {
            ("EmptyBlockActivity", Array::new())
        }
    };
    (kind.to_owned(), properties)
}

fn thrown(message: &Value) -> Value {
    let text = message.to_text().replace('\\', "\\\\").replace('\'', "\\'");
    format!("throw new Exception('{text}');").into()
}
