//! What every store keeps of a call, and the rules by which it changes.
//!
//! The body and the answer are not here: a store keeps them beside, and touches them only when a
//! rule says so.

use std::time::SystemTime;

use super::notifier::Sign;
use super::{
    CallRecord, CallStage, CallState, CallToRun, Claim, Completion, NewCall, ReplyToSend,
    SendHistory, StoredReply, Transition,
};
use crate::error::{Error, ErrorKind, Result};
use crate::rest::EventToken;

/// How many bits of a claim's fencing number count the claims of one call; those above are the
/// call's number. So a call that was forgotten and comes again begins above its former claims.
const FENCE_BITS: u32 = 20;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its place in the order in which calls came.
    pub(super) number: u64,
    pub(super) event_token: EventToken,
    pub(super) member_id: String,
    pub(super) code: String,
    pub(super) waits: bool,
    pub(super) called_at: SystemTime,
    pub(super) deadline: Option<SystemTime>,
    pub(super) accepted_at: SystemTime,
    pub(super) stage: CallStage,
    /// Whether an answer is kept.
    pub(super) has_answer: bool,
    /// How it was settled, at [`CallStage::Completed`].
    pub(super) settlement: Option<Completion>,
    /// Why it was given up, at [`CallStage::Dead`].
    pub(super) reason: Option<String>,
    /// Until when nobody can claim it: a pause, or the lease of whoever has.
    pub(super) due: Option<SystemTime>,
    pub(super) is_claimed: bool,
    /// How often it was claimed or freed.
    pub(super) fence: u64,
    pub(super) starts: u32,
    pub(super) failures: u32,
    pub(super) sending: SendHistory,
    pub(super) settled_at: Option<SystemTime>,
}

impl Entry {
    pub(super) fn new(number: u64, call: &NewCall, now: SystemTime) -> Self {
        Self {
            number,
            event_token: call.event_token.clone(),
            member_id: call.member_id.clone(),
            code: call.code.clone(),
            waits: call.expects_reply,
            called_at: call.called_at,
            deadline: call.deadline,
            accepted_at: now,
            stage: CallStage::Accepted,
            has_answer: false,
            settlement: None,
            reason: None,
            due: None,
            is_claimed: false,
            fence: 0,
            starts: 0,
            failures: 0,
            sending: SendHistory::default(),
            settled_at: None,
        }
    }

    /// Whether the body is still needed. What is settled is rid of it.
    pub(super) fn needs_body(&self) -> bool {
        self.stage != CallStage::Completed
    }

    pub(super) fn is_claimed_by(&self, claim: &Claim) -> bool {
        self.is_claimed && self.own_fence() == claim.fence
    }

    fn own_fence(&self) -> u64 {
        self.number
            .wrapping_shl(FENCE_BITS)
            .wrapping_add(self.fence)
    }

    /// Claims it to be run.
    pub(super) fn start(&mut self, lease: SystemTime) {
        self.starts = self.starts.saturating_add(1);
        self.claim(lease);
    }

    pub(super) fn claim(&mut self, lease: SystemTime) {
        self.fence += 1;
        self.is_claimed = true;
        self.due = Some(lease);
    }

    /// Takes the claim away: whoever has it, has lost it.
    pub(super) fn release(&mut self) {
        self.fence += 1;
        self.is_claimed = false;
        self.due = None;
    }

    /// Another delivery of this call; `true` if its answer is to be said again, with the new body.
    /// Another portal that knows the event token changes nothing.
    pub(super) fn repeat(&mut self, member_id: &str) -> bool {
        if self.settlement != Some(Completion::Delivered)
            || !self.has_answer
            || self.member_id != member_id
        {
            return false;
        }
        self.stage = CallStage::Delivered;
        self.settlement = None;
        self.settled_at = None;
        self.release();
        true
    }

    /// The first answer wins; `true` if it is this one.
    pub(super) fn give(&mut self, now: SystemTime) -> bool {
        if !matches!(self.stage, CallStage::Accepted | CallStage::Deferred) {
            return false;
        }
        self.release();
        self.stage = CallStage::Replied;
        self.has_answer = true;
        if !self.waits {
            self.settle(Completion::NoReplyExpected, now);
        }
        true
    }

    pub(super) fn finish(&mut self, next: &Transition, now: SystemTime) -> Result<()> {
        self.allows(next)?;
        self.release();
        match next {
            Transition::RetryRun(at) => {
                self.failures = self.failures.saturating_add(1);
                self.due = Some(*at);
            }
            Transition::Defer => {
                self.stage = CallStage::Deferred;
                self.due = self.deadline;
            }
            Transition::Reply(_) => {
                self.give(now);
            }
            Transition::RetrySend(at, sending) => {
                self.sending = sending.clone();
                self.due = Some(*at);
            }
            Transition::Redeliver(at, sending) => {
                self.stage = CallStage::Delivered;
                self.sending = sending.clone();
                self.due = Some(*at);
            }
            Transition::Complete(settlement) => self.settle(*settlement, now),
            Transition::DeadLetter(reason) => {
                self.stage = CallStage::Dead;
                self.reason = Some(reason.clone());
            }
        }
        Ok(())
    }

