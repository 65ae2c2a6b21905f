//! A workflow as the portal keeps it.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tokio::sync::watch;

use super::{
    dispatch::initial,
    engine::Exception,
    program::{Instruction, Program},
};
use crate::{
    document::{Document, DocumentId},
    history::{Body, Delivery, Ending},
    php::{Array, Value},
    registration::Registry,
    settings::Settings,
    values::{Sources, defaults, kind, printed, shown},
};

/// A workflow: its copy of the template, where it is, and what came of its steps.
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
    /// What it says of itself while a step waits.
    pub(crate) status: String,
    pub(super) position: usize,
    pub(super) loops: IndexMap<usize, Loop>,
    /// What the application's steps left, by activity name; a step that is reached again begins anew.
    pub(super) runs: IndexMap<String, StepRun>,
    /// What other steps left.
    pub(super) outputs: IndexMap<String, Array>,
    /// The application's step that was executed last.
    pub(super) last_run: Option<String>,
    pub(super) waiting: Option<Waiting>,
    /// The event id of the step whose handler is being called while everything else waits.
    pub(super) inside: Option<String>,
    /// What it failed at while a call waited for it to come out of a step.
    pub(super) exception: Option<Exception>,
    pub(super) locked_until: Option<Timestamp>,
    /// Whether it was ever put aside to wait: before that, nobody but its own request can find it.
    pub(super) is_stored: bool,
    /// Whether it may end behind its last step.
    pub(super) is_let_go: bool,
    pub(super) log: Vec<String>,
    pub(crate) ending: Option<Ending>,
    /// Whether a kill took its data away: methods do not know it any more.
    pub(crate) is_deleted: bool,
    /// Notices of what happens to it.
    pub(crate) changed: watch::Sender<()>,
}

/// Where a loop is.
#[derive(Debug, Clone, Default)]
pub(super) struct Loop {
    /// The values that are left, if it is one over values.
    pub(super) left: Option<Vec<(String, Value)>>,
    /// The passes since the workflow last waited.
    pub(super) passes: u32,
}

/// One execution of an application's step.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Default)]
pub(super) struct StepRun {
    pub(super) event_id: String,
    /// `RETURN_PROPERTIES` as they were when the step began.
    pub(super) return_properties: Array,
    pub(super) outputs: Array,
    /// Whether it has the output `IsTimeout`.
    pub(super) can_time_out: bool,
    pub(super) waits: bool,
    pub(super) timeout: i64,
    pub(super) status: Option<String>,
    /// Whether its call lies in the queue until later.
    pub(super) is_called_later: bool,
    pub(super) call: Option<Delivery>,
    pub(super) reply: Option<Body>,
    /// How it closed; until then it is open.
    pub(super) closed: Option<Ending>,
    /// The output `IsTimeout`.
    pub(super) is_timeout: bool,
}

/// What a workflow waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The step.
    pub(super) name: String,
    /// This one pass of it.
    pub(super) event_id: String,
    pub(super) what: Awaited,
    /// When it ends by itself.
    pub(super) deadline: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Reply,
    Time,
    /// A task, and where to go on after a refusal.
    Task(u64, usize),
    LettingGo,
}

impl Instance {
    pub(crate) fn is_alive(&self) -> bool {
        self.ending.is_none()
    }

