//! A workflow as the portal stores it.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tokio::sync::watch;

use crate::model::document::DocumentId;
use crate::model::history::Ending;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::outcome::Outcome;
use crate::model::workflow::program::Program;
use crate::model::workflow::step_run::StepRun;
use crate::rules::php::{Array, Value};

/// A workflow: its copy of the template, its position, and the results of its steps.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) template_id: u64,
    pub(crate) template_name: String,
    pub(crate) program: Arc<Program>,
    pub(crate) document_id: DocumentId,
    pub(crate) document_type: [String; 3],
    pub(crate) parameters: Array,
    pub(crate) variables: Array,
    pub(crate) constants: Array,
    pub(crate) started: Timestamp,
    pub(crate) started_by: u64,
    pub(crate) modified: Timestamp,
    /// Its status text while a step waits.
    pub(crate) status: String,
    pub(crate) position: usize,
    pub(crate) loops: IndexMap<usize, Loop>,
    /// The runs of applications' steps, by activity name; a step that is reached again starts over.
    pub(crate) runs: IndexMap<String, StepRun>,
    /// The outputs of other steps.
    pub(crate) outputs: IndexMap<String, Array>,
    /// The application's step that was executed last.
    pub(crate) last_run: Option<String>,
    pub(crate) waiting: Option<Waiting>,
    /// The event id of the step whose handler is being called while everything else waits.
    pub(crate) in_step: Option<String>,
    /// The failure while a request waited for it to leave a step.
    pub(crate) exception: Option<Exception>,
    pub(crate) locked_until: Option<Timestamp>,
    /// Whether it was ever suspended: before that, only the request that started it can find it.
    pub(crate) is_stored: bool,
    /// Whether it may end after its last step.
    pub(crate) is_released: bool,
    pub(crate) log: Vec<String>,
    pub(crate) ending: Option<Ending>,
    /// Whether a kill deleted its data: methods no longer find it.
    pub(crate) is_deleted: bool,
    /// Notices of its changes.
    pub(crate) changed: watch::Sender<()>,
}

/// The state of a loop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loop {
    /// The remaining values, for a loop over values.
    pub(crate) left: Option<Vec<(String, Value)>>,
    /// The passes since the workflow last waited.
    pub(crate) passes: u32,
}

/// What a workflow waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The step.
    pub(crate) name: String,
    /// This one pass of it.
    pub(crate) event_id: String,
    pub(crate) what: Awaited,
    /// When it ends by itself.
    pub(crate) deadline: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Reply,
    Time,
    /// A task, and the position to continue at after a refusal.
    Task(u64, usize),
    Release,
}

impl Instance {
    pub(crate) fn is_alive(&self) -> bool {
        self.ending.is_none()
    }

    /// Returns until when it is locked for other requests; `None` if it is free.
    pub(crate) fn owned_until(&self, now: Timestamp) -> Option<Timestamp> {
        if self.in_step.is_some() {
            // A lease of five minutes, renewed as long as the step runs.
            return now.checked_add(jiff::SignedDuration::from_secs(300)).ok();
        }
        self.locked_until.filter(|until| *until > now)
    }

    /// Whether a step waits for its application.
    pub(crate) fn waits_for_reply(&self) -> bool {
        self.waiting
            .as_ref()
            .is_some_and(|waiting| waiting.what == Awaited::Reply)
    }

    /// When the step that waits is closed without a reply.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.waiting.as_ref()?.deadline
    }

    pub(crate) fn log(&self) -> &[String] {
        &self.log
    }

    /// What the application's step that was executed last returned, or its defaults.
    pub(crate) fn return_values(&self) -> Map<String, Json> {
        self.last_run()
            .map(StepRun::return_values)
            .unwrap_or_default()
    }

    /// How that step closed.
    pub(crate) fn closed(&self) -> Option<&Ending> {
        self.last_run()?.closed.as_ref()
    }

    pub(crate) fn last_run(&self) -> Option<&StepRun> {
        self.runs.get(self.last_run.as_deref()?)
    }

    pub(crate) fn last_run_mut(&mut self) -> Option<&mut StepRun> {
        self.runs.get_mut(self.last_run.as_deref()?)
    }

    /// The outputs of a step that was executed, `IsTimeout` among them.
    pub(crate) fn outputs_of(&self, name: &str) -> Option<Map<String, Json>> {
        if let Some(run) = self.runs.get(name) {
            let mut outputs = run.return_values();
            // An application that has registered an output of this id may have set it.
            if run.can_time_out && !outputs.contains_key("IsTimeout") {
                outputs.insert("IsTimeout".to_owned(), i64::from(run.is_timeout).into());
            }
            return Some(outputs);
        }
        let outputs = self.outputs.get(name)?.iter();
        Some(
            outputs
                .map(|(key, value)| (key.to_text(), value.to_json()))
                .collect(),
        )
    }

    pub(crate) fn output(&self, name: &str, field: &str) -> Option<Value> {
        let Some(run) = self.runs.get(name) else {
            return self.outputs.get(name)?.get(field).cloned();
        };
        match run.outputs.get(field) {
            None if run.can_time_out && field == "IsTimeout" => {
                Some(Value::Int(run.is_timeout.into()))
            }
            output => output.cloned(),
        }
    }

    /// Builds the outcome with the given ending.
    pub(crate) fn outcome(&self, ending: Ending) -> Outcome {
        let run = self.last_run();
        Outcome {
            workflow_id: self.id.clone(),
            is_timeout: run.is_some_and(|run| run.is_timeout),
            ending,
            return_values: self.return_values(),
            log: self.log.clone(),
            reply: run.and_then(|run| run.reply.clone()),
        }
    }
}
