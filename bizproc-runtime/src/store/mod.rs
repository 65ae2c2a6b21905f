//! Where calls and portals are kept: [`Store`], and [`Memory`] for programs that may forget.
//!
//! One record is one call and its whole life. The event token is its key: the same call twice is
//! one record.

mod memory;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use memory::Memory;

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;

/// A call as it came, proven to come from its portal.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The key of the call.
    pub event_token: EventToken,
    /// The portal that called.
    pub member_id: String,
    /// The robot that was called.
    pub code: String,
    /// The whole body, tokens included.
    pub body: Vec<u8>,
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
    /// Given up, for this reason; a person must look.
    Dead(String),
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
}

/// Whether a call was already known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// The call is new, and kept.
    New,
    /// The same call came before; nothing changed.
    Duplicate,
}

/// What a worker takes from the store.
#[derive(Debug, Clone)]
pub struct Work {
    /// The call as it came.
    pub call: NewCall,
    /// The answer, for the sender.
    pub answer: Answer,
}

/// A call and where it stands, for people.
#[derive(Debug, Clone)]
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
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps a call, unless its event token is known.
    async fn accept(&self, call: NewCall) -> Result<Acceptance>;

    /// Waits for an accepted call and marks it running.
    async fn next_to_run(&self) -> Result<Work>;

    /// Waits for an answered call and marks it being sent.
    async fn next_to_send(&self) -> Result<Work>;

    /// Keeps the answer of a call that has none yet; the first one wins. Returns whether it was
    /// this one.
    async fn answer(&self, token: &EventToken, answer: Answer) -> Result<bool>;

    /// Ends a call.
    async fn settle(&self, token: &EventToken, settlement: Settlement) -> Result<()>;

    /// Gives a call up, with the reason for the operator.
    async fn bury(&self, token: &EventToken, reason: String) -> Result<()>;

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
