//! Tasks for users: what an author sets up, and the tasks there are.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Step;
use crate::{
    document::DocumentId,
    php::{Array, Value},
};

/// What users are asked for.
///
/// ```
/// use bizproc_portal::{Task, TaskKind};
///
/// let task = Task::new(TaskKind::RequestInformationOptional, "What is the budget?", [4]);
/// # let _ = task;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// `ApproveActivity`: every user says yes (1), or one says no (2).
    Approve,
    /// `ReviewActivity`: every user says ok (3).
    Review,
    /// `RequestInformationActivity`: one user fills fields and says ok (3).
    RequestInformation,
    /// `RequestInformationOptionalActivity`: one user fills fields and says ok (3), or cancels (4).
    RequestInformationOptional,
}

impl TaskKind {
    /// The platform's name of the step.
    pub(crate) fn activity(self) -> &'static str {
        match self {
            Self::Approve => "ApproveActivity",
            Self::Review => "ReviewActivity",
            Self::RequestInformation => "RequestInformationActivity",
            Self::RequestInformationOptional => "RequestInformationOptionalActivity",
        }
    }

    /// What a user can answer.
    pub(crate) fn takes(self, status: UserStatus) -> bool {
        match self {
            Self::Approve => matches!(status, UserStatus::Yes | UserStatus::No),
            Self::Review | Self::RequestInformation => status == UserStatus::Ok,
            Self::RequestInformationOptional => {
                matches!(status, UserStatus::Ok | UserStatus::Cancel)
            }
        }
    }

    pub(crate) fn asks_everyone(self) -> bool {
        matches!(self, Self::Approve | Self::Review)
    }
}

/// A step that gives users a task and waits until it is completed, by `bizproc.task.complete`.
///
/// Expressions find its outputs under its activity name: `Comments`, `LastApprover` (the user who answered last,
/// `user_4`), and the fields that were asked for.
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
    pub(super) name: Option<String>,
    pub(super) kind: TaskKind,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) users: Vec<u64>,
    pub(super) fields: Array,
    pub(super) approved: Vec<Step>,
    pub(super) rejected: Vec<Step>,
}

impl Task {
    /// A task of any kind for these users; its texts may have expressions.
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

    /// Its activity name; one like `A51601_82584_96831_81132` unless given.
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

    /// A field to fill: its id and its attributes, as those of a registered property, whose texts may have expressions.
    ///
    /// `bizproc.task.list` shows a `DEFAULT` as REST writes it: dates and moments as ATOM, files, which are internal ids
    /// here ([`Portal::create_file`](crate::Portal::create_file)), as links. `bizproc.task.complete` takes files as base64,
    /// as `["name", "<base64>"]`, or as the id of one on the Drive
    /// ([`Portal::create_drive_file`](crate::Portal::create_drive_file)); the output is an internal id.
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

/// What a user answered, as `STATUS` of `bizproc.task.complete` counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserStatus {
    Waiting,
    Yes,
    No,
    Ok,
    Cancel,
}

impl UserStatus {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        match value.to_text().as_str() {
            "1" => Some(Self::Yes),
            "2" => Some(Self::No),
            "3" => Some(Self::Ok),
            "4" => Some(Self::Cancel),
            _ => None,
        }
    }

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Yes => 1,
            Self::No => 2,
            Self::Ok => 3,
            Self::Cancel => 4,
        }
    }

    pub(crate) fn is_refusal(self) -> bool {
        matches!(self, Self::No | Self::Cancel)
    }
}

/// A task that was given.
#[derive(Debug, Clone)]
pub(crate) struct GivenTask {
    pub(crate) kind: TaskKind,
    pub(crate) activity_name: String,
    pub(crate) workflow_id: String,
    pub(crate) document_id: DocumentId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) fields: Array,
    pub(crate) modified: Timestamp,
    /// Each user, and what that user answered.
    pub(crate) users: Vec<(u64, UserStatus)>,
    /// What came of it.
    pub(crate) status: UserStatus,
}

/// The tasks of a portal by their ids.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    given: BTreeMap<u64, GivenTask>,
    /// The ids by workflow.
    of_workflow: HashMap<String, Vec<u64>>,
    /// Ids are not used again when a killed workflow takes its tasks along.
    last: u64,
}

impl Tasks {
    pub(crate) fn give(&mut self, task: GivenTask) -> u64 {
        self.last += 1;
        let of_workflow = self.of_workflow.entry(task.workflow_id.clone());
        of_workflow.or_default().push(self.last);
        self.given.insert(self.last, task);
        self.last
    }

    pub(crate) fn get(&self, id: u64) -> Option<&GivenTask> {
        self.given.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut GivenTask> {
        self.given.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &GivenTask)> {
        self.given.iter().map(|(id, task)| (*id, task))
    }

    /// Takes the open tasks of a workflow that ended away.
    pub(crate) fn close(&mut self, workflow_id: &str) {
        let Some(ids) = self.of_workflow.get_mut(workflow_id) else {
            return;
        };
        let given = &mut self.given;
        ids.retain(|id| {
            let task = given.get(id);
            let is_open = task.is_none_or(|task| task.status == UserStatus::Waiting);
            if is_open {
                given.remove(id);
            }
            !is_open
        });
    }

    /// Takes every task of a workflow away.
    pub(crate) fn delete(&mut self, workflow_id: &str) {
        for id in self.of_workflow.remove(workflow_id).unwrap_or_default() {
            self.given.remove(&id);
        }
    }
}
