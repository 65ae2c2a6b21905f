//! One run of a robot's code, and what becomes of the call then.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backon::ExponentialBuilder;
use bytes::Bytes;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::app::backoff as pauses;
use crate::app::service::Shared;
use crate::app::telemetry::metrics as meter;
use crate::app::telemetry::outcome;
use crate::app::worker::handler::Route;
use crate::call::{Answers, Replied, Run, form};
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::store::{CallHead, CallToRun, Completion, NewCall, StoredReply, Transition};

/// The pauses between the attempts of a robot's code.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_secs(30))
    .with_factor(4.0)
    .without_max_times();

/// How often a run may end without a word, because the program ended, before the call is taken
/// for the reason.
const CRASHES: u32 = 20;

/// Runs the code of a call, in a span of its own.
pub(in crate::app) async fn work_on(shared: &Arc<Shared>, route: &Arc<Route>, run: CallToRun) {
    let span = tracing::info_span!(
        "call",
        portal = run.call.head.member_id,
        robot = run.call.head.code,
        event = ?run.call.head.event_token,
        attempt = run.failures + 1,
    );
    work_in_span(shared, route, run).instrument(span).await;
}

async fn work_in_span(shared: &Arc<Shared>, route: &Arc<Route>, run: CallToRun) {
    let CallToRun {
        call,
        claim,
        runs_started: starts,
        failures,
    } = run;
    let began = std::time::Instant::now();
    let next = match begin(shared, &call, starts.saturating_sub(failures)).await {
        Ok(portal) => after_run(shared, route, call, portal, failures).await,
        Err(next) => Some(next),
    };
    meter::ran(route.definition.code(), next.as_ref(), began.elapsed());
    outcome::ran(next.as_ref());
    let Some(next) = next else { return };
    let has_failed = has_failed(&next);
    if !shared.finish(&claim, next).await && has_failed {
        tracing::warn!("the robot's code failed after its reply, which stands");
    }
}

/// Runs the code of a call that nothing keeps; its reply goes to the portal at once, without
/// another try.
pub(in crate::app) async fn run_unkept(shared: &Arc<Shared>, call: NewCall, portal: Arc<Portal>) {
    let Some(route) = shared.routes.get(call.head.code.as_str()) else {
        tracing::error!("{}", shared.unknown_robot(&call.head.code));
        return;
    };
    let NewCall { head, body } = call;
    let run = prepare(shared, Arc::new(head), portal, None);
    let Err(error) = attempt(shared, route, run.clone(), body).await else {
        return;
    };
    tracing::error!("the robot failed: {}", for_log(&error));
    let failure = failure(route, &run.portal, &error);
    if let Err(error) = run.answer(failure).await {
        tracing::error!("its workflow is not told: {error}");
    }
}

/// Whether the robot's code failed.
fn has_failed(next: &Transition) -> bool {
    matches!(next, Transition::RetryRun(_) | Transition::Reply(_))
}

/// The portal to run the code for; else what becomes of a call whose code is not to run.
async fn begin(shared: &Shared, call: &NewCall, crashes: u32) -> Result<Arc<Portal>, Transition> {
    if crashes > CRASHES {
        let reason = format!(
            "the program ended {CRASHES} times while it ran this call; look for what it does, then \
             try the call again"
        );
        tracing::error!("given up: {reason}");
        return Err(Transition::DeadLetter(reason));
    }
    if call.head.is_late(SystemTime::now()) {
        tracing::warn!("the step stopped waiting before the robot's code could run");
        return Err(Transition::Complete(Completion::Expired));
    }
    shared.portal_of(&call.head.member_id).await.ok_or_else(|| {
        tracing::warn!("the portal uninstalled the application");
        Transition::Complete(Completion::Uninstalled)
    })
}

