//! The head of a call.

use std::fmt;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use crate::envelope::{Document, Envelope};
use crate::rest::EventToken;

/// Everything of a call but its properties: what a store keeps beside the body.
///
/// It is read from the body once, when the call is accepted. A reply is sent without the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct CallHead {
    /// The key of the call.
    pub event_token: EventToken,
    /// The portal that called.
    pub member_id: String,
    /// The robot that was called.
    pub code: String,
    /// Whether the step waits for a reply.
    pub expects_reply: bool,
    /// When the portal queued the call; when it came, if the portal did not say.
    pub called_at: SystemTime,
    /// When the step stops waiting; `None` when it waits without a limit.
    pub deadline: Option<SystemTime>,
    /// The running workflow.
    pub workflow_id: String,
    /// The document that the workflow runs on.
    pub document: Option<Document>,
    /// The token that came with the call; missing when the portal knew no user for it.
    pub access_token: Option<SecretString>,
}

impl CallHead {
    /// The head of a call that came just now and waits for its reply without a limit.
    #[must_use]
    pub fn new(event_token: EventToken, member_id: String, code: String) -> Self {
        Self {
            event_token,
            member_id,
            code,
            expects_reply: true,
            called_at: SystemTime::now(),
            deadline: None,
            workflow_id: String::new(),
            document: None,
            access_token: None,
        }
    }

    /// Completes a head that was stored without what the call says of itself.
    #[cfg(any(feature = "server", feature = "sqlite", feature = "postgres"))]
    pub(crate) fn complete(&mut self, envelope: Envelope) {
        self.workflow_id = envelope.workflow_id;
        self.document = envelope.document;
        self.access_token = envelope.auth.access_token;
    }

    /// Whether the step has stopped waiting.
    #[cfg(feature = "server")]
    pub(crate) fn is_late(&self, now: SystemTime) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

impl From<Envelope> for CallHead {
    fn from(envelope: Envelope) -> Self {
        let deadline = envelope.deadline();
        let called_at = envelope.queued_at.unwrap_or_else(SystemTime::now);
        Self {
            event_token: envelope.event_token,
            member_id: envelope.auth.member_id,
            code: envelope.code,
            expects_reply: envelope.expects_reply,
            called_at,
            deadline,
            workflow_id: envelope.workflow_id,
            document: envelope.document,
            access_token: envelope.auth.access_token,
        }
    }
}

impl PartialEq for CallHead {
    fn eq(&self, other: &Self) -> bool {
        let token = |head: &Self| {
            let token = head.access_token.as_ref()?;
            Some(token.expose_secret().to_owned())
        };
        self.event_token == other.event_token
            && self.member_id == other.member_id
            && self.code == other.code
            && self.expects_reply == other.expects_reply
            && self.called_at == other.called_at
            && self.deadline == other.deadline
            && self.workflow_id == other.workflow_id
            && self.document == other.document
            && token(self) == token(other)
    }
}

impl Eq for CallHead {}

impl fmt::Debug for CallHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallHead")
            .field("event_token", &self.event_token)
            .field("member_id", &self.member_id)
            .field("code", &self.code)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
