//! A template's steps as a list of instructions.

use std::time::Duration;

use crate::model::workflow::condition::Condition;
use crate::model::workflow::rest_activity::Stored;
use crate::model::workflow::task::Task;
use crate::rules::php::{Array, Value};

/// An instruction of a workflow. A target is the place of another instruction.
#[derive(Debug, Clone)]
pub(crate) enum Instruction {
    Rest(Stored),
    /// Continues with the next instruction after a yes, at the target after a no.
    Task(Box<Task>, usize),
    SetVariable(String, Value),
    SetDocument(Array),
    Log(Value),
    Pause(Duration),
    Fail(Value),
    Terminate,
    /// Continues at the target unless the condition holds.
    If(Condition, usize),
    Jump(usize),
    /// Begins a loop, whose state has this number.
    Loop(usize),
    /// The next pass, or the target.
    While(usize, Condition, usize),
    /// The next value of a list, or the target.
    ForEach(usize, Value, usize),
    /// Waits until the workflow is released.
    Hold,
}

/// The instructions of a template, each under its activity name.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) instructions: Vec<(String, Instruction)>,
    pub(crate) loops: usize,
    /// The steps as the platform shows them, one inside the other.
    pub(crate) tree: Array,
}

impl Program {
    pub(crate) fn get(&self, position: usize) -> Option<(&str, &Instruction)> {
        self.instructions
            .get(position)
            .map(|(name, instruction)| (name.as_str(), instruction))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Instruction)> {
        self.instructions
            .iter()
            .map(|(name, instruction)| (name.as_str(), instruction))
    }

    /// The steps as the platform shows them.
    pub(crate) fn tree(&self) -> &Array {
        &self.tree
    }
}