/// Runs the code; what is left to do, `None` after a reply.
async fn after_run(
    shared: &Arc<Shared>,
    route: &Arc<Route>,
    call: NewCall,
    portal: Arc<Portal>,
    failures: u32,
) -> Option<Transition> {
    let NewCall { head, body } = call;
    let answers: Arc<dyn Answers> = Arc::<Shared>::clone(shared);
    let run = prepare(shared, Arc::new(head), portal, Some(answers));
    let error = match attempt(shared, route, run.clone(), body).await {
        Ok(replied) if replied.is_deferred() => return Some(Transition::Defer),
        Ok(_) => return None,
        Err(error) => error,
    };
    let attempts = failures.saturating_add(1);
    if is_final(&run.head, &error) || attempts >= shared.settings.attempts {
        tracing::error!("the robot failed: {}", for_log(&error));
        return Some(Transition::Reply(failure(route, &run.portal, &error)));
    }
    let pause = pauses::nth(PAUSES, usize::try_from(failures).unwrap_or(usize::MAX));
    tracing::warn!(
        ?pause,
        "the robot's code failed and runs again: {}",
        for_log(&error)
    );
    Some(Transition::RetryRun(SystemTime::now() + pause))
}

/// One run of the robot's code, in a task of its own, so that a panic ends the task and not the
/// worker, and with an end, so that one that hangs does not stop the others. The task ends with
/// this future at the latest.
async fn attempt(
    shared: &Arc<Shared>,
    route: &Arc<Route>,
    run: Run,
    body: Bytes,
) -> Result<Replied> {
    let head = Arc::clone(&run.head);
    let left = head
        .deadline
        .map(|deadline| deadline.duration_since(SystemTime::now()));
    let time_limit = shared.settings.time_limit;
    let limit = left.map_or(time_limit, Result::unwrap_or_default);
    let limit = limit.min(time_limit);
    let mut task = JoinSet::new();
    let run = {
        let (shared, route) = (Arc::clone(shared), Arc::clone(route));
        async move {
            let running = {
                let form = form(&body, &shared.settings.limits)?;
                route.prepare(&form, run)?
            };
            Ok::<_, Error>(running.await)
        }
    };
    // What the robot's code logs stands in the span of its call.
    task.spawn(run.in_current_span());
    let ended = tokio::time::timeout(limit, task.join_next()).await;
    let Some(ended) = ended.ok().flatten() else {
        let message = format!("the robot's code did not end within {limit:?}");
        return Err(Error::new(ErrorKind::Handler, message));
    };
    match ended {
        Ok(Ok(Ok(replied))) => check_replied(&head, replied),
        Ok(Ok(Err(error))) => Err(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::handler(error),
        }),
        Ok(Err(error)) => Err(error),
        Err(panicked) => {
            let message = "the robot's code panicked; its message stands in the program's output";
            Err(Error::new(ErrorKind::Handler, message).with_source(panicked))
        }
    }
}

fn prepare(
    shared: &Shared,
    head: Arc<CallHead>,
    portal: Arc<Portal>,
    answers: Option<Arc<dyn Answers>>,
) -> Run {
    let mut client = shared.paced_client(&portal);
    if let Some(own) = head.access_token.clone() {
        client = client.with_token(own);
    }
    Run {
        head,
        portal,
        client,
        answers,
        next_line: Arc::default(),
    }
}

/// The only way to another call's `Replied` is to carry it there on purpose.
fn check_replied(head: &CallHead, replied: Replied) -> Result<Replied> {
    if replied.event_token() == &head.event_token {
        return Ok(replied);
    }
    let message = "the robot's code returned the reply of another call";
    Err(Error::new(ErrorKind::Handler, message))
}

/// What another attempt cannot change.
fn is_final(head: &CallHead, error: &Error) -> bool {
    head.is_late(SystemTime::now())
        || matches!(
            error.kind(),
            ErrorKind::InvalidProperties | ErrorKind::BadRequest
        )
}

/// The workflow goes on with what the robot's outputs hold on failure, and its log says why.
fn failure(route: &Route, portal: &Portal, error: &Error) -> StoredReply {
    let (code, text) = (route.definition.code(), error.to_string());
    StoredReply {
        return_values: route.failure(&text, &portal.culture),
        log_message: Some(format!("The robot `{code}` failed: {text}")),
    }
}

/// What people typed into a property belongs into the workflow's log, not into the program's.
fn for_log(error: &Error) -> String {
    let Some(properties) = error.invalid_properties() else {
        return error.to_string();
    };
    let names = properties
        .faults()
        .iter()
        .map(|fault| format!("`{}`", fault.property));
    let names = names.collect::<Vec<_>>().join(", ");
    format!("properties do not fit: {names}")
}
