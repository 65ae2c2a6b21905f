//! Runs the robots' code: takes accepted calls from the store, leaves answers there.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::Semaphore;

use super::handler::Route;
use super::service::Shared;
use crate::call::{Envelope, Replied, Run, form};
use crate::error::{Error, Kind, Result};
use crate::rest::Client;
use crate::store::{Answer, NewCall, State, Work};

/// The pauses between the attempts of a robot's code.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_secs(30))
    .with_factor(4.0)
    .without_max_times();

/// The pause after a store that failed to give work.
const STORE_PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(shared: Arc<Shared>) {
    let permits = Arc::new(Semaphore::new(shared.concurrency));
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match shared.store.next_to_run().await {
            Ok(work) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    work_on(&shared, work).await;
                    drop(permit);
                });
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
    fields(portal = work.call.member_id, robot = work.call.code, event = ?work.call.event_token)
)]
async fn work_on(shared: &Shared, work: Work) {
    let call = work.call;
    let Some(route) = shared.routes.get(call.code.as_str()) else {
        let error = shared.unknown_robot(&call.code);
        tracing::error!("{error}");
        if let Err(error) = shared
            .store
            .bury(&call.event_token, error.to_string())
            .await
        {
            tracing::error!("the outcome could not be kept: {error}");
        }
        return;
    };
    let mut pauses = PAUSES.build().take(shared.attempts - 1);
    loop {
        let Err(error) = attempt(shared, route, &call).await else {
            return;
        };
        // A robot's code that replied and then failed is done: the first answer stands.
        let record = shared.store.record(&call.event_token).await;
        if record.is_ok_and(|record| record.is_none_or(|record| record.state != State::Running)) {
            tracing::warn!(
                "the robot's code failed after its reply: {}",
                for_log(&error)
            );
            return;
        }
        let pause = if is_final(&error) {
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
        tokio::time::sleep(pause).await;
    }
}

async fn attempt(shared: &Shared, route: &Route, call: &NewCall) -> Result<()> {
    let portal = shared.store.portal(&call.member_id).await?.ok_or_else(|| {
        let message = format!("portal `{}` uninstalled the application", call.member_id);
        Error::new(Kind::Forged, message)
    })?;
    let running = {
        let form = form(&call.body, &shared.limits)?;
        let envelope = Envelope::of(&form)?;
        let own = envelope.auth.access_token.clone();
        let token = own.unwrap_or_else(|| portal.access_token.clone());
        let (http, endpoint) = (shared.http.clone(), portal.client_endpoint.clone());
        let run = Run {
            envelope: Arc::new(envelope),
            portal: Arc::new(portal),
            client: Client::with_http(http, endpoint, token),
            store: Some(Arc::clone(&shared.store)),
        };
        route.prepare(&form, run)?
    };
    // A task of its own, so that a panic ends the task and not the worker.
    match tokio::spawn(running).await {
        Ok(Ok(replied)) => check_replied(call, &replied),
        Ok(Err(error)) => Err(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::handler(error),
        }),
        Err(panicked) => {
            let message = "the robot's code panicked; its message stands in the program's output";
            Err(Error::new(Kind::Handler, message).with_source(panicked))
        }
    }
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
fn is_final(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Properties | Kind::Request | Kind::Forged
    )
}

/// The workflow goes on without values, and its log says why.
async fn give_failure(shared: &Shared, call: &NewCall, error: &Error) {
    let log_message = Some(format!("The robot `{}` failed: {error}", call.code));
    let answer = Answer {
        log_message,
        ..Answer::default()
    };
    if let Err(error) = shared.store.answer(&call.event_token, answer).await {
        tracing::error!("the failure could not be kept: {error}");
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
