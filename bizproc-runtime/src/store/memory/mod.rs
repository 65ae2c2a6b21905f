//! A store that forgets when the program ends.

mod calls;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;

use self::calls::{Inner, Kept};
use super::entry::Entry;
use super::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallStage, CallToRun, Claim, Completion,
    NewCall, Notifier, ReplyToSend, RunQuota, Store, StoredReply, Transition,
};
use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;

/// How many settled calls are remembered, to know a repeated call again.
const SETTLED_KEPT: usize = 10_000;

/// Keeps calls and portals in memory: they are lost when the program ends.
///
/// For tests and for trying things out. The last 10,000 settled calls are remembered, without
/// their bodies.
#[derive(Debug, Default)]
pub struct Memory {
    inner: Mutex<Inner>,
    notifier: Notifier,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No code that holds the lock can panic; a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a call and says what can be done with it now.
    fn change<T>(
        &self,
        inner: &mut Inner,
        number: u64,
        change: impl FnOnce(&mut Kept) -> T,
    ) -> Option<T> {
        inner.take_out(number);
        let kept = inner.calls.get_mut(&number)?;
        let changed = change(kept);
        kept.tidy();
        inner.put_in(number, &self.notifier);
        if inner.settled.len() > SETTLED_KEPT
            && let Some((_, oldest)) = inner.settled.first().copied()
        {
            inner.forget(oldest);
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
        let inner = &mut *self.lock();
        if let Some(number) = inner.numbers.get(&call.event_token).copied() {
            let repeated = self.change(inner, number, |kept| {
                let repeats = kept.entry.repeat(&call.member_id);
                if repeats {
                    kept.body = call.body;
                }
                repeats
            });
            return Ok(if repeated == Some(true) {
                AcceptOutcome::Redelivered
            } else {
                AcceptOutcome::Duplicate
            });
        }
        inner.last += 1;
        let number = inner.last;
        let entry = Entry::new(number, &call, now);
        inner.numbers.insert(call.event_token, number);
        let (body, answer) = (call.body, None);
        let kept = Kept {
            entry,
            body,
            answer,
        };
        inner.calls.insert(number, kept);
        inner.put_in(number, &self.notifier);
        Ok(AcceptOutcome::Accepted)
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        Ok(self.lock().to_run.keys().cloned().collect())
    }

    async fn claim_runs(
        &self,
        slots: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let inner = &mut *self.lock();
        let numbers = inner.first_to_run(slots, total).into_iter();
        let claimed = numbers.filter_map(|number| {
            self.change(inner, number, |kept| {
                kept.entry.start(lease);
                kept.entry.to_run(kept.body.clone())
            })
        });
        Ok(claimed.collect())
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        Ok(self.lock().to_send.keys().cloned().collect())
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let inner = &mut *self.lock();
        let list = inner.to_send.get(member_id);
        let places = list.into_iter().flatten().take(at_most);
        let numbers = places.map(|(.., number)| *number).collect::<Vec<_>>();
        let claimed = numbers.into_iter().filter_map(|number| {
            self.change(inner, number, |kept| {
                kept.entry.claim(lease);
                let answer = kept.answer.clone().unwrap_or_default();
                kept.entry.to_send(kept.body.clone(), answer)
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
        let inner = &mut *self.lock();
        let number = inner.find(token)?;
        let is_first = self.change(inner, number, |kept| {
            let is_first = kept.entry.give(now);
            if is_first {
                kept.answer = Some(reply);
            }
            is_first
        });
        Ok(is_first == Some(true))
    }

    async fn finish(&self, claim: &Claim, next: Transition, now: SystemTime) -> Result<bool> {
        let inner = &mut *self.lock();
        let Some(number) = inner.claimed(claim) else {
            return Ok(false);
        };
        let finished = self.change(inner, number, |kept| {
            kept.entry.finish(&next, now)?;
            if let Transition::Reply(answer) = next {
                kept.answer = Some(answer);
            }
            Ok(true)
        });
        finished.unwrap_or(Ok(false))
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let inner = &mut *self.lock();
        for claim in claims {
            if let Some(number) = inner.claimed(claim) {
                self.change(inner, number, |kept| kept.entry.due = Some(lease));
            }
        }
        Ok(())
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        let inner = &mut *self.lock();
        for claim in claims {
            if let Some(number) = inner.claimed(claim) {
                self.change(inner, number, |kept| kept.entry.release());
            }
        }
        Ok(())
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        let inner = &mut *self.lock();
        let number = inner.find(token)?;
        let revived = self.change(inner, number, |kept| kept.entry.retry_dead());
        Ok(revived == Some(true))
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        let inner = &mut *self.lock();
        while let Some((due, number)) = inner.due.first().copied()
            && due <= now
        {
            self.change(inner, number, |kept| kept.entry.wake(now));
        }
        Ok(inner.due.first().map(|(due, _)| *due))
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        let inner = &mut *self.lock();
        let old = inner.settled.iter().take(limit);
        let old = old.take_while(|(at, _)| *at < before);
        let old = old.map(|(_, number)| *number).collect::<Vec<_>>();
        for number in &old {
            inner.forget(*number);
        }
        Ok(old.len())
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        let inner = self.lock();
        let number = inner.numbers.get(token);
        Ok(number.and_then(|number| Some(inner.calls.get(number)?.record())))
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        let inner = self.lock();
        let after = filter.after.map_or(0, |after| after.saturating_add(1));
        let calls = inner.calls.range(after..);
        let fitting = calls.filter(|(_, kept)| kept.fits(filter));
        let fitting = fitting.take(filter.limit.unwrap_or(usize::MAX));
        Ok(fitting.map(|(_, kept)| kept.record()).collect())
    }

    async fn counts(&self) -> Result<CallCounts> {
        let mut counts = CallCounts::default();
        for Kept { entry, .. } in self.lock().calls.values() {
            let (count, is_open) = match entry.stage {
                CallStage::Accepted => (&mut counts.accepted, true),
                CallStage::Deferred => (&mut counts.deferred, true),
                CallStage::Replied => (&mut counts.replied, true),
                CallStage::Delivered => (&mut counts.delivered, false),
                CallStage::Completed => (&mut counts.completed, false),
                CallStage::Dead => (&mut counts.dead, false),
            };
            *count += 1;
            if is_open {
                let oldest = counts.oldest_open.get_or_insert(entry.accepted_at);
                *oldest = entry.accepted_at.min(*oldest);
            }
        }
        Ok(counts)
    }

    async fn save_portal(&self, portal: Portal) -> Result<()> {
        self.lock().portals.insert(portal.member_id.clone(), portal);
        Ok(())
    }

    async fn replace_portal(&self, portal: Portal, expired: &SecretString) -> Result<bool> {
        let mut inner = self.lock();
        let kept = inner.portals.get_mut(&portal.member_id);
        let Some(kept) = kept.filter(|kept| kept.has_access_token(expired)) else {
            return Ok(false);
        };
        *kept = portal;
        Ok(true)
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        Ok(self.lock().portals.get(member_id).cloned())
    }

    async fn portals(&self) -> Result<Vec<Portal>> {
        Ok(self.lock().portals.values().cloned().collect())
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let inner = &mut *self.lock();
        inner.portals.remove(member_id);
        let is_open =
            |entry: &Entry| entry.member_id == member_id && entry.stage != CallStage::Completed;
        let open = inner.calls.values().filter(|kept| is_open(&kept.entry));
        let open = open.map(|kept| kept.entry.number).collect::<Vec<_>>();
        for number in open {
            self.change(inner, number, |kept| {
                kept.entry.settle(Completion::Uninstalled, now);
            });
        }
        Ok(())
    }
}
