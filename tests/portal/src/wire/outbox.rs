//! Sending queued requests.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::engine::workflow::in_step_dispatch;
use crate::model::history::{Delivery, Outgoing};
use crate::model::queue::{Parcel, Posting};
use crate::model::shared::Shared;
use crate::wire::delivery;

/// How often a request without a 2xx response is retried, if it is.
const RETRIES: usize = 3;

/// The pause before a retry.
const RETRY_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Sends a request, and retries it if set to; a request that is due later is recorded when it is
/// sent.
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
        let is_acknowledged = matches!(&sent.outcome, Outgoing::Responded(response) if (200..300).contains(&response.status));
        let ended = shared.now();
        let took = Duration::try_from(ended.duration_since(began)).unwrap_or_default();
        store_outcome(&shared, &parcel, &request, sent, took);
        if is_acknowledged {
            return;
        }
        due = Some(ended.checked_add(RETRY_PAUSE).unwrap_or(Timestamp::MAX));
    }
}

/// Stores what came back, and how long that took.
fn store_outcome(
    shared: &Shared,
    parcel: &Parcel,
    request: &Delivery,
    sent: Delivery,
    took: Duration,
) {
    let state = &mut *shared.lock();
    let throttle_after = shared.settings.queue.throttle_after;
    if throttle_after.is_some_and(|limit| took > limit) {
        state.throttle.0.insert(request.url.clone(), took);
    }
    // Copies of one request are equal, so any of them without a response is the right one.
    state.history.fill_in(request, &sent);
    if let Parcel::Call(token) = parcel {
        in_step_dispatch::handler_responded(shared, state, token, sent);
    }
    shared.wake();
}

/// Sends what comes through the outbox, each request in a task of its own.
pub(crate) async fn run(shared: Arc<Shared>, mut outbox: mpsc::UnboundedReceiver<Posting>) {
    while let Some(posting) = outbox.recv().await {
        shared.spawn(deliver(Arc::clone(&shared), posting));
    }
}
