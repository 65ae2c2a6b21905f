//! A store that loses everything when the program ends.

mod calls;

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;

use self::calls::{Calls, StoredCall};
use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::interface::Store;
use crate::store::model::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallStage, CallToRun, Claim, Completion,
    NewCall, ReplyToSend, RunQuota, StoredReply, Transition,
};
use crate::store::notifier::Notifier;
use crate::store::rules::{Entry, Finished};
use crate::sync::lock;

/// How many completed calls are kept to detect duplicates.
const MAX_COMPLETED: usize = 10_000;

/// Keeps calls and portals in memory: they are lost when the program ends.
///
/// For tests and for trying things out. The last 10,000 completed calls are kept, without their
/// bodies.
#[derive(Debug, Default)]
pub struct Memory {
    calls: Mutex<Calls>,
    notifier: Notifier,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes a call and notifies of what can be done with it now.
    fn change<T>(
        &self,
        calls: &mut Calls,
        number: u64,
        change: impl FnOnce(&mut StoredCall) -> T,
    ) -> Option<T> {
        calls.unlist(number);
        let call = calls.by_number.get_mut(&number)?;
        let changed = change(call);
        call.tidy();
        calls.list(number, &self.notifier);
        if calls.completed.len() > MAX_COMPLETED
            && let Some((_, oldest)) = calls.completed.first().copied()
        {
            calls.purge(oldest);
        }
        Some(changed)
    }
}

#[async_trait]
impl Store for Memory {
    fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        let calls = &mut *lock(&self.calls);
        let NewCall { head, body } = call;
        if let Some(number) = calls.numbers.get(&head.event_token).copied() {
            let redelivered = self.change(calls, number, |call| {
                let redelivers = call.entry.redeliver(&head.member_id);
                if redelivers {
                    call.entry.head.access_token = head.access_token;
                    call.entry.head.document = head.document;
                    call.entry.head.workflow_id = head.workflow_id;
                    call.body = body;
                }
                redelivers
            });
            return Ok(if redelivered == Some(true) {
                AcceptOutcome::Redelivered
            } else {
                AcceptOutcome::Duplicate
            });
        }
        calls.last_number += 1;
        let number = calls.last_number;
        calls.numbers.insert(head.event_token.clone(), number);
        let call = StoredCall {
            entry: Entry::new(number, head, now),
            body,
            reply: None,
        };
        calls.by_number.insert(number, call);
        calls.list(number, &self.notifier);
        Ok(AcceptOutcome::Accepted)
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        Ok(lock(&self.calls).runnable.keys().cloned().collect())
    }

    async fn claim_runs(
        &self,
        quotas: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let calls = &mut *lock(&self.calls);
        let numbers = calls.first_runnable(quotas, total).into_iter();
        let claimed = numbers.filter_map(|number| {
            self.change(calls, number, |call| {
                call.entry.claim_run(lease);
                call.entry.to_run(call.body.clone())
            })
        });
        Ok(claimed.collect())
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        Ok(lock(&self.calls).sendable.keys().cloned().collect())
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let calls = &mut *lock(&self.calls);
        let places = calls.sendable.get(member_id).into_iter().flatten();
        let numbers: Vec<_> = places.take(limit).map(|(.., number)| *number).collect();
        let claimed = numbers.into_iter().filter_map(|number| {
            self.change(calls, number, |call| {
                call.entry.claim(lease);
                call.entry.to_send(call.reply.clone().unwrap_or_default())
            })
        });
        Ok(claimed.collect())
    }

    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        let calls = &mut *lock(&self.calls);
        let number = calls.find(token)?;
        let is_first = self.change(calls, number, |call| {
            let is_first = call.entry.reply(now);
            if is_first {
                call.reply = Some(reply);
            }
            is_first
        });
        Ok(is_first == Some(true))
    }

    async fn finish(&self, claim: &Claim, transition: Transition, now: SystemTime) -> Result<bool> {
        let calls = &mut *lock(&self.calls);
        let Some(number) = calls.claimed(claim) else {
            return Ok(false);
        };
        let finished = self.change(calls, number, |call| {
            let finished = call.entry.finish(claim, &transition, now);
            if let (Finished::Done, Transition::Reply(reply)) = (&finished, transition) {
                call.reply = Some(reply);
            }
            finished
        });
        finished.unwrap_or(Finished::ClaimLost).into_result()
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let calls = &mut *lock(&self.calls);
        for claim in claims {
            if let Some(number) = calls.claimed(claim) {
                self.change(calls, number, |call| call.entry.due = Some(lease));
            }
        }
        Ok(())
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        let calls = &mut *lock(&self.calls);
        for claim in claims {
            if let Some(number) = calls.claimed(claim) {
                self.change(calls, number, |call| call.entry.release());
            }
        }
        Ok(())
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        let calls = &mut *lock(&self.calls);
        let number = calls.find(token)?;
        let was_dead = self.change(calls, number, |call| call.entry.retry_dead());
        Ok(was_dead == Some(true))
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        let calls = &mut *lock(&self.calls);
        while let Some((due, number)) = calls.due.first().copied()
            && due <= now
        {
            self.change(calls, number, |call| call.entry.release_due(now));
        }
        Ok(calls.due.first().map(|(due, _)| *due))
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        let calls = &mut *lock(&self.calls);
        let first = calls.completed.iter().take(limit);
        let old: Vec<_> = first
            .take_while(|(at, _)| *at < before)
            .map(|(_, number)| *number)
            .collect();
        for number in &old {
            calls.purge(*number);
        }
        Ok(old.len())
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        let calls = lock(&self.calls);
        let number = calls.numbers.get(token);
        Ok(number.and_then(|number| Some(calls.by_number.get(number)?.record())))
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        let calls = lock(&self.calls);
        let after = filter.after.map_or(0, |after| after.saturating_add(1));
        let found = calls.by_number.range(after..);
        Ok(found
            .filter(|(_, call)| call.matches(filter))
            .take(filter.limit.unwrap_or(usize::MAX))
            .map(|(_, call)| call.record())
            .collect())
    }

    async fn counts(&self) -> Result<CallCounts> {
        let mut counts = CallCounts::default();
        for call in lock(&self.calls).by_number.values() {
            counts.add(call.entry.stage, 1, call.entry.accepted_at);
        }
        Ok(counts)
    }

    async fn save_portal(&self, portal: Arc<Portal>) -> Result<()> {
        let portals = &mut lock(&self.calls).portals;
        portals.insert(portal.member_id.clone(), portal);
        Ok(())
    }

    async fn replace_portal(&self, portal: Arc<Portal>, expired: &SecretString) -> Result<bool> {
        let portals = &mut lock(&self.calls).portals;
        let known = portals.get_mut(&portal.member_id);
        let Some(known) = known.filter(|known| known.has_access_token(expired)) else {
            return Ok(false);
        };
        *known = portal;
        Ok(true)
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Arc<Portal>>> {
        Ok(lock(&self.calls).portals.get(member_id).cloned())
    }

    async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        Ok(lock(&self.calls).portals.values().cloned().collect())
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let calls = &mut *lock(&self.calls);
        calls.portals.remove(member_id);
        let is_open = |entry: &Entry| {
            entry.head.member_id == member_id && entry.stage != CallStage::Completed
        };
        let open: Vec<_> = calls
            .by_number
            .values()
            .filter(|call| is_open(&call.entry))
            .map(|call| call.entry.number)
            .collect();
        for number in open {
            self.change(calls, number, |call| {
                call.entry.complete(Completion::Uninstalled, now);
            });
        }
        Ok(())
    }
}
