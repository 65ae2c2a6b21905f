//! Work that a process has claimed from the store for a time.

use std::time::SystemTime;

use super::call::{Completion, NewCall, StoredReply};
use super::head::CallHead;
use crate::rest::EventToken;

/// The right to work on a call until the lease ends.
///
/// The fencing number grows with every claim and with the end of every lease: a process with an
/// older number has lost the call and changes nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The call.
    pub event_token: EventToken,
    /// The fencing number.
    pub fence: u64,
}

/// How many calls of one robot may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunQuota<'a> {
    /// The robot.
    pub code: &'a str,
    /// The most runs that can be started now.
    pub max: usize,
}

/// A call whose robot's code is to run.
#[derive(Debug, Clone)]
pub struct CallToRun {
    /// The call as it came.
    pub call: NewCall,
    /// The right to run it.
    pub claim: Claim,
    /// How often a run was started, this time included. More than the failures say: a program that
    /// ends in the middle of a run reports none.
    pub runs_started: u32,
    /// How many runs failed before.
    pub failures: u32,
}

/// A reply that is to be sent.
#[derive(Debug, Clone)]
pub struct ReplyToSend {
    /// Everything of the call but its properties.
    pub head: CallHead,
    /// What the workflow gets.
    pub reply: StoredReply,
    /// The right to send it.
    pub claim: Claim,
    /// What earlier sends have shown.
    pub history: SendHistory,
}

/// What the sends of a reply have shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendHistory {
    /// How many there were.
    pub attempts: u32,
    /// When the first one was made.
    pub first_attempt_at: Option<SystemTime>,
    /// Whether one of them may have been applied although it failed.
    pub ambiguous: bool,
    /// How often the reply was delivered.
    pub delivered: u32,
}

/// What happens to a claimed call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Transition {
    /// The robot's code failed and runs again at this time.
    RetryRun(SystemTime),
    /// The reply comes later, by a ticket.
    Defer,
    /// The run made this reply.
    Reply(StoredReply),
    /// The reply was not delivered and is sent again at this time.
    RetrySend(SystemTime, SendHistory),
    /// The reply was delivered and is sent again at this time.
    Redeliver(SystemTime, SendHistory),
    /// Nothing is left to do.
    Complete(Completion),
    /// A person must look, for this reason.
    DeadLetter(String),
}
