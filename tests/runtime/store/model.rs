//! A store as its documentation describes it, in the plainest way: a list that is searched.

use bizproc_runtime::store::{
    AcceptOutcome, CallCounts, CallHead, CallRecord, CallStage, CallState, CallToRun, Completion,
    NewCall, ReplyToSend, SendHistory, Transition,
};

use super::backends::{answer, at, token};

/// One call of the model. Times are seconds, answers their texts.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) member_id: String,
    pub(crate) code: String,
    pub(crate) waits: bool,
    pub(crate) deadline: Option<u64>,
    pub(crate) body: String,
    accepted_at: u64,
    stage: CallStage,
    answer: Option<String>,
    settlement: Option<Completion>,
    settled_at: u64,
    reason: String,
    due: Option<u64>,
    /// Which of the claims that were ever given has it.
    claim: Option<usize>,
    starts: u32,
    failures: u32,
    sending: SendHistory,
}

impl Call {
    pub(crate) fn new(name: &str, now: u64) -> Self {
        Self {
            name: name.to_owned(),
            member_id: String::new(),
            code: String::new(),
            waits: true,
            deadline: None,
            body: String::new(),
            accepted_at: now,
            stage: CallStage::Accepted,
            answer: None,
            settlement: None,
            settled_at: 0,
            reason: String::new(),
            due: None,
            claim: None,
            starts: 0,
            failures: 0,
            sending: SendHistory::default(),
        }
    }

    pub(crate) fn as_new(&self) -> NewCall {
        let (member_id, code) = (self.member_id.clone(), self.code.clone());
        let mut head = CallHead::new(token(&self.name), member_id, code);
        head.called_at = at(0);
        head.expects_reply = self.waits;
        head.deadline = self.deadline.map(at);
        head.access_token = Some(format!("token of {}", self.body).into());
        NewCall::new(head, self.body.clone())
    }

    fn free(&mut self) {
        (self.claim, self.due) = (None, None);
    }

    fn settle(&mut self, settlement: Completion, now: u64) {
        self.free();
        self.stage = CallStage::Completed;
        self.settlement = Some(settlement);
        self.settled_at = now;
    }

    fn give(&mut self, text: &str, now: u64) {
        self.free();
        self.stage = CallStage::Replied;
        self.answer = Some(text.to_owned());
        if !self.waits {
            self.settle(Completion::NoReplyExpected, now);
        }
    }

    fn state(&self) -> CallState {
        let said = self.answer.as_deref().map(answer);
        match self.stage {
            CallStage::Accepted => CallState::Accepted,
            CallStage::Deferred => CallState::Deferred,
            CallStage::Replied => CallState::Replied(said.unwrap()),
            CallStage::Delivered => CallState::Delivered(said.unwrap()),
            CallStage::Completed => CallState::Completed(self.settlement.unwrap()),
            CallStage::Dead => CallState::Dead {
                reason: self.reason.clone(),
                reply: said,
            },
        }
    }

    /// Whether a record says the same of this call.
    pub(crate) fn agrees(&self, record: &CallRecord) -> bool {
        record.event_token == token(&self.name)
            && record.member_id == self.member_id
            && record.code == self.code
            && record.state == self.state()
            && record.accepted_at == at(self.accepted_at)
            && record.deadline == self.deadline.map(at)
            && record.next_attempt_at == self.due.map(at)
            && record.runs == self.starts
            && record.sends == self.sending.attempts
    }

    pub(crate) fn agrees_to_run(&self, run: &CallToRun) -> bool {
        run.call == self.as_new()
            && run.runs_started == self.starts
            && run.failures == self.failures
    }

    pub(crate) fn agrees_to_send(&self, send: &ReplyToSend) -> bool {
        send.head == self.as_new().head
            && Some(&send.reply) == self.answer.as_deref().map(answer).as_ref()
            && send.history == self.sending
    }
}

/// The order in which calls are claimed.
fn order(call: &Call) -> (CallStage, bool, Option<u64>) {
    (call.stage, call.deadline.is_none(), call.deadline)
}

/// All calls, in the order in which they were accepted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) calls: Vec<Call>,
    /// How many claims were ever given.
    claims: usize,
}

