//! The calls in memory, with an index for each question.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::model::{CallFilter, CallRecord, CallStage, Claim, RunQuota, StoredReply};
use crate::store::notifier::Notifier;
use crate::store::rules::{Entry, unknown};

/// The order of claiming: a deadline before none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deadline {
    At(SystemTime),
    Never,
}

/// Stage, deadline and number.
type Place = (CallStage, Deadline, u64);

pub(super) struct StoredCall {
    pub(super) entry: Entry,
    pub(super) body: Bytes,
    pub(super) reply: Option<StoredReply>,
}

/// Without the body, which holds tokens, and without the reply's values.
impl fmt::Debug for StoredCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoredCall")
            .field("entry", &self.entry)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl StoredCall {
    fn place(&self) -> Place {
        let entry = &self.entry;
        let deadline = entry.head.deadline.map_or(Deadline::Never, Deadline::At);
        (entry.stage, deadline, entry.number)
    }

    pub(super) fn record(&self) -> CallRecord {
        self.entry.record(self.reply.clone())
    }

    /// Drops what the rules do not need any more.
    pub(super) fn tidy(&mut self) {
        if !self.entry.needs_body() {
            self.body = Bytes::new();
            let head = &mut self.entry.head;
            head.access_token = None;
            head.document = None;
            head.workflow_id.clear();
        }
        if !self.entry.has_reply {
            self.reply = None;
        }
    }

    pub(super) fn matches(&self, filter: &CallFilter) -> bool {
        let is = |wanted: &Option<String>, own: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted == own)
        };
        let entry = &self.entry;
        filter.stage.is_none_or(|stage| stage == entry.stage)
            && is(&filter.member_id, &entry.head.member_id)
            && is(&filter.code, &entry.head.code)
    }
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) by_number: BTreeMap<u64, StoredCall>,
    pub(super) numbers: HashMap<EventToken, u64>,
    pub(super) last_number: u64,
    /// By robot.
    pub(super) runnable: BTreeMap<String, BTreeSet<Place>>,
    /// By portal.
    pub(super) sendable: BTreeMap<String, BTreeSet<Place>>,
    pub(super) due: BTreeSet<(SystemTime, u64)>,
    pub(super) completed: BTreeSet<(SystemTime, u64)>,
    pub(super) portals: HashMap<String, Arc<Portal>>,
}

impl Calls {
    pub(super) fn find(&self, token: &EventToken) -> Result<u64> {
        let number = self.numbers.get(token).copied();
        number.ok_or_else(|| unknown(token))
    }

    /// The number of a claimed call; `None` when the claim was lost.
    pub(super) fn claimed(&self, claim: &Claim) -> Option<u64> {
        let number = *self.numbers.get(&claim.event_token)?;
        let call = self.by_number.get(&number)?;
        call.entry.is_claimed_by(claim).then_some(number)
    }

    /// Removes a call from every index, because it changes.
    pub(super) fn unlist(&mut self, number: u64) {
        let Some(call) = self.by_number.get(&number) else {
            return;
        };
        let entry = &call.entry;
        let index = match entry.stage {
            CallStage::Accepted => Some((&mut self.runnable, &entry.head.code)),
            CallStage::Replied | CallStage::Delivered => {
                Some((&mut self.sendable, &entry.head.member_id))
            }
            _ => None,
        };
        if let Some((index, key)) = index
            && let Some(places) = index.get_mut(key)
        {
            places.remove(&call.place());
            if places.is_empty() {
                index.remove(key);
            }
        }
        if let Some(due) = entry.due {
            self.due.remove(&(due, number));
        }
        if let Some(at) = entry.completed_at {
            self.completed.remove(&(at, number));
        }
    }

    /// Adds a call to the indexes that it belongs to.
    pub(super) fn list(&mut self, number: u64, notifier: &Notifier) {
        let Some(call) = self.by_number.get(&number) else {
            return;
        };
        let entry = &call.entry;
        match (entry.due, entry.stage) {
            (Some(due), _) => {
                self.due.insert((due, number));
            }
            (None, CallStage::Accepted) => {
                let places = self.runnable.entry(entry.head.code.clone());
                places.or_default().insert(call.place());
            }
            (None, CallStage::Replied | CallStage::Delivered) => {
                let places = self.sendable.entry(entry.head.member_id.clone());
                places.or_default().insert(call.place());
            }
            (None, CallStage::Completed) => {
                if let Some(at) = entry.completed_at {
                    self.completed.insert((at, number));
                }
            }
            (None, CallStage::Deferred | CallStage::Dead) => {}
        }
        if let Some(notification) = entry.notification() {
            notifier.notify(&notification);
        }
    }

    pub(super) fn purge(&mut self, number: u64) {
        self.unlist(number);
        if let Some(call) = self.by_number.remove(&number) {
            self.numbers.remove(&call.entry.head.event_token);
        }
    }

    /// The first runnable calls within the quotas, in the order of their deadlines.
    pub(super) fn first_runnable(&self, quotas: &[RunQuota<'_>], total: usize) -> Vec<u64> {
        let mut places: Vec<_> = quotas
            .iter()
            .filter_map(|quota| Some((self.runnable.get(quota.code)?, quota.max)))
            .flat_map(|(places, max)| places.iter().take(max))
            .collect();
        places.sort_unstable();
        places.truncate(total);
        places.into_iter().map(|(.., number)| *number).collect()
    }
}
