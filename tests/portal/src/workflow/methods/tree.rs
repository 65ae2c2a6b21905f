//! The steps of a template as the platform names them.

use crate::{
    php::{Array, Value},
    workflow::program::{Instruction, Program},
};

/// The activities of a template below their root. Branches and loops stand before what they hold, not around it.
pub(super) fn tree(program: &Program) -> Array {
    let children: Array = program
        .iter()
        .filter_map(|(name, instruction)| {
            let (kind, properties) = activity(instruction)?;
            Some(node(&kind, name, properties, Array::new()))
        })
        .collect();
    if children.is_empty() {
        return Array::new();
    }
    let root = node(
        "SequentialWorkflowActivity",
        "Template",
        Array::new(),
        children,
    );
    [root].into_iter().collect()
}

fn node(kind: &str, name: &str, properties: Array, children: Array) -> Value {
    let node: Array = [
        ("Type", Value::from(kind)),
        ("Name", name.into()),
        ("Properties", properties.into()),
        ("Children", children.into()),
    ]
    .into_iter()
    .collect();
    node.into()
}

/// The platform's name of a step, and what it has stored; nothing for what is no step of its own.
fn activity(instruction: &Instruction) -> Option<(String, Array)> {
    let one = |name: &str, value: Value| -> Array { [(name, value)].into_iter().collect() };
    Some(match instruction {
        Instruction::Rest(step) => {
            // A step is linked to its registration by nothing but this name.
            let link = md5::compute(format!("{}@{}", step.client_id, step.code));
            (format!("rest_{link:x}"), step.inputs.clone())
        }
        Instruction::Task(task, _) => (
            task.kind.activity().to_owned(),
            one("Name", task.title.as_str().into()),
        ),
        Instruction::SetVariable(name, value) => {
            let values: Array = [(name.as_str(), value.clone())].into_iter().collect();
            let values = one("VariableValue", values.into());
            ("SetVariableActivity".to_owned(), values)
        }
        Instruction::SetDocument(fields) => {
            let fields = one("FieldValue", fields.clone().into());
            ("SetFieldActivity".to_owned(), fields)
        }
        Instruction::Log(text) => ("LogActivity".to_owned(), one("Text", text.clone())),
        Instruction::Pause(pause) => {
            let seconds = i64::try_from(pause.as_secs()).unwrap_or(i64::MAX);
            let timeout = one("TimeoutDuration", seconds.into());
            ("DelayActivity".to_owned(), timeout)
        }
        Instruction::Fail(_) => ("CodeActivity".to_owned(), Array::new()),
        Instruction::Terminate => ("TerminateActivity".to_owned(), Array::new()),
        Instruction::If(..) => ("IfElseActivity".to_owned(), Array::new()),
        Instruction::While(..) => ("WhileActivity".to_owned(), Array::new()),
        Instruction::ForEach(..) => ("ForEachActivity".to_owned(), Array::new()),
        Instruction::Jump(_) | Instruction::Loop(_) | Instruction::Hold => return None,
    })
}
