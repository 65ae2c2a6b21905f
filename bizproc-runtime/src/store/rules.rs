//! The rules by which a call changes, and what every store keeps of a call for them.
//!
//! The body and the reply are not here: a store keeps them beside the entry, and touches them only
//! when a rule says so.

use std::time::SystemTime;

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::rest::EventToken;
use crate::store::model::{
    CallHead, CallRecord, CallStage, CallState, CallToRun, Claim, Completion, NewCall, ReplyToSend,
    SendHistory, StoredReply, Transition,
};
use crate::store::notifier::Notification;

/// How many bits of a fencing number count the claims of one call; those above are the call's
/// number. So a call that was purged and comes again starts above its former claims.
const FENCE_BITS: u32 = 20;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its place in the order in which calls came.
    pub(super) number: u64,
    /// A database reads only what is in its columns.
    pub(super) head: CallHead,
    pub(super) accepted_at: SystemTime,
    pub(super) stage: CallStage,
    /// Whether a reply is stored.
    pub(super) has_reply: bool,
    /// How it ended, at [`CallStage::Completed`].
    pub(super) completion: Option<Completion>,
    /// Why it was abandoned, at [`CallStage::Dead`].
    pub(super) reason: Option<String>,
    /// Until when it cannot be claimed: the end of a pause or of a lease.
    pub(super) due: Option<SystemTime>,
    pub(super) is_claimed: bool,
    /// How often it was claimed or released.
    pub(super) fence: u64,
    pub(super) runs_started: u32,
    pub(super) failures: u32,
    pub(super) history: SendHistory,
    pub(super) completed_at: Option<SystemTime>,
}

/// How an attempt to finish a claim ended.
#[derive(Debug)]
pub(super) enum Finished {
    /// The call has changed.
    Done,
    /// Nothing has changed: the claim was lost.
    ClaimLost,
    /// Nothing has changed: the claim is not of the kind that ends so.
    WrongKind(Error),
}

impl Finished {
    /// As [`Store::finish`](crate::store::Store::finish) returns it.
    pub(super) fn into_result(self) -> Result<bool> {
        match self {
            Self::Done => Ok(true),
            Self::ClaimLost => Ok(false),
            Self::WrongKind(error) => Err(error),
        }
    }
}

impl Entry {
    pub(super) fn new(number: u64, head: CallHead, now: SystemTime) -> Self {
        Self {
            number,
            head,
            accepted_at: now,
            stage: CallStage::Accepted,
            has_reply: false,
            completion: None,
            reason: None,
            due: None,
            is_claimed: false,
            fence: 0,
            runs_started: 0,
            failures: 0,
            history: SendHistory::default(),
            completed_at: None,
        }
    }

    /// Whether head and body are still needed: a completed call has neither.
    pub(super) fn needs_body(&self) -> bool {
        self.stage != CallStage::Completed
    }

    pub(super) fn is_claimed_by(&self, claim: &Claim) -> bool {
        self.is_claimed && self.fencing_number() == claim.fence
    }

    fn fencing_number(&self) -> u64 {
        self.number
            .wrapping_shl(FENCE_BITS)
            .wrapping_add(self.fence)
    }

    pub(super) fn claim_run(&mut self, lease: SystemTime) {
        self.runs_started = self.runs_started.saturating_add(1);
        self.claim(lease);
    }

    pub(super) fn claim(&mut self, lease: SystemTime) {
        self.fence += 1;
        self.is_claimed = true;
        self.due = Some(lease);
    }

    /// Ends the claim, whose holder has lost the call then.
    pub(super) fn release(&mut self) {
        self.fence += 1;
        self.is_claimed = false;
        self.due = None;
    }

    /// Accepts the call once more; `true` if its reply is to be sent again, with the new tokens.
    /// Another portal that knows the event token changes nothing.
    pub(super) fn redeliver(&mut self, member_id: &str) -> bool {
        if self.completion != Some(Completion::Delivered)
            || !self.has_reply
            || self.head.member_id != member_id
        {
            return false;
        }
        self.stage = CallStage::Delivered;
        self.completion = None;
        self.completed_at = None;
        self.release();
        true
    }

    /// Stores a reply, unless there is one; `true` if it is this one.
    pub(super) fn reply(&mut self, now: SystemTime) -> bool {
        if !matches!(self.stage, CallStage::Accepted | CallStage::Deferred) {
            return false;
        }
        self.release();
        self.stage = CallStage::Replied;
        self.has_reply = true;
        if !self.head.expects_reply {
            self.complete(Completion::NoReplyExpected, now);
        }
        true
    }

    pub(super) fn finish(
        &mut self,
        claim: &Claim,
        transition: &Transition,
        now: SystemTime,
    ) -> Finished {
        if !self.is_claimed_by(claim) {
            return Finished::ClaimLost;
        }
        if let Err(error) = self.allows(transition) {
            return Finished::WrongKind(error);
        }
        self.apply(transition, now);
        Finished::Done
    }

