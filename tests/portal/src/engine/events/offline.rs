//! Queueing events for handlers without an address.

use jiff::SignedDuration;

use crate::model::application::Application;
use crate::model::events::Handler;
use crate::model::history::Event;
use crate::model::offline_queue::Record;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};

/// The default pause between two `ONOFFLINEEVENT` for one handler.
const DEFAULT_PAUSE: i64 = 1;

/// Queues an event for a handler without an address.
pub(crate) fn put(
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

/// Whether a handler of `ONOFFLINEEVENT` is notified now: not during the pause after its last
/// notification.
pub(crate) fn is_due(shared: &Shared, state: &mut State, handler: &Handler) -> bool {
    let is_active = state
        .installations
        .get(&handler.client_id)
        .is_some_and(Application::receives_events);
    let now = shared.now();
    let pause = SignedDuration::from_secs(handler.min_timeout.unwrap_or(DEFAULT_PAUSE));
    let last = state.events.notified.get(&handler.id);
    let is_due = is_active && last.is_none_or(|last| now.duration_since(*last) >= pause);
    if is_due {
        state.events.notified.insert(handler.id, now);
    }
    is_due
}