    /// Until when nobody else can have it; `None` if it is free.
    pub(crate) fn owned_until(&self, now: Timestamp) -> Option<Timestamp> {
        if self.inside.is_some() {
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

    pub(super) fn last_run(&self) -> Option<&StepRun> {
        self.runs.get(self.last_run.as_deref()?)
    }

    pub(super) fn last_run_mut(&mut self) -> Option<&mut StepRun> {
        self.runs.get_mut(self.last_run.as_deref()?)
    }

    /// The outputs of a step that was executed, `IsTimeout` among them.
    pub(super) fn outputs_of(&self, name: &str) -> Option<Map<String, Json>> {
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

    fn output(&self, name: &str, field: &str) -> Option<Value> {
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

    /// What came of it, with the ending that is asked for.
    pub(super) fn outcome(&self, ending: Ending) -> Outcome {
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

impl StepRun {
    /// Makes the outputs what they were before the step was executed.
    pub(super) fn reset(&mut self) {
        self.outputs = initial(&self.return_properties);
        self.is_timeout = false;
    }

    pub(super) fn return_values(&self) -> Map<String, Json> {
        self.outputs
            .iter()
            .map(|(key, value)| (key.to_text(), value.to_json()))
            .collect()
    }
}

/// What the portal itself notes at a document, as ISO 8601.
const DATES: [&str; 2] = ["DATE_CREATE", "DATE_MODIFY"];

/// What the expressions of a workflow speak of; the document's fields are those of this moment.
pub(super) struct Scope<'a> {
    pub(super) instance: &'a Instance,
    pub(super) document: Option<&'a Document>,
    pub(super) registry: &'a Registry,
    pub(super) settings: &'a Settings,
}

impl Sources for Scope<'_> {
    fn value(&self, object: &str, field: &str) -> Option<Value> {
        let instance = self.instance;
        match object {
            "Document" => {
                let value = self.document.and_then(|document| document.get(field));
                let value = value.cloned().unwrap_or_default();
                Some(if DATES.contains(&field) {
                    shown(value, "datetime", self.settings)
                } else {
                    value
                })
            }
            "Template" => instance.parameters.get(field).cloned(),
            "Variable" => instance.variables.get(field).cloned(),
            "Constant" => instance.constants.get(field).cloned(),
            "Workflow" => field
                .eq_ignore_ascii_case("id")
                .then(|| instance.id.as_str().into()),
            "User" => Some(format!("user_{}", instance.started_by).into()),
            name => instance
                .output(name, field)
                .or_else(|| self.default(name, field))
                .map(|value| shown(value, &self.kind_of(name, field), self.settings)),
        }
    }

    fn titled(&self, title: &str) -> Option<Value> {
        let document = self.document?;
        let name = title.to_uppercase();
        document.get(&name)?;
        self.value("Document", &name)
    }
}

impl Scope<'_> {
    /// The type of an output, in lower case; nothing if it is not known.
    fn kind_of(&self, name: &str, field: &str) -> String {
        if let Some(run) = self.instance.runs.get(name) {
            return kind(&run.return_properties, field);
        }
        let known = self
            .instance
            .program
            .iter()
            .find(|(known, _)| *known == name);
        match known {
            Some((_, Instruction::Task(task, _))) => kind(&task.fields, field),
            _ => String::new(),
        }
    }

    /// An output of a step that was not executed yet.
    fn default(&self, name: &str, field: &str) -> Option<Value> {
        let known = self
            .instance
            .program
            .iter()
            .find_map(|(known, step)| match step {
                Instruction::Rest(step) if known == name => Some(step),
                _ => None,
            })?;
        let registration = self.registry.get(&known.client_id, &known.code)?;
        let outputs = defaults(&registration.properties("RETURN_PROPERTIES"));
        outputs.get(field).cloned()
    }

    /// A value with its expressions evaluated, as text.
    pub(super) fn text(&self, value: &Value) -> String {
        printed(&crate::values::evaluate(value, self))
    }
}

/// How a workflow ended, or its step closed.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{Document, Ending, Portal, Step, Template};
///
/// let portal = Portal::start().await?;
/// let template = portal.template(Template::new("Short").step(Step::log("on {=Document:TITLE}")))?;
/// let workflow = portal.start_workflow(template, Document::deal(5)).await?;
/// let done = workflow.finished(Duration::ZERO).await?;
/// assert_eq!((done.ending, done.log), (Ending::Completed, vec!["on Deal #5".to_owned()]));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The workflow.
    pub workflow_id: String,
    /// How.
    pub ending: Ending,
    /// The registered outputs of the application's step that was executed last: what the reply set, else their
    /// defaults.
    ///
    /// Dates that the portal understood are ISO 8601, moments in the server's zone; dates it did not are the raw text.
    pub return_values: Map<String, Json>,
    /// The output `IsTimeout`, which the portal adds to every step that can wait.
    pub is_timeout: bool,
    /// The workflow's log.
    pub log: Vec<String>,
    /// The body of the reply that closed the step.
    pub reply: Option<Body>,
}
