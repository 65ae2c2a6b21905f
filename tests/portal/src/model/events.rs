//! The handlers that applications have bound to events.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::model::offline_queue::Queue;

/// A bound handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handler {
    /// The `event_handler_id` of its requests.
    pub(crate) id: i64,
    pub(crate) client_id: String,
    pub(crate) event: &'static str,
    /// Empty for one whose events are queued.
    pub(crate) url: String,
    /// Whose tokens it gets; 0 for the acting user's.
    pub(crate) user_id: u64,
    pub(crate) connector: String,
    /// The pause between two requests, in seconds, if it was set.
    pub(crate) min_timeout: Option<i64>,
}

impl Handler {
    pub(crate) fn is_offline(&self) -> bool {
        self.url.is_empty()
    }

    /// A portal keeps one handler of each kind.
    fn is_same(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            && self.event == other.event
            && self.url == other.url
            && self.user_id == other.user_id
            && self.connector == other.connector
    }
}

/// The handlers of all applications, and the events that wait for those without an address.
#[derive(Debug, Default)]
pub(crate) struct Events {
    handlers: Vec<Handler>,
    last_id: i64,
    pub(crate) queue: Queue,
    /// When handlers of `ONOFFLINEEVENT` were last notified.
    pub(crate) notified: HashMap<i64, Timestamp>,
}

impl Events {
    pub(crate) fn of_application<'a>(
        &'a self,
        client_id: &'a str,
    ) -> impl Iterator<Item = &'a Handler> {
        self.handlers
            .iter()
            .filter(move |handler| handler.client_id == client_id)
    }

    /// The handlers of an event, in the order in which they were bound.
    pub(crate) fn bound_to(&self, event: &str) -> Vec<Handler> {
        let bound = self.handlers.iter();
        bound
            .filter(|handler| handler.event == event)
            .cloned()
            .collect()
    }

    /// Whether there is a handler like this one.
    pub(crate) fn has(&self, handler: &Handler) -> bool {
        self.handlers.iter().any(|known| known.is_same(handler))
    }

    /// Adds a handler under an id of its own, unless there is one like it.
    pub(crate) fn add(&mut self, mut handler: Handler) {
        if self.has(&handler) {
            return;
        }
        self.last_id += 1;
        handler.id = self.last_id;
        self.handlers.push(handler);
    }

    /// Removes handlers, and returns how many there were.
    pub(crate) fn remove(&mut self, is_meant: impl Fn(&Handler) -> bool) -> usize {
        let before = self.handlers.len();
        self.handlers.retain(|handler| !is_meant(handler));
        before - self.handlers.len()
    }

    /// Removes the handlers of an application.
    pub(crate) fn unbind_all(&mut self, client_id: &str) {
        self.remove(|handler| handler.client_id == client_id);
    }

    /// Removes everything of an application, including the events that wait for it.
    pub(crate) fn forget(&mut self, client_id: &str) {
        self.unbind_all(client_id);
        self.queue.forget(client_id);
    }
}
