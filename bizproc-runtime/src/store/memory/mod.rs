//! A store that forgets when the program ends.

mod entry;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;

use self::entry::{Due, Entry};
use super::{
    Acceptance, Answer, CallToRun, CallToSend, Claim, Counts, Filter, NewCall, Next, Record,
    Settlement, Signals, Slot, Stage, State, Store,
};
use crate::error::{Error, Kind, Result};
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
    signals: Signals,
}

/// The place of a call among those that can be claimed.
type Place = (Stage, Due, u64);

#[derive(Debug, Default)]
struct Inner {
    calls: BTreeMap<u64, Entry>,
    numbers: HashMap<EventToken, u64>,
    last: u64,
    /// By robot.
    to_run: BTreeMap<String, BTreeSet<Place>>,
    /// By portal.
    to_send: BTreeMap<String, BTreeSet<Place>>,
    due: BTreeSet<(SystemTime, u64)>,
    settled: BTreeSet<(SystemTime, u64)>,
    portals: HashMap<String, Portal>,
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
        change: impl FnOnce(&mut Entry) -> T,
    ) -> Option<T> {
        inner.take_out(number);
        let changed = change(inner.calls.get_mut(&number)?);
        inner.put_in(number, &self.signals);
        if inner.settled.len() > SETTLED_KEPT
            && let Some((_, oldest)) = inner.settled.first().copied()
        {
            inner.forget(oldest);
        }
        Some(changed)
    }
}

impl Inner {
    fn find(&self, token: &EventToken) -> Result<u64> {
        let number = self.numbers.get(token).copied();
        number.ok_or_else(|| Error::new(Kind::Store, format!("no call with {token:?} is kept")))
    }

    /// The number of a claimed call; `None` when the claim was lost.
    fn claimed(&self, claim: &Claim) -> Option<u64> {
        let number = *self.numbers.get(&claim.event_token)?;
        let entry = self.calls.get(&number)?;
        (entry.is_claimed && entry.fence == claim.fence).then_some(number)
    }

    /// Takes a call out of every list, because it changes.
    fn take_out(&mut self, number: u64) {
        let Some(entry) = self.calls.get(&number) else {
            return;
        };
        let lists = match entry.state.stage() {
            Stage::Accepted => Some((&mut self.to_run, &entry.call.code)),
            Stage::Answered | Stage::Taken => Some((&mut self.to_send, &entry.call.member_id)),
            _ => None,
        };
        if let Some((lists, key)) = lists
            && let Some(list) = lists.get_mut(key)
        {
            list.remove(&entry.place(number));
            if list.is_empty() {
                lists.remove(key);
            }
        }
        if let Some(due) = entry.due {
            self.due.remove(&(due, number));
        }
        if let Some(at) = entry.settled_at {
            self.settled.remove(&(at, number));
        }
    }

    /// Puts a call into the lists that it belongs to.
    fn put_in(&mut self, number: u64, signals: &Signals) {
        let Some(entry) = self.calls.get(&number) else {
            return;
        };
        let place = entry.place(number);
        match (entry.due, entry.state.stage()) {
            (Some(due), _) => {
                self.due.insert((due, number));
                signals.due(due);
            }
            (None, Stage::Accepted) => {
                let list = self.to_run.entry(entry.call.code.clone());
                list.or_default().insert(place);
                signals.run();
            }
            (None, Stage::Answered | Stage::Taken) => {
                let list = self.to_send.entry(entry.call.member_id.clone());
                list.or_default().insert(place);
                signals.send(&entry.call.member_id);
            }
            (None, Stage::Settled) => {
                if let Some(at) = entry.settled_at {
                    self.settled.insert((at, number));
                }
            }
            (None, Stage::Deferred | Stage::Dead) => {}
        }
    }

    fn forget(&mut self, number: u64) {
        self.take_out(number);
        if let Some(entry) = self.calls.remove(&number) {
            self.numbers.remove(&entry.call.event_token);
        }
    }

