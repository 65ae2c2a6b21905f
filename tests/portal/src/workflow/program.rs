//! A template's steps as a list of instructions.

use std::{collections::HashSet, time::Duration};

use super::{
    Condition, Step, Task, Template,
    rest_activity::{Stored, stored},
    tree,
};
use crate::{
    Error,
    php::{Array, Value},
    random,
    state::State,
};

/// What a workflow does next. A target is the place of another instruction.
#[derive(Debug, Clone)]
pub(crate) enum Instruction {
    Rest(Stored),
    /// Goes on behind itself after a yes, at the target after a no.
    Task(Box<Task>, usize),
    SetVariable(String, Value),
    SetDocument(Array),
    Log(Value),
    Pause(Duration),
    Fail(Value),
    Terminate,
    /// Goes on at the target unless the condition holds.
    If(Condition, usize),
    Jump(usize),
    /// Begins a loop, whose state has this number.
    Loop(usize),
    /// The next pass, or the target.
    While(usize, Condition, usize),
    /// The next value of a list, or the target.
    ForEach(usize, Value, usize),
    /// Waits until the workflow is let go.
    Hold,
}

/// The instructions of a template, each under its activity name.
#[derive(Debug, Default)]
pub(crate) struct Program {
    instructions: Vec<(String, Instruction)>,
    loops: usize,
    /// The steps as the platform shows them, one inside the other.
    tree: Array,
}

impl Program {
    /// Compiles the steps, saving their activities as an author does.
    pub(super) fn compile(template: &Template, state: &State) -> Result<Self, Error> {
        let mut compiler = Compiler {
            program: Self::default(),
            names: HashSet::new(),
            state,
        };
        let children = compiler.steps(template.all_steps())?;
        compiler.program.tree = tree::root(children);
        if template.holds {
            compiler.push(None, Instruction::Hold)?;
        }
        Ok(compiler.program)
    }

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

struct Compiler<'a> {
    program: Program,
    names: HashSet<String>,
    state: &'a State,
}

/// A step as the platform shows it.
type Node = Value;

impl Compiler<'_> {
    fn steps(&mut self, steps: &[Step]) -> Result<Vec<Node>, Error> {
        steps.iter().map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: &Step) -> Result<Node, Error> {
        let instruction = match step {
            Step::Rest(activity) => {
                let saved = activity.save(self.state)?;
                let name = saved.name.clone();
                return self.single(Some(&name), Instruction::Rest(saved));
            }
            Step::Task(task) => return self.task(task),
            Step::SetVariable { name, value } => {
                Instruction::SetVariable(name.clone(), value.clone().into())
            }
            Step::SetDocument { fields } => Instruction::SetDocument(stored(fields)?),
            Step::Log(text) => Instruction::Log(text.as_str().into()),
            Step::Pause(duration) => Instruction::Pause(*duration),
            Step::Fail(text) => Instruction::Fail(text.as_str().into()),
            Step::Terminate => Instruction::Terminate,
            Step::If {
                condition,
                then,
                otherwise,
            } => return self.branches(condition, then, otherwise),
            Step::While { condition, steps } => {
                return self.repeat(None, steps, |slot, end| {
                    Instruction::While(slot, condition.clone(), end)
                });
            }
            Step::ForEach {
                name,
                values,
                steps,
            } => {
                let values = Value::from(values.clone());
                return self.repeat(Some(name), steps, |slot, end| {
                    Instruction::ForEach(slot, values.clone(), end)
                });
            }
        };
        self.single(None, instruction)
    }

    fn single(&mut self, name: Option<&str>, instruction: Instruction) -> Result<Node, Error> {
        let place = self.push(name, instruction)?;
        Ok(self.node(place, Vec::new()))
    }

    /// The instruction at a place as the platform shows it.
    fn node(&self, place: usize, ways: Vec<Vec<Node>>) -> Node {
        self.program
            .get(place)
            .map_or(Value::Null, |(name, step)| tree::node(name, step, ways))
    }

    /// Adds an instruction; its place.
    fn push(&mut self, name: Option<&str>, instruction: Instruction) -> Result<usize, Error> {
        let name = name.map_or_else(random::activity_name, str::to_owned);
        if !self.names.insert(name.clone()) {
            return Err(Error::ActivityName { name });
        }
        self.program.instructions.push((name, instruction));
        Ok(self.next() - 1)
    }

    fn next(&self) -> usize {
        self.program.instructions.len()
    }

    fn replace(&mut self, place: usize, instruction: Instruction) {
        if let Some((_, known)) = self.program.instructions.get_mut(place) {
            *known = instruction;
        }
    }

    /// Two ways behind an instruction that chooses: on behind itself, or at a target.
    fn ways(
        &mut self,
        name: Option<&str>,
        first: &[Step],
        second: &[Step],
        choose: impl Fn(usize) -> Instruction,
    ) -> Result<Node, Error> {
        let chosen_at = self.push(name, choose(0))?;
        let first = self.steps(first)?;
        let jump_at = self.push(None, Instruction::Jump(0))?;
        self.replace(chosen_at, choose(self.next()));
        let second = self.steps(second)?;
        self.replace(jump_at, Instruction::Jump(self.next()));
        Ok(self.node(chosen_at, vec![first, second]))
    }

    fn branches(
        &mut self,
        condition: &Condition,
        then: &[Step],
        otherwise: &[Step],
    ) -> Result<Node, Error> {
        self.ways(None, then, otherwise, |target| {
            Instruction::If(condition.clone(), target)
        })
    }

    fn task(&mut self, task: &Task) -> Result<Node, Error> {
        let asked = Task {
            approved: Vec::new(),
            rejected: Vec::new(),
            ..task.clone()
        };
        self.ways(
            task.name.as_deref(),
            &task.approved,
            &task.rejected,
            |target| Instruction::Task(Box::new(asked.clone()), target),
        )
    }

    fn repeat(
        &mut self,
        name: Option<&str>,
        steps: &[Step],
        pass: impl Fn(usize, usize) -> Instruction,
    ) -> Result<Node, Error> {
        let slot = self.program.loops;
        self.program.loops += 1;
        self.push(None, Instruction::Loop(slot))?;
        let head = self.push(name, pass(slot, 0))?;
        let steps = self.steps(steps)?;
        self.push(None, Instruction::Jump(head))?;
        self.replace(head, pass(slot, self.next()));
        Ok(self.node(head, vec![steps]))
    }
}
