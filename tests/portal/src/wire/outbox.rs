//! Sending what lies in the queue.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::engine::workflow::in_step_dispatch;
use crate::model::history::{Delivery, Outgoing};
use crate::model::queue::{Parcel, Posting};
use crate::model::shared::Shared;
use crate::wire::delivery;

/// How often a request that was not answered 2xx is sent again, if it is.
const RETRIES: usize = 3;

/// How long after its answer.
const RETRY_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Sends a request, and again if it is to be; one that is due later is written down when it is sent.
async fn deliver(shared: Arc<Shared>, posting: Posting) {
    let Posting {
        parcel,
        request,
        mut due,
    } = posting;
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
        in_step_dispatch::answered(shared, state, token, sent);
    }
    shared.wake();
}

/// Sends what comes through the outbox, each request in a task of its own.
pub(crate) async fn run(shared: Arc<Shared>, mut outbox: mpsc::UnboundedReceiver<Posting>) {
    while let Some(posting) = outbox.recv().await {
        shared.spawn(deliver(Arc::clone(&shared), posting));
    }
}
