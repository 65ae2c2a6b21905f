//! Compiling the steps of a template into a program.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::engine::workflow::saved_step::stored;
use crate::engine::workflow::tree;
use crate::model::state::State;
use crate::model::workflow::condition::Condition;
use crate::model::workflow::program::{Instruction, Program};
use crate::model::workflow::step::Step;
use crate::model::workflow::task::Task;
use crate::model::workflow::template::{AUTOMATION, StoredTemplate, Template};
use crate::rules::error::Error;
use crate::rules::php::Value;
use crate::rules::random;

impl Program {
    /// Compiles the steps, and saves their activities as an author does.
    pub(crate) fn compile(template: &Template, state: &State) -> Result<Self, Error> {
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

    /// Adds an instruction and returns its place.
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

    /// Adds an instruction that chooses between two ways: the next instruction, or a target.
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

impl Template {
    /// Compiles the template into the form that a portal stores.
    pub(crate) fn store(
        self,
        state: &State,
        user_id: u64,
        now: Timestamp,
    ) -> Result<StoredTemplate, Error> {
        let program = Program::compile(&self, state)?;
        let auto_execute = if self.is_automation { AUTOMATION } else { 0 };
        Ok(StoredTemplate {
            name: self.name,
            description: self.description,
            document_type: self.document_type,
            auto_execute,
            parameters: self.parameters,
            variables: self.variables,
            constants: self.constants,
            program: Arc::new(program),
            owner: None,
            user_id,
            modified: now,
            is_modified: true,
            is_temporary: false,
        })
    }
}
