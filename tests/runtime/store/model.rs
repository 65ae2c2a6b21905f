//! A store as its documentation describes it, in the simplest way: a list that is searched.

use bizproc_runtime::store::{
    AcceptOutcome, CallCounts, CallHead, CallRecord, CallStage, CallState, CallToRun, Completion,
    NewCall, ReplyToSend, SendHistory, Transition,
};

use super::backends::{at, reply, token};

/// One call of the model. Times are seconds, replies their texts.
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
    reply: Option<String>,
    completion: Option<Completion>,
    completed_at: u64,
    reason: String,
    due: Option<u64>,
    /// The number of the claim that holds it.
    claim: Option<usize>,
    runs: u32,
    failures: u32,
    history: SendHistory,
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
            reply: None,
            completion: None,
            completed_at: 0,
            reason: String::new(),
            due: None,
            claim: None,
            runs: 0,
            failures: 0,
            history: SendHistory::default(),
        }
    }

    pub(crate) fn as_new(&self) -> NewCall {
        let member_id = self.member_id.clone();
        let code = self.code.clone();
        let mut head = CallHead::new(token(&self.name), member_id, code);
        head.called_at = at(0);
        head.expects_reply = self.waits;
        head.deadline = self.deadline.map(at);
        head.access_token = Some(format!("token of {}", self.body).into());
        NewCall::new(head, self.body.clone())
    }

    fn free(&mut self) {
        self.claim = None;
        self.due = None;
    }

    fn complete(&mut self, completion: Completion, now: u64) {
        self.free();
        self.stage = CallStage::Completed;
        self.completion = Some(completion);
        self.completed_at = now;
    }

    fn save_reply(&mut self, text: &str, now: u64) {
        self.free();
        self.stage = CallStage::Replied;
        self.reply = Some(text.to_owned());
        if !self.waits {
            self.complete(Completion::NoReplyExpected, now);
        }
    }

    fn state(&self) -> CallState {
        let reply = self.reply.as_deref().map(reply);
        match self.stage {
            CallStage::Accepted => CallState::Accepted,
            CallStage::Deferred => CallState::Deferred,
            CallStage::Replied => CallState::Replied(reply.unwrap()),
            CallStage::Delivered => CallState::Delivered(reply.unwrap()),
            CallStage::Completed => CallState::Completed(self.completion.unwrap()),
            CallStage::Dead => CallState::Dead {
                reason: self.reason.clone(),
                reply,
            },
        }
    }

    /// Whether a record describes this call.
    pub(crate) fn agrees(&self, record: &CallRecord) -> bool {
        record.event_token == token(&self.name)
            && record.member_id == self.member_id
            && record.code == self.code
            && record.state == self.state()
            && record.accepted_at == at(self.accepted_at)
            && record.deadline == self.deadline.map(at)
            && record.next_attempt_at == self.due.map(at)
            && record.runs == self.runs
            && record.sends == self.history.attempts
    }

    pub(crate) fn agrees_to_run(&self, run: &CallToRun) -> bool {
        run.call == self.as_new() && run.runs_started == self.runs && run.failures == self.failures
    }

    pub(crate) fn agrees_to_send(&self, send: &ReplyToSend) -> bool {
        send.head == self.as_new().head
            && Some(&send.reply) == self.reply.as_deref().map(reply).as_ref()
            && send.history == self.history
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
    /// How many claims there have been.
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
        let is_sent = known.completion == Some(Completion::Delivered) && known.reply.is_some();
        if known.stage != CallStage::Completed || !is_sent {
            return AcceptOutcome::Duplicate;
        }
        known.stage = CallStage::Delivered;
        known.body = call.body;
        AcceptOutcome::Redelivered
    }

    fn ready(&self, fits: impl Fn(&Call) -> bool) -> Vec<usize> {
        let calls = self.calls.iter().enumerate();
        let mut ready: Vec<_> = calls
            .filter(|(_, call)| call.due.is_none() && fits(call))
            .map(|(place, _)| place)
            .collect();
        ready.sort_by_key(|place| order(&self.calls[*place]));
        ready
    }

    /// The places of the calls that are claimed, in order.
    pub(crate) fn claim_runs(
        &mut self,
        quotas: &[(String, usize)],
        total: usize,
        lease: u64,
    ) -> Vec<usize> {
        let mut all = Vec::new();
        for (code, limit) in quotas {
            let ready = self.ready(|call| call.stage == CallStage::Accepted && call.code == *code);
            all.extend(ready.into_iter().take(*limit));
        }
        all.sort_by_key(|place| (order(&self.calls[*place]), *place));
        all.truncate(total);
        for place in &all {
            self.calls[*place].runs += 1;
        }
        self.claim(&all, lease);
        all
    }

    pub(crate) fn claim_replies(&mut self, member: &str, limit: usize, lease: u64) -> Vec<usize> {
        let mut all = self.ready(|call| {
            matches!(call.stage, CallStage::Replied | CallStage::Delivered)
                && call.member_id == member
        });
        all.truncate(limit);
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

    /// `None` when there is no such call.
    pub(crate) fn reply(&mut self, name: &str, text: &str, now: u64) -> Option<bool> {
        let call = self.find(name)?;
        let open = matches!(call.stage, CallStage::Accepted | CallStage::Deferred);
        if open {
            call.save_reply(text, now);
        }
        Some(open)
    }

    /// `None` when the claim is of another kind; `text` is the reply's, if that is what comes
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
            (Transition::Reply(_), true) => call.save_reply(text, now),
            (Transition::RetrySend(_, history) | Transition::Redeliver(_, history), false) => {
                call.free();
                call.history = history.clone();
                call.due = Some(time);
                if matches!(next, Transition::Redeliver(..)) {
                    call.stage = CallStage::Delivered;
                }
            }
            (Transition::Complete(completion), _) => call.complete(*completion, now),
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

    /// Releases all claims, as the end of the only program does.
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
            call.stage = match call.reply {
                Some(_) => CallStage::Replied,
                None => CallStage::Accepted,
            };
            call.runs = 0;
            call.failures = 0;
            call.history = SendHistory::default();
        }
        Some(dead)
    }

    pub(crate) fn release_due(&mut self, now: u64) -> Option<u64> {
        for call in &mut self.calls {
            if call.due.is_some_and(|due| due <= now) {
                if call.stage == CallStage::Deferred {
                    call.complete(Completion::Expired, now);
                }
                call.free();
            }
        }
        self.calls.iter().filter_map(|call| call.due).min()
    }

    pub(crate) fn purge(&mut self, before: u64, limit: usize) -> usize {
        let mut old = Vec::new();
        for call in &self.calls {
            if call.stage == CallStage::Completed && call.completed_at < before {
                old.push((call.completed_at, old.len(), call.name.clone()));
            }
        }
        old.sort_unstable();
        old.truncate(limit);
        let names: Vec<_> = old.into_iter().map(|(.., name)| name).collect();
        self.calls.retain(|call| !names.contains(&call.name));
        names.len()
    }

    pub(crate) fn remove_portal(&mut self, member: &str, now: u64) {
        for call in &mut self.calls {
            if call.member_id == member && call.stage != CallStage::Completed {
                call.complete(Completion::Uninstalled, now);
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

    fn distinct(&self, places: &[usize], name: impl Fn(&Call) -> &String) -> Vec<String> {
        let mut all: Vec<_> = places
            .iter()
            .map(|place| name(&self.calls[*place]).clone())
            .collect();
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
            .all(|stage| counts.get(*stage) == count(*stage))
            && counts.oldest_open == open.map(|call| at(call.accepted_at)).min()
    }
}
