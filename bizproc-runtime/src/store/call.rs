//! What is kept of a call.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rest::EventToken;

/// A call as it came, proven to come from its portal.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCall {
    /// The key of the call.
    pub event_token: EventToken,
    /// The portal that called.
    pub member_id: String,
    /// The robot that was called.
    pub code: String,
    /// Whether the step waits for an answer.
    pub expects_reply: bool,
    /// When the portal queued the call; when it came, if the portal did not say.
    pub called_at: SystemTime,
    /// When the step stops waiting; `None` when it waits for ever.
    pub deadline: Option<SystemTime>,
    /// The whole body, tokens included.
    pub body: Vec<u8>,
}

impl NewCall {
    /// A call that came just now and waits for ever.
    #[must_use]
    pub fn new(event_token: EventToken, member_id: String, code: String, body: Vec<u8>) -> Self {
        let called_at = SystemTime::now();
        Self {
            event_token,
            member_id,
            code,
            expects_reply: true,
            called_at,
            deadline: None,
            body,
        }
    }
}

#[cfg(feature = "server")]
impl NewCall {
    /// Whether the step has stopped waiting.
    pub(crate) fn is_late(&self, now: SystemTime) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// Without the body: it holds tokens, and what people typed.
impl fmt::Debug for NewCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewCall")
            .field("event_token", &self.event_token)
            .field("member_id", &self.member_id)
            .field("code", &self.code)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Whether a call was already known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// The call is new, and kept.
    Accepted,
    /// The same call came before and nothing of it can be said again; nothing changed.
    Duplicate,
    /// The same call came before and the portal took its answer, which is sent once more, with the
    /// tokens that came now. The robot's code does not run again.
    Redelivered,
}

/// What the workflow gets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredReply {
    /// The return values by id, as `bizproc.event.send` takes them.
    pub return_values: Map<String, Value>,
    /// The line for the workflow's log.
    pub log_message: Option<String>,
}

/// Where a call stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallState {
    /// Kept; the robot's code has yet to run, or runs.
    Accepted,
    /// The robot's code has ended and left a ticket: the answer comes later.
    Deferred,
    /// The answer is there and the portal has yet to take it.
    Replied(StoredReply),
    /// The portal took the answer. It is said again, because a portal takes answers that it then
    /// drops.
    Delivered(StoredReply),
    /// Nothing is left to do.
    Completed(Completion),
    /// Given up; a person must look. [`Store::retry_dead`](super::Store::retry_dead) has it tried again.
    Dead {
        /// Why.
        reason: String,
        /// The answer, when there is one that could not be sent.
        answer: Option<StoredReply>,
    },
}

impl CallState {
    /// The stage, without what belongs to it.
    #[must_use]
    pub fn stage(&self) -> CallStage {
        match self {
            Self::Accepted => CallStage::Accepted,
            Self::Deferred => CallStage::Deferred,
            Self::Replied(_) => CallStage::Replied,
            Self::Delivered(_) => CallStage::Delivered,
            Self::Completed(_) => CallStage::Completed,
            Self::Dead { .. } => CallStage::Dead,
        }
    }
}

/// A [`CallState`] without what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallStage {
    /// [`CallState::Accepted`].
    Accepted,
    /// [`CallState::Deferred`].
    Deferred,
    /// [`CallState::Replied`].
    Replied,
    /// [`CallState::Delivered`].
    Delivered,
    /// [`CallState::Completed`].
    Completed,
    /// [`CallState::Dead`].
    Dead,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// The portal took the answer.
    Delivered,
    /// The workflow was gone when the answer was said again after an attempt of which nobody
    /// knows how it ended: that attempt is taken to have gone through.
    PresumedDelivered,
    /// The step does not wait, so there was nothing to send.
    NoReplyExpected,
    /// The workflow or the step was gone before the answer came.
    WorkflowGone,
    /// The step stopped waiting before the answer came.
    Expired,
    /// The portal uninstalled the application.
    Uninstalled,
}

impl Completion {
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "postgres")),
        allow(dead_code, reason = "for stores that read names")
    )]
    pub(crate) const ALL: [Self; 6] = [
        Self::Delivered,
        Self::PresumedDelivered,
        Self::NoReplyExpected,
        Self::WorkflowGone,
        Self::Expired,
        Self::Uninstalled,
    ];

    /// Its name in stores, logs and metrics.
    ///
    /// ```
    /// use bizproc_runtime::store::Completion;
    ///
    /// assert_eq!(Completion::Expired.name(), "too_late");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "sent",
            Self::PresumedDelivered => "assumed",
            Self::NoReplyExpected => "not_waiting",
            Self::WorkflowGone => "gone",
            Self::Expired => "too_late",
            Self::Uninstalled => "uninstalled",
        }
    }
}

/// A call and where it stands, for people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallRecord {
    /// Its place in the order in which calls came.
    pub number: u64,
    /// The key of the call.
    pub event_token: EventToken,
    /// The portal that called.
    pub member_id: String,
    /// The robot that was called.
    pub code: String,
    /// Where the call stands.
    pub state: CallState,
    /// When it was accepted.
    pub accepted_at: SystemTime,
    /// When the step stops waiting; `None` when it waits for ever.
    pub deadline: Option<SystemTime>,
    /// When it is looked at next; `None` when it can be at once, or never.
    pub next_attempt_at: Option<SystemTime>,
    /// How often the robot's code was begun.
    pub runs: u32,
    /// How often the answer was sent.
    pub sends: u32,
}
