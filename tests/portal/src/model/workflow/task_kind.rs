//! What users are asked for, and what they answer.

use crate::rules::php::Value;

/// The kind of a task: what users are asked for.
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