impl Model {
    pub(crate) fn find(&mut self, name: &str) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.name == name)
    }

    fn claimed(&mut self, claim: usize) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.claim == Some(claim))
    }

    pub(crate) fn accept(&mut self, call: Call) -> AcceptOutcome {
        let Some(known) = self.find(&call.name) else {
            self.calls.push(call);
            return AcceptOutcome::Accepted;
        };
        let is_sent = known.settlement == Some(Completion::Delivered) && known.answer.is_some();
        if known.stage != CallStage::Completed || !is_sent {
            return AcceptOutcome::Duplicate;
        }
        known.stage = CallStage::Delivered;
        known.body = call.body;
        AcceptOutcome::Redelivered
    }

    fn ready(&self, fits: impl Fn(&Call) -> bool) -> Vec<usize> {
        let ready = self.calls.iter().enumerate();
        let ready = ready.filter(|(_, call)| call.due.is_none() && fits(call));
        let mut ready = ready.map(|(place, _)| place).collect::<Vec<_>>();
        ready.sort_by_key(|place| order(&self.calls[*place]));
        ready
    }

    /// The places of the calls that are claimed, in order.
    pub(crate) fn claim_runs(
        &mut self,
        slots: &[(String, usize)],
        total: usize,
        lease: u64,
    ) -> Vec<usize> {
        let mut all = Vec::new();
        for (code, at_most) in slots {
            let ready = self.ready(|call| call.stage == CallStage::Accepted && call.code == *code);
            all.extend(ready.into_iter().take(*at_most));
        }
        all.sort_by_key(|place| (order(&self.calls[*place]), *place));
        all.truncate(total);
        for place in &all {
            self.calls[*place].starts += 1;
        }
        self.claim(&all, lease);
        all
    }

    pub(crate) fn claim_replies(&mut self, member: &str, at_most: usize, lease: u64) -> Vec<usize> {
        let mut all = self.ready(|call| {
            matches!(call.stage, CallStage::Replied | CallStage::Delivered)
                && call.member_id == member
        });
        all.truncate(at_most);
        self.claim(&all, lease);
        all
    }

    fn claim(&mut self, places: &[usize], lease: u64) {
        for place in places {
            let call = &mut self.calls[*place];
            call.claim = Some(self.claims);
            call.due = Some(lease);
            self.claims += 1;
        }
    }

    /// `None` when no such call is kept.
    pub(crate) fn answer(&mut self, name: &str, text: &str, now: u64) -> Option<bool> {
        let call = self.find(name)?;
        let open = matches!(call.stage, CallStage::Accepted | CallStage::Deferred);
        if open {
            call.give(text, now);
        }
        Some(open)
    }

    /// `None` when the claim is of another kind; `text` is the answer's, if that is what comes
    /// next.
    pub(crate) fn finish(
        &mut self,
        claim: usize,
        next: &Transition,
        time: u64,
        text: &str,
        now: u64,
    ) -> Option<bool> {
        let Some(call) = self.claimed(claim) else {
            return Some(false);
        };
        let runs = call.stage == CallStage::Accepted;
        match (next, runs) {
            (Transition::RetryRun(_), true) => {
                call.free();
                call.failures += 1;
                call.due = Some(time);
            }
            (Transition::Defer, true) => {
                call.free();
                call.stage = CallStage::Deferred;
                call.due = call.deadline;
            }
            (Transition::Reply(_), true) => call.give(text, now),
            (Transition::RetrySend(_, sending) | Transition::Redeliver(_, sending), false) => {
                call.free();
                call.sending = sending.clone();
                call.due = Some(time);
                if matches!(next, Transition::Redeliver(..)) {
                    call.stage = CallStage::Delivered;
                }
            }
            (Transition::Complete(settlement), _) => call.settle(*settlement, now),
            (Transition::DeadLetter(reason), _) => {
                call.free();
                call.stage = CallStage::Dead;
                call.reason.clone_from(reason);
            }
            _ => return None,
        }
        Some(true)
    }

    pub(crate) fn extend(&mut self, claims: &[usize], lease: u64) {
        for claim in claims {
            if let Some(call) = self.claimed(*claim) {
                call.due = Some(lease);
            }
        }
    }

    pub(crate) fn release(&mut self, claims: &[usize]) {
        for claim in claims {
            if let Some(call) = self.claimed(*claim) {
                call.free();
            }
        }
    }

    /// What the end of a program does to the claims of a store that has only one.
    pub(crate) fn release_all(&mut self) {
        for call in &mut self.calls {
            if call.claim.is_some() {
                call.free();
            }
        }
    }

    pub(crate) fn retry_dead(&mut self, name: &str) -> Option<bool> {
        let call = self.find(name)?;
        let dead = call.stage == CallStage::Dead;
        if dead {
            call.stage = match call.answer {
                Some(_) => CallStage::Replied,
                None => CallStage::Accepted,
            };
            (call.starts, call.failures) = (0, 0);
            call.sending = SendHistory::default();
        }
        Some(dead)
    }

    pub(crate) fn wake(&mut self, now: u64) -> Option<u64> {
        for call in &mut self.calls {
            if call.due.is_some_and(|due| due <= now) {
                if call.stage == CallStage::Deferred {
                    call.settle(Completion::Expired, now);
                }
                call.free();
            }
        }
        self.calls.iter().filter_map(|call| call.due).min()
    }

    pub(crate) fn forget(&mut self, before: u64, at_most: usize) -> usize {
        let mut old = Vec::new();
        for call in &self.calls {
            if call.stage == CallStage::Completed && call.settled_at < before {
                old.push((call.settled_at, old.len(), call.name.clone()));
            }
        }
        old.sort_unstable();
        old.truncate(at_most);
        let old = old.into_iter().map(|(.., name)| name).collect::<Vec<_>>();
        self.calls.retain(|call| !old.contains(&call.name));
        old.len()
    }

    pub(crate) fn remove_portal(&mut self, member: &str, now: u64) {
        for call in &mut self.calls {
            if call.member_id == member && call.stage != CallStage::Completed {
                call.settle(Completion::Uninstalled, now);
            }
        }
    }

    pub(crate) fn runnable_robots(&self) -> Vec<String> {
        let places = self.ready(|call| call.stage == CallStage::Accepted);
        self.distinct(&places, |call| &call.code)
    }

    pub(crate) fn portals_with_replies(&self) -> Vec<String> {
        let places =
            self.ready(|call| matches!(call.stage, CallStage::Replied | CallStage::Delivered));
        self.distinct(&places, |call| &call.member_id)
    }

    fn distinct(&self, places: &[usize], of: impl Fn(&Call) -> &String) -> Vec<String> {
        let all = places.iter().map(|place| of(&self.calls[*place]).clone());
        let mut all = all.collect::<Vec<_>>();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(crate) fn agrees_on(&self, counts: &CallCounts) -> bool {
        let count = |stage| self.calls.iter().filter(|call| call.stage == stage).count() as u64;
        let open = self
            .calls
            .iter()
            .filter(|call| call.stage < CallStage::Delivered);
        CallStage::ALL
            .iter()
            .all(|stage| counts.of(*stage) == count(*stage))
            && counts.oldest_open == open.map(|call| at(call.accepted_at)).min()
    }
}
