//! Work that a process has taken from the store, for a time.

use std::time::SystemTime;

use super::{Completion, NewCall, StoredReply};
use crate::rest::EventToken;

/// The right to go on with a call until the lease ends.
///
/// The fencing number grows whenever somebody takes the call, and when a lease ends: who has an
/// older number has lost the call and changes nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The call.
    pub event_token: EventToken,
    /// The fencing number.
    pub fence: u64,
}

/// How many calls of one robot are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunQuota<'a> {
    /// The robot.
    pub code: &'a str,
    /// The most that can be begun now.
    pub max: usize,
}

/// A call whose robot's code is to run.
#[derive(Debug, Clone)]
pub struct CallToRun {
    /// The call as it came.
    pub call: NewCall,
    /// The right to run it.
    pub claim: Claim,
    /// How often the code was begun, this time included. More than the failures say: a program
    /// that ends in the middle reports none.
    pub runs_started: u32,
    /// How often it failed before.
    pub failures: u32,
}

/// A call whose answer is to be sent.
#[derive(Debug, Clone)]
pub struct ReplyToSend {
    /// The call as it came.
    pub call: NewCall,
    /// What the workflow gets.
    pub reply: StoredReply,
    /// The right to send it.
    pub claim: Claim,
    /// What the attempts before have shown.
    pub history: SendHistory,
}

/// What attempts to send an answer have shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendHistory {
    /// How many there were.
    pub attempts: u32,
    /// When the first one was made.
    pub first_attempt_at: Option<SystemTime>,
    /// Whether one of them may have been executed although it failed.
    pub ambiguous: bool,
    /// How often the portal took the answer.
    pub delivered: u32,
}

/// What becomes of a claimed call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Transition {
    /// The robot's code failed, and runs again then.
    RetryRun(SystemTime),
    /// The answer comes later, by a ticket.
    Defer,
    /// This is the answer.
    Reply(StoredReply),
    /// The answer is sent again then.
    RetrySend(SystemTime, SendHistory),
    /// The portal took the answer, which is said again then.
    Redeliver(SystemTime, SendHistory),
    /// Nothing is left to do.
    Complete(Completion),
    /// A person must look, for this reason.
    DeadLetter(String),
}
