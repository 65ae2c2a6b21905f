//! The queue between a portal and its applications, through which calls of handlers and events go.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    delivery,
    faults::{Fault, Group},
    history::{Delivery, Event, Outgoing},
    state::{Shared, State},
    token::EventToken,
    workflow,
};

/// How often a request that was not answered 2xx is sent again, if it is.
const RETRIES: usize = 3;

/// How long after its answer.
const RETRY_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// What goes through the queue.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    /// A step's call of its handler.
    Call(EventToken),
    /// An event for a bound handler.
    Event {
        client_id: String,
        name: String,
        handler_id: i64,
    },
}

impl Parcel {
    fn sent(&self, request: Delivery) -> Event {
        match self.clone() {
            Self::Call(token) => Event::Called {
                workflow_id: token.workflow_id,
                activity_name: token.activity_name,
                request,
            },
            Self::Event {
                client_id,
                name,
                handler_id,
            } => Event::Fired {
                client_id,
                name,
                handler_id,
                request,
            },
        }
    }

    fn lost(self) -> Event {
        match self {
            Self::Call(token) => Event::CallLost {
                workflow_id: token.workflow_id,
            },
            Self::Event {
                client_id,
                name,
                handler_id,
            } => Event::EventLost {
                client_id,
                name,
                handler_id,
            },
        }
    }
}

/// What became of a request that was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    Lost,
    Sent,
    /// It is sent when the clock has moved on.
    Later,
}

/// The handlers that answered too slowly, and by how much their next request is late.
#[derive(Debug, Default)]
pub(crate) struct Throttle(HashMap<String, Duration>);

/// Sends a call once more, byte for byte, as a queue that lost its memory would.
pub(crate) fn repeat(shared: &Shared, state: &mut State, token: EventToken, request: Delivery) {
    let parcel = Parcel::Call(token);
    shared.record(state, parcel.sent(request.clone()));
    shared.spawn_with(|shared| deliver(shared, parcel, request, None));
}

/// Queues a request: it is sent once and at once, unless a fault or a setting says otherwise.
///
/// The body is made only for a request that is not lost.
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
    let copies = copies(shared, fault.as_ref());
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
    let pause = shared.settings.queue.delay.saturating_add(throttled);
    let pause = pause.saturating_add(lateness);
    for _ in 0..copies {
        let due = (!pause.is_zero()).then(|| later(shared, pause));
        if due.is_none() {
            // Before its task runs: whoever looks now sees that it was sent.
            shared.record(state, parcel.sent(request.clone()));
            queued = Queued::Sent;
        }
        let (parcel, request) = (parcel.clone(), request.clone());
        shared.spawn_with(|shared| deliver(shared, parcel, request, due));
    }
    queued
}

fn copies(shared: &Shared, fault: Option<&Fault>) -> usize {
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

/// Sends a request, and again if it is to be; one that is due later is written down when it is sent.
async fn deliver(
    shared: Arc<Shared>,
    parcel: Parcel,
    request: Delivery,
    mut due: Option<Timestamp>,
) {
    let retries = if shared.settings.queue.retries {
        RETRIES
    } else {
        0
    };
    for _ in 0..=retries {
        if let Some(due) = due {
            shared.until(due).await;
            shared.record(&mut shared.lock(), parcel.sent(request.clone()));
        }
        let began = shared.now();
        let mut sent = request.clone();
        delivery::post(&shared, &mut sent).await;
        let is_taken = matches!(&sent.outcome, Outgoing::Answered(answer) if (200..300).contains(&answer.status));
        let answered = shared.now();
        let took = Duration::try_from(answered.duration_since(began)).unwrap_or_default();
        note(&shared, &parcel, &request, sent, took);
        if is_taken {
            return;
        }
        due = Some(answered.checked_add(RETRY_PAUSE).unwrap_or(Timestamp::MAX));
    }
}

/// Keeps what came back, and how long that took.
fn note(shared: &Shared, parcel: &Parcel, request: &Delivery, sent: Delivery, took: Duration) {
    let state = &mut *shared.lock();
    let throttle_after = shared.settings.queue.throttle_after;
    if throttle_after.is_some_and(|limit| took > limit) {
        state.throttle.0.insert(request.url.clone(), took);
    }
    // Copies of one request are alike, so any of them that is not answered yet is the right one.
    state.history.answer(request, &sent);
    if let Parcel::Call(token) = parcel {
        workflow::answered(shared, state, token, sent);
    }
    shared.wake();
}
