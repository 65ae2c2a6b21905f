//! The words for what becomes of a call: the same in logs, in metrics and on the operator's page.

use tracing::Span;

use crate::call::Envelope;
use crate::portal::untrusted;
use crate::store::{AcceptOutcome, ReplyToSend, Transition};

/// The robot of a call that the application does not have: its code is the portal's text. No
/// code has such characters.
pub(in crate::app) const UNKNOWN_ROBOT: &str = "(unknown)";

/// What a call that came is logged in. The workflow is named here and nowhere else: later lines
/// of the call have the same `event`.
pub(in crate::app) fn coming(envelope: &Envelope) -> Span {
    tracing::info_span!(
        "accept",
        portal = %untrusted(&envelope.auth.member_id),
        robot = %untrusted(&envelope.code),
        workflow = %untrusted(&envelope.workflow_id),
        event = ?envelope.event_token,
    )
}

/// What becomes of an attempt to send an answer is logged in.
pub(in crate::app) fn replying(sent: &ReplyToSend) -> Span {
    tracing::info_span!(
        "reply",
        portal = sent.head.member_id,
        robot = sent.head.code,
        event = ?sent.head.event_token,
        attempt = sent.history.attempts + 1,
    )
}

/// Logs that a call is kept, or was before.
pub(in crate::app) fn came(acceptance: AcceptOutcome) {
    let outcome = match acceptance {
        AcceptOutcome::Accepted => "accepted",
        AcceptOutcome::Duplicate => "duplicate",
        AcceptOutcome::Redelivered => "repeated",
    };
    tracing::info!(outcome, "a call came");
}

/// What a run of a robot's code ended with; `None` is a reply.
pub(in crate::app) fn of_run(next: Option<&Transition>) -> &'static str {
    match next {
        None => "replied",
        Some(Transition::Defer) => "deferred",
        Some(Transition::RetryRun(_)) => "again",
        Some(Transition::Complete(settlement)) => settlement.name(),
        Some(Transition::DeadLetter(_)) => "dead",
        Some(Transition::Reply(_) | Transition::RetrySend(..) | Transition::Redeliver(..)) => {
            "failed"
        }
    }
}

/// Logs how a run of a robot's code ended.
pub(in crate::app) fn ran(next: Option<&Transition>) {
    tracing::info!(outcome = of_run(next), "the run ended");
}

/// What an attempt to send an answer ended with.
pub(in crate::app) fn of_reply(next: &Transition) -> &'static str {
    match next {
        Transition::Redeliver(..) => "taken",
        Transition::Complete(settlement) => settlement.name(),
        Transition::DeadLetter(_) => "dead",
        Transition::RetrySend(..)
        | Transition::RetryRun(_)
        | Transition::Defer
        | Transition::Reply(_) => "again",
    }
}
