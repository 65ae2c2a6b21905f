use jiff::{SignedDuration, Timestamp};

use crate::{
    application::Application,
    events::Handler,
    history::Event,
    php::{Array, Value},
    random,
    state::{Shared, State},
};

/// How long records that were given to a process wait for it.
const RESERVATION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The pause between two `ONOFFLINEEVENT` for one handler that asked for no other.
const DEFAULT_PAUSE: i64 = 1;

/// An event that waits.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) id: i64,
    pub(super) at: Timestamp,
    pub(super) client_id: String,
    pub(super) connector: String,
    pub(super) event: &'static str,
    pub(super) data: Array,
    pub(super) user_id: u64,
    /// The same for every event of one name about one thing.
    pub(super) message_id: String,
    /// Who works on it; empty for nobody.
    pub(super) process_id: String,
    pub(super) is_error: bool,
}

/// The events that wait, of all applications.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(super) records: Vec<Record>,
    last_id: i64,
}

impl Queue {
    pub(crate) fn forget(&mut self, client_id: &str) {
        self.records.retain(|record| record.client_id != client_id);
    }

    /// Drops what a process took and never came back for.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.records.retain(|record| {
            record.process_id.is_empty() || now.duration_since(record.at) <= RESERVATION
        });
    }

    /// Gives records that nobody works on to a new process; its id.
    pub(super) fn reserve(&mut self, ids: &[i64]) -> String {
        let process_id = random::alphanumeric(32);
        for record in &mut self.records {
            if ids.contains(&record.id) {
                record.process_id.clone_from(&process_id);
            }
        }
        process_id
    }

    /// Puts an event in: one of the same thing that nobody works on yet is renewed instead.
    fn put(&mut self, mut new: Record) {
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

/// Puts an event into the queue of a handler without an address.
pub(in crate::events) fn put(
    shared: &Shared,
    state: &mut State,
    handler: &Handler,
    data: &Array,
    user_id: Option<u64>,
) {
    let content = Value::Array(data.clone()).to_json();
    let digest = md5::compute(format!("{}|{content}", handler.event));
    let message_id = format!("{digest:x}");
    state.events.queue.put(Record {
        id: 0,
        at: shared.now(),
        client_id: handler.client_id.clone(),
        connector: handler.connector.clone(),
        event: handler.event,
        data: data.clone(),
        user_id: user_id.unwrap_or_default(),
        message_id: message_id.clone(),
        process_id: String::new(),
        is_error: false,
    });
    let queued = Event::Queued {
        client_id: handler.client_id.clone(),
        name: handler.event.to_owned(),
        message_id,
    };
    shared.record(state, queued);
}

/// Whether a handler of `ONOFFLINEEVENT` is told now: not in the pause after it was told last.
pub(in crate::events) fn is_due(shared: &Shared, state: &mut State, handler: &Handler) -> bool {
    let is_active = state
        .installations
        .get(&handler.client_id)
        .is_some_and(Application::hears_events);
    let now = shared.now();
    let pause = SignedDuration::from_secs(handler.min_timeout.unwrap_or(DEFAULT_PAUSE));
    let told = state.events.notified.get(&handler.id);
    let is_due = is_active && told.is_none_or(|told| now.duration_since(*told) >= pause);
    if is_due {
        state.events.notified.insert(handler.id, now);
    }
    is_due
}
