//! One run of a robot's code, and the call's next state.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::handler::AnyRobot;
use super::replies::Replies;
use crate::app::backoff::{RUN_BACKOFF, delay_after};
use crate::app::leases::{Held, Leases};
use crate::app::portals::Portals;
use crate::app::settings::RunSettings;
use crate::app::telemetry::outcome::run_label;
use crate::app::telemetry::{metrics, spans};
use crate::call::{CallContext, Replied, ReplySink, form};
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::store::{CallHead, CallToRun, Completion, NewCall, Store, StoredReply, Transition};

/// How many runs may be cut off by a process exit before the call itself is suspected and becomes a
/// dead letter.
const MAX_CRASHED_RUNS: u32 = 20;

/// Runs robots' code.
pub(super) struct Runner {
    portals: Arc<Portals>,
    replies: Arc<dyn ReplySink>,
    settings: RunSettings,
}

impl Runner {
    pub(super) fn new(
        store: &Arc<dyn Store>,
        portals: &Arc<Portals>,
        settings: RunSettings,
    ) -> Self {
        Self {
            portals: Arc::clone(portals),
            replies: Arc::new(Replies(Arc::clone(store))),
            settings,
        }
    }

    /// Runs the code of a claimed call, and ends the claim.
    pub(super) async fn run_claimed(
        &self,
        robot: &Arc<AnyRobot>,
        run: CallToRun,
        held: Held,
        leases: &Leases,
    ) {
        let span = spans::run_span(&run);
        let running = async {
            let began = Instant::now();
            let next = self.run(robot, run).await;
            metrics::run_finished(robot.definition.code(), next.as_ref(), began.elapsed());
            tracing::info!(outcome = run_label(next.as_ref()), "the run ended");
            let Some(next) = next else { return };
            let is_failure = matches!(next, Transition::RetryRun(_) | Transition::Reply(_));
            if !leases.finish(held, next).await && is_failure {
                tracing::warn!("the robot's code failed after its reply, which stands");
            }
        };
        running.instrument(span).await;
    }

    /// Runs the code of a call that is stored nowhere; its reply goes to the portal immediately,
    /// in one attempt.
    pub(super) async fn run_unpersisted(
        &self,
        robot: &Arc<AnyRobot>,
        call: NewCall,
        portal: Arc<Portal>,
    ) {
        let context = self.context(call.head, portal, None);
        let Err(error) = self.attempt(robot, context.clone(), call.body).await else {
            return;
        };
        tracing::error!("the robot failed: {}", redacted(&error));
        let reply = failure_reply(robot, &context.portal, &error);
        if let Err(error) = context.reply(reply).await {
            tracing::error!("the workflow gets no reply: {error}");
        }
    }

    /// The call's next state; `None` after a reply.
    async fn run(&self, robot: &Arc<AnyRobot>, run: CallToRun) -> Option<Transition> {
        let crashed_runs = run.runs_started.saturating_sub(run.failures);
        match self.precheck(&run.call.head, crashed_runs).await {
            Ok(portal) => {
                self.run_to_transition(robot, run.call, portal, run.failures)
                    .await
            }
            Err(next) => Some(next),
        }
    }

    /// The portal to run the code for; the next state of a call whose code is not to run.
    async fn precheck(
        &self,
        head: &CallHead,
        crashed_runs: u32,
    ) -> Result<Arc<Portal>, Transition> {
        if crashed_runs > MAX_CRASHED_RUNS {
            let reason = format!(
                "the program ended {MAX_CRASHED_RUNS} times while it ran this call; find out what \
                 the call does, then retry it"
            );
            tracing::error!("dead letter: {reason}");
            return Err(Transition::DeadLetter(reason));
        }
        if head.is_late(SystemTime::now()) {
            tracing::warn!("the step stopped waiting before the robot's code could run");
            return Err(Transition::Complete(Completion::Expired));
        }
        self.portals.get(&head.member_id).await.ok_or_else(|| {
            tracing::warn!("the portal has uninstalled the application");
            Transition::Complete(Completion::Uninstalled)
        })
    }

