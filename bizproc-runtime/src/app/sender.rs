//! Sends answers to the portals: takes them from the store, tries until the portal took them or
//! nothing helps.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::Semaphore;

use super::service::Shared;
use crate::call::{Action, Envelope, History, form, judge};
use crate::error::{Error, Kind, Result};
use crate::rest::Client;
use crate::store::{Settlement, Work};

/// The pauses between the attempts to send: about twelve minutes in all.
const ATTEMPTS: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_mins(1))
    .with_max_times(18);

/// How many answers are on their way at the same time.
const CONCURRENCY: usize = 16;

/// The pause after a store that failed to give work.
const STORE_PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(shared: Arc<Shared>) {
    let permits = Arc::new(Semaphore::new(CONCURRENCY));
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match shared.store.next_to_send().await {
            Ok(work) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    send(&shared, &work).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::error!("the store gives no answers: {error}");
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

#[tracing::instrument(
    name = "reply",
    skip_all,
    fields(portal = work.call.member_id, robot = work.call.code, event = ?work.call.event_token)
)]
async fn send(shared: &Shared, work: &Work) {
    let token = &work.call.event_token;
    let result = match deliver(shared, work).await {
        Ok(settlement) => {
            tracing::info!(outcome = ?settlement, "settled");
            shared.store.settle(token, settlement).await
        }
        Err(error) => {
            tracing::error!("the answer could not be sent: {error}");
            shared.store.bury(token, error.to_string()).await
        }
    };
    if let Err(error) = result {
        tracing::error!("the outcome could not be kept: {error}");
    }
}

async fn deliver(shared: &Shared, work: &Work) -> Result<Settlement> {
    let envelope = Envelope::of(&form(&work.call.body, &shared.limits)?)?;
    if !envelope.waits {
        return Ok(Settlement::NotWaiting);
    }
    let member_id = &work.call.member_id;
    let portal = shared.store.portal(member_id).await?.ok_or_else(|| {
        let message = format!("portal `{member_id}` uninstalled the application");
        Error::new(Kind::Forged, message)
    })?;
    let stored = shared.client(&portal);
    let own_token_tried = envelope.auth.access_token.is_none();
    let client = envelope.auth.access_token.clone();
    let client = client.map_or_else(|| stored.clone(), |token| stored.with_token(token));
    let history = History {
        own_token_tried,
        ..History::default()
    };
    attempts(work, &envelope, client, &stored, history).await
}

async fn attempts(
    work: &Work,
    envelope: &Envelope,
    mut client: Client,
    stored: &Client,
    mut history: History,
) -> Result<Settlement> {
    let answer = &work.answer;
    let mut pauses = ATTEMPTS.build();
    loop {
        history.age = age(envelope);
        let log_message = answer.log_message.as_deref();
        let sent = client.event_send(&envelope.event_token, &answer.return_values, log_message);
        let refusal = sent.await.err();
        history.ambiguous |= refusal.as_ref().is_some_and(Error::is_ambiguous);
        let advice = match judge(refusal.as_ref(), history) {
            Action::Settle(settlement) => return Ok(settlement),
            Action::UseStoredToken => {
                history.own_token_tried = true;
                client = stored.clone();
                continue;
            }
            Action::Retry => {
                if envelope
                    .deadline()
                    .is_some_and(|deadline| deadline <= SystemTime::now())
                {
                    return Ok(Settlement::Gone);
                }
                if let Some(pause) = pauses.next() {
                    tracing::warn!(?pause, "not sent yet: {}", text(refusal.as_ref()));
                    tokio::time::sleep(pause).await;
                    continue;
                }
                "the portal did not take it in all attempts"
            }
            Action::GiveUp(advice) => advice,
        };
        let error = refusal.unwrap_or_else(|| Error::new(Kind::Portal, "refused"));
        return Err(error.context(advice));
    }
}

fn text(error: Option<&Error>) -> String {
    error.map(Error::to_string).unwrap_or_default()
}

/// How long ago the portal queued the call.
fn age(envelope: &Envelope) -> Duration {
    let queued = envelope.queued_at.map(Duration::from_secs);
    let queued = queued.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    queued
        .and_then(|queued| queued.elapsed().ok())
        .unwrap_or_default()
}
