//! One call as the memory keeps it, and the rules by which it changes.

use std::time::SystemTime;

use super::super::{
    Answer, Claim, Filter, NewCall, Next, Record, Sending, Settlement, Stage, State,
};

/// A deadline, so that none comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    At(SystemTime),
    Never,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) call: NewCall,
    pub(super) state: State,
    pub(super) accepted_at: SystemTime,
    /// Until when nobody can claim it: a pause, or the lease of whoever has.
    pub(super) due: Option<SystemTime>,
    pub(super) is_claimed: bool,
    pub(super) fence: u64,
    pub(super) starts: u32,
    pub(super) failures: u32,
    pub(super) sending: Sending,
    pub(super) settled_at: Option<SystemTime>,
    /// What a settled call was answered with, to say it again.
    said: Option<Answer>,
}

impl Entry {
    pub(super) fn new(call: NewCall, now: SystemTime) -> Self {
        Self {
            call,
            state: State::Accepted,
            accepted_at: now,
            due: None,
            is_claimed: false,
            fence: 0,
            starts: 0,
            failures: 0,
            sending: Sending::default(),
            settled_at: None,
            said: None,
        }
    }

    /// What it is ordered by among those that can be claimed.
    pub(super) fn place(&self, number: u64) -> (Stage, Due, u64) {
        let deadline = self.call.deadline.map_or(Due::Never, Due::At);
        (self.state.stage(), deadline, number)
    }

    pub(super) fn answer(&self) -> Option<&Answer> {
        match &self.state {
            State::Answered(answer) | State::Taken(answer) => Some(answer),
            State::Dead { answer, .. } => answer.as_ref(),
            _ => None,
        }
    }

    pub(super) fn claim(&mut self, lease: SystemTime) -> Claim {
        self.fence += 1;
        self.is_claimed = true;
        self.due = Some(lease);
        Claim {
            event_token: self.call.event_token.clone(),
            fence: self.fence,
        }
    }

    /// Takes the claim away: whoever has it, has lost it.
    pub(super) fn release(&mut self) {
        self.fence += 1;
        self.is_claimed = false;
        self.due = None;
    }

    /// Another delivery of this call; `true` if its answer is to be said again.
    pub(super) fn repeat(&mut self, call: NewCall) -> bool {
        if self.state != State::Settled(Settlement::Sent) {
            return false;
        }
        let Some(answer) = self.said.take() else {
            return false;
        };
        self.call.body = call.body;
        self.state = State::Taken(answer);
        self.settled_at = None;
        self.release();
        true
    }

    /// The first answer wins.
    pub(super) fn give(&mut self, answer: Answer, now: SystemTime) -> bool {
        if !matches!(self.state, State::Accepted | State::Deferred) {
            return false;
        }
        self.release();
        self.state = State::Answered(answer);
        if !self.call.waits {
            self.settle(Settlement::NotWaiting, now);
        }
        true
    }

    pub(super) fn finish(&mut self, next: Next, now: SystemTime) {
        if let Next::Answer(answer) = next {
            self.give(answer, now);
            return;
        }
        self.release();
        match next {
            Next::RunAgain(at) => {
                self.failures += 1;
                self.due = Some(at);
            }
            Next::Defer => {
                self.state = State::Deferred;
                self.due = self.call.deadline;
            }
            Next::SendAgain(at, sending) => {
                self.sending = sending;
                self.due = Some(at);
            }
            Next::SayAgain(at, sending) => {
                self.sending = sending;
                self.due = Some(at);
                if let State::Answered(answer) = &self.state {
                    self.state = State::Taken(answer.clone());
                }
            }
            Next::Settle(settlement) => self.settle(settlement, now),
            Next::Bury(reason) => {
                let answer = self.answer().cloned();
                self.state = State::Dead { reason, answer };
            }
            Next::Answer(_) => {}
        }
    }

    pub(super) fn settle(&mut self, settlement: Settlement, now: SystemTime) {
        self.release();
        self.said = self.answer().cloned();
        self.call.body = Vec::new();
        self.state = State::Settled(settlement);
        self.settled_at = Some(now);
    }

    pub(super) fn revive(&mut self) -> bool {
        let State::Dead { answer, .. } = &mut self.state else {
            return false;
        };
        self.state = answer.take().map_or(State::Accepted, State::Answered);
        (self.starts, self.failures) = (0, 0);
        self.sending = Sending::default();
        true
    }

    /// Its time has come.
    pub(super) fn wake(&mut self, now: SystemTime) {
        if self.state == State::Deferred {
            self.settle(Settlement::TooLate, now);
        } else {
            self.release();
        }
    }

    pub(super) fn fits(&self, filter: &Filter) -> bool {
        let is = |wanted: &Option<String>, own: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted == own)
        };
        filter.stage.is_none_or(|stage| stage == self.state.stage())
            && is(&filter.member_id, &self.call.member_id)
            && is(&filter.code, &self.call.code)
    }

    pub(super) fn record(&self, number: u64) -> Record {
        Record {
            number,
            event_token: self.call.event_token.clone(),
            member_id: self.call.member_id.clone(),
            code: self.call.code.clone(),
            state: self.state.clone(),
            accepted_at: self.accepted_at,
            deadline: self.call.deadline,
            due: self.due,
            starts: self.starts,
            sends: self.sending.attempts,
        }
    }
}