    async fn run_to_transition(
        &self,
        robot: &Arc<AnyRobot>,
        call: NewCall,
        portal: Arc<Portal>,
        failures: u32,
    ) -> Option<Transition> {
        let sink = Arc::clone(&self.replies);
        let context = self.context(call.head, portal, Some(sink));
        let error = match self.attempt(robot, context.clone(), call.body).await {
            Ok(replied) if replied.is_deferred() => return Some(Transition::Defer),
            Ok(_) => return None,
            Err(error) => error,
        };
        let attempts = failures.saturating_add(1);
        if is_final(&context.head, &error) || attempts >= self.settings.max_attempts {
            tracing::error!("the robot failed: {}", redacted(&error));
            let reply = failure_reply(robot, &context.portal, &error);
            return Some(Transition::Reply(reply));
        }
        let retry_in = delay_after(RUN_BACKOFF, failures);
        let reason = redacted(&error);
        tracing::warn!(
            ?retry_in,
            "the robot's code failed and runs again: {reason}"
        );
        Some(Transition::RetryRun(SystemTime::now() + retry_in))
    }

    /// One run of the robot's code: in a task of its own, so that a panic ends the task and not the
    /// worker, and with a time limit, so that a hanging run does not stop the others. The task ends
    /// with this future at the latest.
    async fn attempt(
        &self,
        robot: &Arc<AnyRobot>,
        context: CallContext,
        body: Bytes,
    ) -> Result<Replied> {
        let head = Arc::clone(&context.head);
        let limit = self.time_limit(&head);
        let limits = self.settings.form_limits.clone();
        let robot = Arc::clone(robot);
        let run = async move {
            let running = {
                let properties = form(&body, &limits)?;
                robot.prepare(&properties, context)?
            };
            running.await.map_err(handler_error)
        };
        // The span of the call holds what the robot's code logs.
        let task = AbortOnDropHandle::new(tokio::spawn(run.in_current_span()));
        match tokio::time::timeout(limit, task).await {
            Ok(Ok(result)) => check_replied(&head, result?),
            Ok(Err(panicked)) => {
                let message =
                    "the robot's code panicked; its message stands in the program's output";
                Err(Error::new(ErrorKind::Handler, message).with_source(panicked))
            }
            Err(_) => {
                let message = format!("the robot's code did not end within {limit:?}");
                Err(Error::new(ErrorKind::Handler, message))
            }
        }
    }

    /// A run ends when the step stops waiting, at the latest.
    fn time_limit(&self, head: &CallHead) -> Duration {
        let limit = self.settings.handler_timeout;
        head.deadline.map_or(limit, |deadline| {
            let left = deadline.duration_since(SystemTime::now());
            left.unwrap_or_default().min(limit)
        })
    }

    fn context(
        &self,
        head: CallHead,
        portal: Arc<Portal>,
        replies: Option<Arc<dyn ReplySink>>,
    ) -> CallContext {
        let mut client = self.portals.limited_client(&portal);
        if let Some(own) = head.access_token.clone() {
            client = client.with_token(own);
        }
        CallContext {
            head: Arc::new(head),
            portal,
            client,
            replies,
            next_line: Arc::default(),
        }
    }
}

fn handler_error(error: BoxError) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(error) => Error::handler(error),
    }
}

/// Only on purpose can code return another call's `Replied`.
fn check_replied(head: &CallHead, replied: Replied) -> Result<Replied> {
    if replied.event_token() == &head.event_token {
        return Ok(replied);
    }
    let message = "the robot's code returned the reply of another call";
    Err(Error::new(ErrorKind::Handler, message))
}

/// Whether another attempt cannot help.
fn is_final(head: &CallHead, error: &Error) -> bool {
    head.is_late(SystemTime::now())
        || matches!(
            error.kind(),
            ErrorKind::InvalidProperties | ErrorKind::BadRequest
        )
}

/// The workflow continues with the robot's failure values, and its log says why.
fn failure_reply(robot: &AnyRobot, portal: &Portal, error: &Error) -> StoredReply {
    let code = robot.definition.code();
    let text = error.to_string();
    StoredReply {
        return_values: robot.failure(&text, &portal.culture),
        log_message: Some(format!("The robot `{code}` failed: {text}")),
    }
}

/// The error without what people typed into a property: that belongs into the workflow's log, not
/// into the program's.
fn redacted(error: &Error) -> String {
    let Some(properties) = error.invalid_properties() else {
        return error.to_string();
    };
    let names: Vec<_> = properties
        .faults()
        .iter()
        .map(|fault| format!("`{}`", fault.property))
        .collect();
    format!("properties do not fit: {}", names.join(", "))
}
