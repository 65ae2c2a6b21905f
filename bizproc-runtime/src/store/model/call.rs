//! A call, and the states it goes through.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::head::CallHead;
#[cfg(feature = "server")]
use crate::envelope::Envelope;
#[cfg(feature = "server")]
use crate::form::Limits;
use crate::rest::EventToken;

/// A call as the portal sent it, after authentication.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCall {
    /// Everything but the properties.
    pub head: CallHead,
    /// The whole body, tokens included.
    pub body: Bytes,
}

impl NewCall {
    /// A call with this head and this body.
    #[must_use]
    pub fn new(head: CallHead, body: impl Into<Bytes>) -> Self {
        Self {
            head,
            body: body.into(),
        }
    }

    /// Reads what a head lacks from the body, which was read when the call was accepted; one that
    /// is no call has nothing more to say.
    #[cfg(feature = "server")]
    pub(crate) fn complete_head(&mut self, limits: &Limits) {
        if let Ok(envelope) = Envelope::from_body(&self.body, limits) {
            self.head.complete(envelope);
        }
    }
}

/// Without the body: it holds tokens, and what people typed.
impl fmt::Debug for NewCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewCall")
            .field("head", &self.head)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Whether a call was known when it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// The call is new and is stored.
    Accepted,
    /// The call is known and has nothing to send again; nothing changed.
    Duplicate,
    /// The call is known and its reply was delivered: the reply is sent once more, with the tokens
    /// that came now. The robot's code does not run again.
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

/// The state of a call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallState {
    /// The robot's code has yet to run, or is running.
    Accepted,
    /// The robot's code has ended and left a ticket: the reply comes later.
    Deferred,
    /// The reply is stored and has yet to be delivered.
    Replied(StoredReply),
    /// The reply was delivered. It is sent again later, because a portal may drop a reply that it
    /// has acknowledged.
    Delivered(StoredReply),
    /// Nothing is left to do.
    Completed(Completion),
    /// A dead letter: a person must look. [`Store::retry_dead`](crate::store::Store::retry_dead)
    /// retries it.
    Dead {
        /// Why it was abandoned.
        reason: String,
        /// The reply that could not be sent, if there is one.
        reply: Option<StoredReply>,
    },
}

impl CallState {
    /// The stage of this state.
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

/// A [`CallState`] without its data.
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

impl CallStage {
    /// All stages, in the order in which a call goes through them. Databases store the index.
    pub const ALL: [Self; 6] = [
        Self::Accepted,
        Self::Deferred,
        Self::Replied,
        Self::Delivered,
        Self::Completed,
        Self::Dead,
    ];

    /// Its name in logs, metrics and on the operator's page.
    ///
    /// ```
    /// use bizproc_runtime::store::CallStage;
    ///
    /// assert_eq!(CallStage::Replied.name(), "replied");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Replied => "replied",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Dead => "dead",
        }
    }

    /// Whether no portal has acknowledged a reply yet, and one may still.
    pub(in crate::store) fn is_open(self) -> bool {
        matches!(self, Self::Accepted | Self::Deferred | Self::Replied)
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// The reply was delivered.
    Delivered,
    /// A send ended without a response, and on retry the workflow no longer existed: the first send
    /// is presumed to have been applied.
    PresumedDelivered,
    /// The step does not wait for a reply, so there was nothing to send.
    NoReplyExpected,
    /// The workflow or the step was gone before the reply came.
    WorkflowGone,
    /// The step stopped waiting before the reply came.
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
    /// assert_eq!(Completion::WorkflowGone.name(), "workflow_gone");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::PresumedDelivered => "presumed_delivered",
            Self::NoReplyExpected => "no_reply_expected",
            Self::WorkflowGone => "workflow_gone",
            Self::Expired => "expired",
            Self::Uninstalled => "uninstalled",
        }
    }
}

/// A call and its state, for people.
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
    /// The state of the call.
    pub state: CallState,
    /// When the call was accepted.
    pub accepted_at: SystemTime,
    /// When the step stops waiting; `None` when it waits without a limit.
    pub deadline: Option<SystemTime>,
    /// The earliest time of the next attempt; `None` if the call can be claimed now, or never.
    pub next_attempt_at: Option<SystemTime>,
    /// How often a run of the robot's code was started.
    pub runs: u32,
    /// How often the reply was sent.
    pub sends: u32,
}
