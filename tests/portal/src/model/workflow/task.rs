//! The tasks that a step gives to users.

use serde_json::Value as Json;

use crate::model::workflow::step::Step;
use crate::model::workflow::task_kind::TaskKind;
use crate::rules::php::Array;

/// A step that gives users a task and waits until it is completed, by `bizproc.task.complete`.
///
/// Expressions find its outputs under its activity name: `Comments`, `LastApprover` (the user who
/// answered last, `user_4`), and the fields that were asked for.
///
/// ```
/// use bizproc_portal::{Step, Task};
/// use serde_json::json;
///
/// let approval = Task::approve("Pay the invoice?", [4, 5])
///     .named("Boss")
///     .approved(vec![Step::set_document(json!({"STAGE_ID": "WON"}))])
///     .rejected(vec![Step::log("refused: {=Boss:Comments}")]);
/// let question = Task::request_information("What is the budget?", [4])
///     .field("budget", json!({"NAME": "Budget", "TYPE": "int", "REQUIRED": "Y"}));
/// # let _ = (approval, question);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub(crate) name: Option<String>,
    pub(crate) kind: TaskKind,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) users: Vec<u64>,
    pub(crate) fields: Array,
    pub(crate) approved: Vec<Step>,
    pub(crate) rejected: Vec<Step>,
}

impl Task {
    /// A task of any kind for these users; its texts may contain expressions.
    #[must_use]
    pub fn new(kind: TaskKind, title: &str, users: impl IntoIterator<Item = u64>) -> Self {
        Self {
            name: None,
            kind,
            title: title.to_owned(),
            description: String::new(),
            users: users.into_iter().collect(),
            fields: Array::new(),
            approved: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// A task to approve something.
    #[must_use]
    pub fn approve(title: &str, users: impl IntoIterator<Item = u64>) -> Self {
        Self::new(TaskKind::Approve, title, users)
    }

    /// A task to take note of something.
    #[must_use]
    pub fn review(title: &str, users: impl IntoIterator<Item = u64>) -> Self {
        Self::new(TaskKind::Review, title, users)
    }

    /// A task to fill fields.
    #[must_use]
    pub fn request_information(title: &str, users: impl IntoIterator<Item = u64>) -> Self {
        Self::new(TaskKind::RequestInformation, title, users)
    }

    /// Its activity name; by default one like `A51601_82584_96831_81132`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// The text below the title.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        text.clone_into(&mut self.description);
        self
    }

    /// Adds a field to fill: its id and its attributes, like those of a registered property; their
    /// texts may contain expressions.
    ///
    /// `bizproc.task.list` shows a `DEFAULT` as REST writes it: dates and moments as ATOM, files,
    /// which are internal ids here ([`Portal::create_file`](crate::Portal::create_file)), as links.
    /// `bizproc.task.complete` accepts files as base64, as `["name", "<base64>"]`, or as the id of
    /// a file on the Drive ([`Portal::create_drive_file`](crate::Portal::create_drive_file)); the
    /// output is an internal id.
    #[must_use]
    pub fn field(mut self, id: &str, property: Json) -> Self {
        self.fields.insert(id, property);
        self
    }

    /// The steps after a yes or an ok.
    #[must_use]
    pub fn approved(mut self, steps: Vec<Step>) -> Self {
        self.approved = steps;
        self
    }

    /// The steps after a no or a cancellation.
    #[must_use]
    pub fn rejected(mut self, steps: Vec<Step>) -> Self {
        self.rejected = steps;
        self
    }
}
