//! The queue between a portal and its applications, through which calls of handlers and events go.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::faults::{Fault, Group};
use crate::model::history::Delivery;
use crate::model::queue::{Parcel, Posting, Queued};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::token::EventToken;

/// Sends a call again, byte for byte, as a queue that lost its records would.
pub(crate) fn repeat(shared: &Shared, state: &mut State, token: EventToken, request: Delivery) {
    let parcel = Parcel::Call(token);
    shared.record(state, parcel.sent(request.clone()));
    shared.post(Posting {
        parcel,
        request,
        due: None,
    });
}

/// Queues a request. It is sent once and immediately, unless a fault or a setting says otherwise.
///
/// The body is built only for a request that is not lost.
pub(crate) fn send(
    shared: &Shared,
    state: &mut State,
    parcel: Parcel,
    url: &str,
    body: impl FnOnce(&mut State) -> String,
) -> Queued {
    let fault = match parcel {
        Parcel::Call(_) => state.faults.take(Group::Delivery),
        Parcel::Event { .. } => None,
    };
    let copies = number_of_copies(shared, fault.as_ref());
    let lateness = match fault {
        Some(Fault::LateCall(lateness)) => lateness,
        _ => Duration::ZERO,
    };
    if copies == 0 {
        shared.record(state, parcel.lost());
        return Queued::Lost;
    }
    let mut queued = Queued::Later;
    let request = Delivery::to(url, body(state));
    let throttled = state.throttle.0.remove(url).unwrap_or_default();
    let delay = shared.settings.queue.delay;
    let pause = delay.saturating_add(throttled).saturating_add(lateness);
    for _ in 0..copies {
        let due = (!pause.is_zero()).then(|| later(shared, pause));
        if due.is_none() {
            // Recorded before its task runs, so that a reader of the history sees immediately that
            // it was sent.
            shared.record(state, parcel.sent(request.clone()));
            queued = Queued::Sent;
        }
        shared.post(Posting {
            parcel: parcel.clone(),
            request: request.clone(),
            due,
        });
    }
    queued
}

fn number_of_copies(shared: &Shared, fault: Option<&Fault>) -> usize {
    let happens = |chance: f64| rand::random::<f64>() < chance;
    match fault {
        Some(Fault::LostCall) => 0,
        Some(Fault::DoubledCall) => 2,
        _ if happens(shared.settings.queue.loss) => 0,
        _ if happens(shared.settings.queue.duplication) => 2,
        _ => 1,
    }
}

fn later(shared: &Shared, pause: Duration) -> Timestamp {
    let now = shared.now();
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}