    fn apply(&mut self, transition: &Transition, now: SystemTime) {
        self.release();
        match transition {
            Transition::RetryRun(at) => {
                self.failures = self.failures.saturating_add(1);
                self.due = Some(*at);
            }
            Transition::Defer => {
                self.stage = CallStage::Deferred;
                self.due = self.head.deadline;
            }
            Transition::Reply(_) => {
                self.reply(now);
            }
            Transition::RetrySend(at, history) => {
                self.history = history.clone();
                self.due = Some(*at);
            }
            Transition::Redeliver(at, history) => {
                self.stage = CallStage::Delivered;
                self.history = history.clone();
                self.due = Some(*at);
            }
            Transition::Complete(completion) => self.complete(*completion, now),
            Transition::DeadLetter(reason) => {
                self.stage = CallStage::Dead;
                self.reason = Some(reason.clone());
            }
        }
    }

    /// Whether the claim may end so: a run does not end as a send, nor a send as a run.
    fn allows(&self, transition: &Transition) -> Result<()> {
        let wanted = match transition {
            Transition::RetryRun(_) | Transition::Defer | Transition::Reply(_) => "run",
            Transition::RetrySend(..) | Transition::Redeliver(..) => "sent",
            Transition::Complete(_) | Transition::DeadLetter(_) => return Ok(()),
        };
        let claimed = match self.stage {
            CallStage::Accepted => "run",
            _ => "sent",
        };
        if wanted == claimed {
            return Ok(());
        }
        let token = &self.head.event_token;
        Err(Error::new(
            ErrorKind::Store,
            format!(
                "{token:?} was claimed to be {claimed}, and is finished as if to be {wanted}: \
                 a run ends with `RetryRun`, `Defer` or `Reply`, a send with `RetrySend` or \
                 `Redeliver`, both with `Complete` or `DeadLetter`"
            ),
        ))
    }

    /// Completes the call. Only a delivered reply can be sent again, so no other is kept.
    pub(super) fn complete(&mut self, completion: Completion, now: SystemTime) {
        self.release();
        self.stage = CallStage::Completed;
        self.has_reply = self.has_reply && completion == Completion::Delivered;
        self.completion = Some(completion);
        self.reason = None;
        self.completed_at = Some(now);
    }

    /// Retries a dead letter; `false` if the call is none.
    pub(super) fn retry_dead(&mut self) -> bool {
        if self.stage != CallStage::Dead {
            return false;
        }
        self.stage = if self.has_reply {
            CallStage::Replied
        } else {
            CallStage::Accepted
        };
        self.reason = None;
        self.runs_started = 0;
        self.failures = 0;
        self.history = SendHistory::default();
        true
    }

    /// Ends the pause or the lease, or the wait of a deferred call.
    pub(super) fn release_due(&mut self, now: SystemTime) {
        if self.stage == CallStage::Deferred {
            self.complete(Completion::Expired, now);
        } else {
            self.release();
        }
    }

    /// What can be done with the call now, or when.
    pub(super) fn notification(&self) -> Option<Notification> {
        match (self.due, self.stage) {
            (Some(due), _) => Some(Notification::Due(due)),
            (None, CallStage::Accepted) => Some(Notification::Runnable),
            (None, CallStage::Replied | CallStage::Delivered) => {
                Some(Notification::Sendable(self.head.member_id.clone()))
            }
            (None, CallStage::Deferred | CallStage::Completed | CallStage::Dead) => None,
        }
    }

    fn own_claim(&self) -> Claim {
        Claim {
            event_token: self.head.event_token.clone(),
            fence: self.fencing_number(),
        }
    }

    pub(super) fn to_run(&self, body: Bytes) -> CallToRun {
        CallToRun {
            call: NewCall::new(self.head.clone(), body),
            claim: self.own_claim(),
            runs_started: self.runs_started,
            failures: self.failures,
        }
    }

    pub(super) fn to_send(&self, reply: StoredReply) -> ReplyToSend {
        ReplyToSend {
            head: self.head.clone(),
            reply,
            claim: self.own_claim(),
            history: self.history.clone(),
        }
    }

    fn state(&self, reply: Option<StoredReply>) -> CallState {
        match self.stage {
            CallStage::Accepted => CallState::Accepted,
            CallStage::Deferred => CallState::Deferred,
            CallStage::Replied => CallState::Replied(reply.unwrap_or_default()),
            CallStage::Delivered => CallState::Delivered(reply.unwrap_or_default()),
            CallStage::Completed => {
                CallState::Completed(self.completion.unwrap_or(Completion::WorkflowGone))
            }
            CallStage::Dead => CallState::Dead {
                reason: self.reason.clone().unwrap_or_default(),
                reply,
            },
        }
    }

    pub(super) fn record(&self, reply: Option<StoredReply>) -> CallRecord {
        CallRecord {
            number: self.number,
            event_token: self.head.event_token.clone(),
            member_id: self.head.member_id.clone(),
            code: self.head.code.clone(),
            state: self.state(reply),
            accepted_at: self.accepted_at,
            deadline: self.head.deadline,
            next_attempt_at: self.due,
            runs: self.runs_started,
            sends: self.history.attempts,
        }
    }
}

/// The error for a token that is not stored.
pub(super) fn unknown(token: &EventToken) -> Error {
    let message =
        format!("no call with {token:?} is stored: it was completed and purged, or never accepted");
    Error::new(ErrorKind::UnknownCall, message)
}
