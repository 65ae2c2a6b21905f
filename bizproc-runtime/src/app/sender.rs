//! Sends answers to the portals: takes them from the store, tries until the portal took them or
//! nothing helps.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::Semaphore;

use super::service::Shared;
use super::worker::{STORE_PAUSE, keep};
use crate::call::{Action, Envelope, History, judge};
use crate::error::{Error, Kind, Result};
use crate::rest::Client;
use crate::store::{AnsweredCall, Settlement};

/// The pauses between the attempts to send. They have no end of their own: a portal may be away
/// for long, and an answer is not given up for that.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_mins(1))
    .without_max_times();

/// How many answers are on their way to one portal at the same time.
const CONCURRENCY: usize = 8;

pub(super) async fn run(shared: Arc<Shared>) {
    // A portal's own permits, so that one that does not answer holds up nobody else.
    let mut permits = HashMap::<String, Arc<Semaphore>>::new();
    loop {
        match shared.store.next_to_send().await {
            Ok(answered) => {
                permits.retain(|_, permits| Arc::strong_count(permits) > 1);
                let permits = permits.entry(answered.call.member_id.clone());
                let permits = permits.or_insert_with(|| Arc::new(Semaphore::new(CONCURRENCY)));
                let (shared, permits) = (Arc::clone(&shared), Arc::clone(permits));
                tokio::spawn(async move { send(&shared, &permits, &answered).await });
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
    fields(
        portal = answered.call.member_id,
        robot = answered.call.code,
        event = ?answered.call.event_token,
    )
)]
async fn send(shared: &Shared, permits: &Semaphore, answered: &AnsweredCall) {
    let token = &answered.call.event_token;
    match deliver(shared, permits, answered).await {
        Ok(settlement) => {
            tracing::info!(outcome = ?settlement, "settled");
            keep("the end of a call", || {
                shared.store.settle(token, settlement)
            })
            .await;
        }
        Err(error) => {
            tracing::error!("the answer could not be sent: {error}");
            keep("the end of a call", || {
                shared.store.bury(token, error.to_string())
            })
            .await;
        }
    }
}

async fn deliver(
    shared: &Shared,
    permits: &Semaphore,
    answered: &AnsweredCall,
) -> Result<Settlement> {
    if !answered.call.waits {
        return Ok(Settlement::NotWaiting);
    }
    let portal = loop {
        match shared.portal_of(&answered.call.member_id).await {
            Err(error) if error.kind() == Kind::Store => {
                tracing::error!("the store gives no portal: {error}");
                tokio::time::sleep(STORE_PAUSE).await;
            }
            result => break result?,
        }
    };
    let stored = shared.client(&portal);
    let own = Envelope::read(&answered.call.body, &shared.limits)?
        .auth
        .access_token;
    let history = History {
        stored_token_used: own.is_none(),
        ..History::default()
    };
    let client = own.map_or_else(|| stored.clone(), |token| stored.with_token(token));
    attempts(permits, answered, client, &stored, history).await
}

async fn attempts(
    permits: &Semaphore,
    answered: &AnsweredCall,
    mut client: Client,
    stored: &Client,
    mut history: History,
) -> Result<Settlement> {
    let (call, answer) = (&answered.call, &answered.answer);
    let (started, mut pauses) = (Instant::now(), PAUSES.build());
    loop {
        if call
            .deadline
            .is_some_and(|deadline| deadline <= SystemTime::now())
        {
            return Ok(Settlement::TooLate);
        }
        history.age = call.called_at.elapsed().unwrap_or_default();
        history.trying = started.elapsed();
        let refusal = {
            let _permit = permits.acquire().await;
            let log_message = answer.log_message.as_deref();
            let sent = client.event_send(&call.event_token, &answer.return_values, log_message);
            sent.await.err()
        };
        history.ambiguous |= refusal.as_ref().is_some_and(Error::is_ambiguous);
        match (judge(refusal.as_ref(), history), refusal) {
            (Action::Settle(settlement), _) => return Ok(settlement),
            (Action::UseStoredToken, _) => {
                history.stored_token_used = true;
                client = stored.clone();
            }
            (Action::GiveUp(advice), refusal) => {
                let error = refusal.unwrap_or_else(|| Error::new(Kind::Portal, "refused"));
                return Err(error.context(advice));
            }
            (Action::Retry, refusal) => {
                let pause = pauses.next().unwrap_or(STORE_PAUSE);
                let reason = refusal.map(|error| error.to_string()).unwrap_or_default();
                tracing::warn!(?pause, "not sent yet: {reason}");
                tokio::time::sleep(pause).await;
            }
        }
    }
}
