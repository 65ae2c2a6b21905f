//! The calls that are kept, and the lists that find them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use super::super::entry::{Entry, unknown};
use super::super::{CallFilter, CallRecord, CallStage, Claim, Notifier, RunQuota, StoredReply};
use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;

/// A deadline, so that none comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deadline {
    At(SystemTime),
    Never,
}

/// The place of a call among those that can be claimed.
pub(super) type Place = (CallStage, Deadline, u64);

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) entry: Entry,
    pub(super) body: Vec<u8>,
    pub(super) answer: Option<StoredReply>,
}

impl Kept {
    fn place(&self) -> Place {
        let entry = &self.entry;
        let deadline = entry.deadline.map_or(Deadline::Never, Deadline::At);
        (entry.stage, deadline, entry.number)
    }

    pub(super) fn record(&self) -> CallRecord {
        self.entry.record(self.answer.clone())
    }

    /// Drops what the rules say is not needed any more.
    pub(super) fn tidy(&mut self) {
        if !self.entry.needs_body() {
            self.body = Vec::new();
        }
        if !self.entry.has_answer {
            self.answer = None;
        }
    }

    pub(super) fn fits(&self, filter: &CallFilter) -> bool {
        let is = |wanted: &Option<String>, own: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted == own)
        };
        let entry = &self.entry;
        filter.stage.is_none_or(|stage| stage == entry.stage)
            && is(&filter.member_id, &entry.member_id)
            && is(&filter.code, &entry.code)
    }
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) calls: BTreeMap<u64, Kept>,
    pub(super) numbers: HashMap<EventToken, u64>,
    pub(super) last: u64,
    /// By robot.
    pub(super) to_run: BTreeMap<String, BTreeSet<Place>>,
    /// By portal.
    pub(super) to_send: BTreeMap<String, BTreeSet<Place>>,
    pub(super) due: BTreeSet<(SystemTime, u64)>,
    pub(super) settled: BTreeSet<(SystemTime, u64)>,
    pub(super) portals: HashMap<String, Portal>,
}

impl Inner {
    pub(super) fn find(&self, token: &EventToken) -> Result<u64> {
        let number = self.numbers.get(token).copied();
        number.ok_or_else(|| unknown(token))
    }

    /// The number of a claimed call; `None` when the claim was lost.
    pub(super) fn claimed(&self, claim: &Claim) -> Option<u64> {
        let number = *self.numbers.get(&claim.event_token)?;
        let kept = self.calls.get(&number)?;
        kept.entry.is_claimed_by(claim).then_some(number)
    }

    /// Takes a call out of every list, because it changes.
    pub(super) fn take_out(&mut self, number: u64) {
        let Some(kept) = self.calls.get(&number) else {
            return;
        };
        let entry = &kept.entry;
        let lists = match entry.stage {
            CallStage::Accepted => Some((&mut self.to_run, &entry.code)),
            CallStage::Replied | CallStage::Delivered => {
                Some((&mut self.to_send, &entry.member_id))
            }
            _ => None,
        };
        if let Some((lists, key)) = lists
            && let Some(list) = lists.get_mut(key)
        {
            list.remove(&kept.place());
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
    pub(super) fn put_in(&mut self, number: u64, notifier: &Notifier) {
        let Some(kept) = self.calls.get(&number) else {
            return;
        };
        let entry = &kept.entry;
        match (entry.due, entry.stage) {
            (Some(due), _) => {
                self.due.insert((due, number));
            }
            (None, CallStage::Accepted) => {
                let list = self.to_run.entry(entry.code.clone());
                list.or_default().insert(kept.place());
            }
            (None, CallStage::Replied | CallStage::Delivered) => {
                let list = self.to_send.entry(entry.member_id.clone());
                list.or_default().insert(kept.place());
            }
            (None, CallStage::Completed) => {
                if let Some(at) = entry.settled_at {
                    self.settled.insert((at, number));
                }
            }
            (None, CallStage::Deferred | CallStage::Dead) => {}
        }
        if let Some(sign) = entry.sign() {
            notifier.give(&sign);
        }
    }

    pub(super) fn forget(&mut self, number: u64) {
        self.take_out(number);
        if let Some(kept) = self.calls.remove(&number) {
            self.numbers.remove(&kept.entry.event_token);
        }
    }

    /// The first calls of all slots, in the order of their deadlines.
    pub(super) fn first_to_run(&self, slots: &[RunQuota<'_>], total: usize) -> Vec<u64> {
        let mut places = slots
            .iter()
            .filter_map(|slot| Some((self.to_run.get(slot.code)?, slot.max)))
            .flat_map(|(list, at_most)| list.iter().take(at_most))
            .collect::<Vec<_>>();
        places.sort_unstable();
        places.truncate(total);
        places.into_iter().map(|(.., number)| *number).collect()
    }
}