    /// The first calls of all slots, in the order of their deadlines.
    fn first_to_run(&self, slots: &[Slot<'_>], total: usize) -> Vec<u64> {
        let mut places = slots
            .iter()
            .filter_map(|slot| Some((self.to_run.get(slot.code)?, slot.at_most)))
            .flat_map(|(list, at_most)| list.iter().take(at_most))
            .collect::<Vec<_>>();
        places.sort_unstable();
        places.truncate(total);
        places.into_iter().map(|(.., number)| *number).collect()
    }
}

#[async_trait]
impl Store for Memory {
    fn signals(&self) -> &Signals {
        &self.signals
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<Acceptance> {
        let inner = &mut *self.lock();
        if let Some(number) = inner.numbers.get(&call.event_token).copied() {
            let repeated = self.change(inner, number, |entry| entry.repeat(call));
            return Ok(if repeated == Some(true) {
                Acceptance::Repeated
            } else {
                Acceptance::Duplicate
            });
        }
        inner.last += 1;
        let number = inner.last;
        inner.numbers.insert(call.event_token.clone(), number);
        inner.calls.insert(number, Entry::new(call, now));
        inner.put_in(number, &self.signals);
        Ok(Acceptance::New)
    }

    async fn codes_to_run(&self) -> Result<Vec<String>> {
        Ok(self.lock().to_run.keys().cloned().collect())
    }

    async fn claim_runs(
        &self,
        slots: &[Slot<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let inner = &mut *self.lock();
        let numbers = inner.first_to_run(slots, total).into_iter();
        let claimed = numbers.filter_map(|number| {
            self.change(inner, number, |entry| {
                entry.starts += 1;
                CallToRun {
                    claim: entry.claim(lease),
                    call: entry.call.clone(),
                    starts: entry.starts,
                    failures: entry.failures,
                }
            })
        });
        Ok(claimed.collect())
    }

    async fn portals_to_send(&self) -> Result<Vec<String>> {
        Ok(self.lock().to_send.keys().cloned().collect())
    }

    async fn claim_sends(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToSend>> {
        let inner = &mut *self.lock();
        let list = inner.to_send.get(member_id);
        let places = list.into_iter().flatten().take(at_most);
        let numbers = places.map(|(.., number)| *number).collect::<Vec<_>>();
        let claimed = numbers.into_iter().filter_map(|number| {
            self.change(inner, number, |entry| {
                Some(CallToSend {
                    answer: entry.answer()?.clone(),
                    claim: entry.claim(lease),
                    call: entry.call.clone(),
                    sending: entry.sending.clone(),
                })
            })
        });
        Ok(claimed.flatten().collect())
    }

    async fn answer(&self, token: &EventToken, answer: Answer, now: SystemTime) -> Result<bool> {
        let inner = &mut *self.lock();
        let number = inner.find(token)?;
        let is_first = self.change(inner, number, |entry| entry.give(answer, now));
        Ok(is_first == Some(true))
    }

    async fn finish(&self, claim: &Claim, next: Next, now: SystemTime) -> Result<bool> {
        let inner = &mut *self.lock();
        let Some(number) = inner.claimed(claim) else {
            return Ok(false);
        };
        self.change(inner, number, |entry| entry.finish(next, now));
        Ok(true)
    }

    async fn extend(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let inner = &mut *self.lock();
        for claim in claims {
            if let Some(number) = inner.claimed(claim) {
                self.change(inner, number, |entry| entry.due = Some(lease));
            }
        }
        Ok(())
    }

    async fn release(&self, claims: &[Claim]) -> Result<()> {
        let inner = &mut *self.lock();
        for claim in claims {
            if let Some(number) = inner.claimed(claim) {
                self.change(inner, number, Entry::release);
            }
        }
        Ok(())
    }

    async fn revive(&self, token: &EventToken) -> Result<bool> {
        let inner = &mut *self.lock();
        let number = inner.find(token)?;
        Ok(self.change(inner, number, Entry::revive) == Some(true))
    }

    async fn wake(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        let inner = &mut *self.lock();
        while let Some((due, number)) = inner.due.first().copied()
            && due <= now
        {
            self.change(inner, number, |entry| entry.wake(now));
        }
        Ok(inner.due.first().map(|(due, _)| *due))
    }

    async fn forget(&self, settled_before: SystemTime, at_most: usize) -> Result<usize> {
        let inner = &mut *self.lock();
        let old = inner.settled.iter().take(at_most);
        let old = old.take_while(|(at, _)| *at < settled_before);
        let old = old.map(|(_, number)| *number).collect::<Vec<_>>();
        for number in &old {
            inner.forget(*number);
        }
        Ok(old.len())
    }

    async fn record(&self, token: &EventToken) -> Result<Option<Record>> {
        let inner = self.lock();
        let number = inner.numbers.get(token);
        Ok(number.and_then(|number| Some(inner.calls.get(number)?.record(*number))))
    }

    async fn records(&self, filter: &Filter) -> Result<Vec<Record>> {
        let inner = self.lock();
        let after = filter.after.map_or(0, |after| after.saturating_add(1));
        let calls = inner.calls.range(after..);
        let fitting = calls.filter(|(_, entry)| entry.fits(filter));
        let fitting = fitting.take(filter.at_most.unwrap_or(usize::MAX));
        Ok(fitting
            .map(|(number, entry)| entry.record(*number))
            .collect())
    }

    async fn counts(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        for entry in self.lock().calls.values() {
            let (count, is_open) = match entry.state {
                State::Accepted => (&mut counts.accepted, true),
                State::Deferred => (&mut counts.deferred, true),
                State::Answered(_) => (&mut counts.answered, true),
                State::Taken(_) => (&mut counts.taken, false),
                State::Settled(_) => (&mut counts.settled, false),
                State::Dead { .. } => (&mut counts.dead, false),
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

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        Ok(self.lock().portals.get(member_id).cloned())
    }

    async fn portals(&self) -> Result<Vec<Portal>> {
        Ok(self.lock().portals.values().cloned().collect())
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let inner = &mut *self.lock();
        inner.portals.remove(member_id);
        let is_open = |entry: &Entry| {
            entry.call.member_id == member_id && entry.state.stage() != Stage::Settled
        };
        let open = inner.calls.iter().filter(|(_, entry)| is_open(entry));
        let open = open.map(|(number, _)| *number).collect::<Vec<_>>();
        for number in open {
            self.change(inner, number, |entry| {
                entry.settle(Settlement::Uninstalled, now);
            });
        }
        Ok(())
    }
}
