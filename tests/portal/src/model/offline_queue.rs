//! Events that wait on the portal until their application asks for them.

use jiff::{SignedDuration, Timestamp};

use crate::rules::php::Array;
use crate::rules::random;

/// How long records that a process has reserved wait for it.
const RESERVATION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An event that waits.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) client_id: String,
    pub(crate) connector: String,
    pub(crate) event: &'static str,
    pub(crate) data: Array,
    pub(crate) user_id: u64,
    /// The same for every event of one name about one thing.
    pub(crate) message_id: String,
    /// The process that works on it; empty if none does.
    pub(crate) process_id: String,
    pub(crate) is_error: bool,
}

/// The events that wait, of all applications.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) records: Vec<Record>,
    last_id: i64,
}

impl Queue {
    pub(crate) fn forget(&mut self, client_id: &str) {
        self.records.retain(|record| record.client_id != client_id);
    }

    /// Drops records that a process reserved and never cleared.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.records.retain(|record| {
            record.process_id.is_empty() || now.duration_since(record.at) <= RESERVATION
        });
    }

    /// Reserves free records for a new process, and returns its id.
    pub(crate) fn reserve(&mut self, ids: &[i64]) -> String {
        let process_id = random::alphanumeric(32);
        for record in &mut self.records {
            if ids.contains(&record.id) {
                record.process_id.clone_from(&process_id);
            }
        }
        process_id
    }

    /// Queues an event; a free record of the same thing is renewed instead.
    pub(crate) fn put(&mut self, mut new: Record) {
        let waiting = self.records.iter_mut().find(|record| {
            record.message_id == new.message_id
                && record.client_id == new.client_id
                && record.connector == new.connector
                && record.process_id.is_empty()
        });
        if let Some(waiting) = waiting {
            waiting.at = new.at;
            waiting.data = new.data;
            waiting.user_id = new.user_id;
        } else {
            self.last_id += 1;
            new.id = self.last_id;
            self.records.push(new);
        }
    }
}