    /// What was claimed to be run is not sent again, and the other way round.
    fn allows(&self, next: &Transition) -> Result<()> {
        let wanted = match next {
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
        let token = &self.event_token;
        Err(Error::new(
            ErrorKind::Store,
            format!(
                "{token:?} was claimed to be {claimed}, and is finished as if to be {wanted}: \
                 a run ends with `RunAgain`, `Defer` or `StoredReply`, an attempt to send with \
                 `SendAgain` or `SayAgain`, both with `Settle` or `Bury`"
            ),
        ))
    }

    /// Only an answer that was sent can be said again, so no other is kept.
    pub(super) fn settle(&mut self, settlement: Completion, now: SystemTime) {
        self.release();
        self.stage = CallStage::Completed;
        self.has_answer = self.has_answer && settlement == Completion::Delivered;
        self.settlement = Some(settlement);
        self.reason = None;
        self.settled_at = Some(now);
    }

    pub(super) fn retry_dead(&mut self) -> bool {
        if self.stage != CallStage::Dead {
            return false;
        }
        self.stage = if self.has_answer {
            CallStage::Replied
        } else {
            CallStage::Accepted
        };
        self.reason = None;
        (self.starts, self.failures) = (0, 0);
        self.sending = SendHistory::default();
        true
    }

    /// Its time has come.
    pub(super) fn wake(&mut self, now: SystemTime) {
        if self.stage == CallStage::Deferred {
            self.settle(Completion::Expired, now);
        } else {
            self.release();
        }
    }

    /// Says what can be done with it now, or when.
    pub(super) fn sign(&self) -> Option<Sign> {
        match (self.due, self.stage) {
            (Some(due), _) => Some(Sign::Due(due)),
            (None, CallStage::Accepted) => Some(Sign::Run),
            (None, CallStage::Replied | CallStage::Delivered) => {
                Some(Sign::Send(self.member_id.clone()))
            }
            (None, CallStage::Deferred | CallStage::Completed | CallStage::Dead) => None,
        }
    }

    fn call(&self, body: Vec<u8>) -> NewCall {
        NewCall {
            event_token: self.event_token.clone(),
            member_id: self.member_id.clone(),
            code: self.code.clone(),
            expects_reply: self.waits,
            called_at: self.called_at,
            deadline: self.deadline,
            body,
        }
    }

    fn own_claim(&self) -> Claim {
        Claim {
            event_token: self.event_token.clone(),
            fence: self.own_fence(),
        }
    }

    pub(super) fn to_run(&self, body: Vec<u8>) -> CallToRun {
        CallToRun {
            call: self.call(body),
            claim: self.own_claim(),
            runs_started: self.starts,
            failures: self.failures,
        }
    }

    pub(super) fn to_send(&self, body: Vec<u8>, answer: StoredReply) -> ReplyToSend {
        ReplyToSend {
            call: self.call(body),
            reply: answer,
            claim: self.own_claim(),
            history: self.sending.clone(),
        }
    }

    fn state(&self, answer: Option<StoredReply>) -> CallState {
        match self.stage {
            CallStage::Accepted => CallState::Accepted,
            CallStage::Deferred => CallState::Deferred,
            CallStage::Replied => CallState::Replied(answer.unwrap_or_default()),
            CallStage::Delivered => CallState::Delivered(answer.unwrap_or_default()),
            CallStage::Completed => {
                CallState::Completed(self.settlement.unwrap_or(Completion::WorkflowGone))
            }
            CallStage::Dead => CallState::Dead {
                reason: self.reason.clone().unwrap_or_default(),
                answer,
            },
        }
    }

    pub(super) fn record(&self, answer: Option<StoredReply>) -> CallRecord {
        CallRecord {
            number: self.number,
            event_token: self.event_token.clone(),
            member_id: self.member_id.clone(),
            code: self.code.clone(),
            state: self.state(answer),
            accepted_at: self.accepted_at,
            deadline: self.deadline,
            next_attempt_at: self.due,
            runs: self.starts,
            sends: self.sending.attempts,
        }
    }
}

/// No call with this token is kept.
pub(super) fn unknown(token: &EventToken) -> Error {
    let message = format!(
        "no call with {token:?} is kept: it is settled and forgotten, or was never accepted"
    );
    Error::new(ErrorKind::UnknownCall, message)
}
