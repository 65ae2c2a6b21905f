//! Runs the robots' code: takes accepted calls from the store, leaves answers there.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::handler::Route;
use super::service::Shared;
use crate::call::{Envelope, Replied, Run, form};
use crate::error::{Error, Kind, Result};
use crate::rest::Client;
use crate::store::{Answer, NewCall, State};

/// The pauses between the attempts of a robot's code.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_secs(30))
    .with_factor(4.0)
    .without_max_times();

/// The pause after a store that failed.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(shared: Arc<Shared>) {
    let permits = Arc::new(Semaphore::new(shared.concurrency));
    // No more calls are taken than can run: the others wait in the store.
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match shared.store.next_to_run().await {
            Ok(call) => {
                let (shared, permits) = (Arc::clone(&shared), Arc::clone(&permits));
                tokio::spawn(async move { work_on(&shared, &permits, permit, call).await });
            }
            Err(error) => {
                tracing::error!("the store gives no calls: {error}");
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

#[tracing::instrument(
    name = "call",
    skip_all,
    fields(portal = call.member_id, robot = call.code, event = ?call.event_token)
)]
async fn work_on(
    shared: &Arc<Shared>,
    permits: &Arc<Semaphore>,
    permit: OwnedSemaphorePermit,
    call: NewCall,
) {
    let Some(route) = shared.routes.get(call.code.as_str()) else {
        return bury(shared, &call, &shared.unknown_robot(&call.code)).await;
    };
    let call = Arc::new(call);
    let mut permit = Some(permit);
    let mut pauses = PAUSES.build().take(shared.attempts.saturating_sub(1));
    loop {
        let Err(error) = attempt(shared, route, &call).await else {
            return;
        };
        if error.kind() == Kind::Forged {
            return bury(shared, &call, &error).await;
        }
        // A robot's code that replied and then failed is done: the first answer stands.
        let record = shared.store.record(&call.event_token).await;
        if record.is_ok_and(|record| record.is_none_or(|record| record.state != State::Running)) {
            tracing::warn!(
                "the robot's code failed after its reply: {}",
                for_log(&error)
            );
            return;
        }
        let pause = if is_final(&call, &error) {
            None
        } else {
            pauses.next()
        };
        let Some(pause) = pause else {
            tracing::error!("the robot failed: {}", for_log(&error));
            return give_failure(shared, &call, &error).await;
        };
        tracing::warn!(
            ?pause,
            "the robot's code failed and runs again: {}",
            for_log(&error)
        );
        // Others run during the pause.
        drop(permit.take());
        tokio::time::sleep(pause).await;
        permit = Arc::clone(permits).acquire_owned().await.ok();
    }
}

/// One run of the robot's code, in a task of its own, so that a panic ends the task and not the
/// worker, and with an end, so that one that hangs does not stop the others.
async fn attempt(shared: &Arc<Shared>, route: &Arc<Route>, call: &Arc<NewCall>) -> Result<()> {
    let portal = shared.portal_of(&call.member_id).await?;
    let run = prepare(shared, call, portal)?;
    let left = call
        .deadline
        .map(|deadline| deadline.duration_since(SystemTime::now()));
    let left = left.map_or(shared.time_limit, Result::unwrap_or_default);
    let limit = left.min(shared.time_limit);
    let mut task = tokio::spawn({
        let (shared, route, call) = (Arc::clone(shared), Arc::clone(route), Arc::clone(call));
        async move {
            let running = {
                let form = form(&call.body, &shared.limits)?;
                route.prepare(&form, run)?
            };
            Ok::<_, Error>(running.await)
        }
    });
    let Ok(ended) = tokio::time::timeout(limit, &mut task).await else {
        task.abort();
        let message = format!("the robot's code did not end within {limit:?}");
        return Err(Error::new(Kind::Handler, message));
    };
    match ended {
        Ok(Ok(Ok(replied))) => check_replied(call, &replied),
        Ok(Ok(Err(error))) => Err(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::handler(error),
        }),
        Ok(Err(error)) => Err(error),
        Err(panicked) => {
            let message = "the robot's code panicked; its message stands in the program's output";
            Err(Error::new(Kind::Handler, message).with_source(panicked))
        }
    }
}

fn prepare(shared: &Shared, call: &NewCall, portal: crate::portal::Portal) -> Result<Run> {
    let envelope = Envelope::read(&call.body, &shared.limits)?;
    let own = envelope.auth.access_token.clone();
    let token = own.unwrap_or_else(|| portal.access_token.clone());
    let client = Client::with_http(shared.http.clone(), portal.client_endpoint.clone(), token);
    Ok(Run {
        envelope: Arc::new(envelope),
        portal: Arc::new(portal),
        client,
        store: Some(Arc::clone(&shared.store)),
    })
}

/// The only way to another call's `Replied` is to carry it there on purpose.
fn check_replied(call: &NewCall, replied: &Replied) -> Result<()> {
    if replied.event_token() == &call.event_token {
        return Ok(());
    }
    let message = "the robot's code returned the reply of another call";
    Err(Error::new(Kind::Handler, message))
}

/// What another attempt cannot change.
fn is_final(call: &NewCall, error: &Error) -> bool {
    let late = call
        .deadline
        .is_some_and(|deadline| deadline <= SystemTime::now());
    late || matches!(error.kind(), Kind::Properties | Kind::Request)
}

async fn bury(shared: &Shared, call: &NewCall, error: &Error) {
    tracing::error!("given up: {error}");
    keep("the end of a call", || {
        shared.store.bury(&call.event_token, error.to_string())
    })
    .await;
}

/// The workflow goes on without values, and its log says why.
async fn give_failure(shared: &Shared, call: &NewCall, error: &Error) {
    let log_message = Some(format!("The robot `{}` failed: {error}", call.code));
    let answer = Answer {
        log_message,
        ..Answer::default()
    };
    keep("a failure", || {
        shared.store.answer(&call.event_token, answer.clone())
    })
    .await;
}

/// Says it to the store until the store has it: what is not kept is lost.
pub(super) async fn keep<T, F>(what: &str, mut write: impl FnMut() -> F)
where
    F: Future<Output = Result<T>>,
{
    while let Err(error) = write().await {
        tracing::error!("the store does not keep {what}, and is asked again: {error}");
        tokio::time::sleep(STORE_PAUSE).await;
    }
}

/// What people typed into a property belongs into the workflow's log, not into the program's.
fn for_log(error: &Error) -> String {
    let Some(properties) = error.properties() else {
        return error.to_string();
    };
    let names = properties
        .faults()
        .iter()
        .map(|fault| format!("`{}`", fault.property));
    let names = names.collect::<Vec<_>>().join(", ");
    format!("properties do not fit: {names}")
}
