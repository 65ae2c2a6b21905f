//! Where calls and portals are kept: [`Store`], and [`Memory`] for programs that may forget.
//!
//! One record is one call and its whole life. The event token is its key: the same call twice is
//! one record.

mod memory;

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use memory::Memory;

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;

/// A call as it came, proven to come from its portal.
#[derive(Clone)]
#[non_exhaustive]
pub struct NewCall {
    /// The key of the call.
    pub event_token: EventToken,
    /// The portal that called.
    pub member_id: String,
    /// The robot that was called.
    pub code: String,
    /// Whether the step waits for an answer.
    pub waits: bool,
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
            waits: true,
            called_at,
            deadline: None,
            body,
        }
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

/// What the workflow gets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The return values by id, as `bizproc.event.send` takes them.
    pub return_values: Map<String, Value>,
    /// The line for the workflow's log.
    pub log_message: Option<String>,
}

/// Where a call stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// Kept; the robot's code has yet to run.
    Accepted,
    /// A worker runs the robot's code.
    Running,
    /// The answer is there and has yet to be sent.
    Answered(Answer),
    /// The sender sends the answer.
    Sending(Answer),
    /// Nothing is left to do.
    Settled(Settlement),
    /// Given up; a person must look. [`Store::revive`] has it tried again.
    Dead {
        /// Why.
        reason: String,
        /// The answer, when there is one that could not be sent.
        answer: Option<Answer>,
    },
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The portal took the answer.
    Sent,
    /// The step does not wait, so there was nothing to send.
    NotWaiting,
    /// The workflow or the step was gone before the answer came.
    Gone,
    /// The step stopped waiting before the answer came.
    TooLate,
}

/// Whether a call was already known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// The call is new, and kept.
    New,
    /// The same call came before; nothing changed.
    Duplicate,
}

/// A call whose answer is to be sent.
#[derive(Debug, Clone)]
pub struct AnsweredCall {
    /// The call as it came.
    pub call: NewCall,
    /// What the workflow gets.
    pub answer: Answer,
}

/// A call and where it stands, for people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Record {
    /// The key of the call.
    pub event_token: EventToken,
    /// The portal that called.
    pub member_id: String,
    /// The robot that was called.
    pub code: String,
    /// Where the call stands.
    pub state: State,
}

/// Keeps calls and portals.
///
/// What a method has returned from is kept: a durable store answers only after its commit.
/// Implement it with [`async_trait`](https://docs.rs/async-trait).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps a call, unless its event token is known.
    async fn accept(&self, call: NewCall) -> Result<Acceptance>;

    /// Waits for an accepted call and marks it running.
    async fn next_to_run(&self) -> Result<NewCall>;

    /// Waits for an answered call and marks it being sent.
    async fn next_to_send(&self) -> Result<AnsweredCall>;

    /// Keeps the answer of a call that has none yet; the first one wins. Returns whether it was
    /// this one.
    async fn answer(&self, token: &EventToken, answer: Answer) -> Result<bool>;

    /// Ends a call.
    async fn settle(&self, token: &EventToken, settlement: Settlement) -> Result<()>;

    /// Gives a call up, with the reason for the operator. Its body and its answer stay.
    async fn bury(&self, token: &EventToken, reason: String) -> Result<()>;

    /// Takes a dead call back: to be sent when it has an answer, else to be run. Returns whether
    /// it was dead.
    async fn revive(&self, token: &EventToken) -> Result<bool>;

    /// One call.
    async fn record(&self, token: &EventToken) -> Result<Option<Record>>;

    /// All calls that are kept, in the order they came.
    async fn records(&self) -> Result<Vec<Record>>;

    /// Keeps a portal, replacing what was known of it.
    async fn save_portal(&self, portal: Portal) -> Result<()>;

    /// The portal with this member id.
    async fn portal(&self, member_id: &str) -> Result<Option<Portal>>;

    /// All portals.
    async fn portals(&self) -> Result<Vec<Portal>>;

    /// Forgets a portal.
    async fn remove_portal(&self, member_id: &str) -> Result<()>;
}
