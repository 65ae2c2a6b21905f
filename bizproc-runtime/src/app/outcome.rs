//! The words for what becomes of a call: the same in logs, in metrics and on the operator's page.

use tracing::Span;

use crate::call::Envelope;
use crate::portal::claimed;
use crate::store::{Acceptance, CallToSend, Next};

/// The robot of a call that the application does not have: its code is the portal's text. No
/// code has such characters.
pub(super) const UNKNOWN_ROBOT: &str = "(unknown)";

/// What a call that came is logged in. The workflow is named here and nowhere else: later lines
/// of the call have the same `event`.
pub(super) fn coming(envelope: &Envelope) -> Span {
    tracing::info_span!(
        "accept",
        portal = %claimed(&envelope.auth.member_id),
        robot = %claimed(&envelope.code),
        workflow = %claimed(&envelope.workflow_id),
        event = ?envelope.event_token,
    )
}

/// What becomes of an attempt to send an answer is logged in.
pub(super) fn replying(sent: &CallToSend) -> Span {
    tracing::info_span!(
        "reply",
        portal = sent.call.member_id,
        robot = sent.call.code,
        event = ?sent.call.event_token,
        attempt = sent.sending.attempts + 1,
    )
}

/// Logs that a call is kept, or was before.
pub(super) fn came(acceptance: Acceptance) {
    let outcome = match acceptance {
        Acceptance::New => "accepted",
        Acceptance::Duplicate => "duplicate",
        Acceptance::Repeated => "repeated",
    };
    tracing::info!(outcome, "a call came");
}

/// What a run of a robot's code ended with; `None` is a reply.
pub(super) fn of_run(next: Option<&Next>) -> &'static str {
    match next {
        None => "replied",
        Some(Next::Defer) => "deferred",
        Some(Next::RunAgain(_)) => "again",
        Some(Next::Settle(settlement)) => settlement.name(),
        Some(Next::Bury(_)) => "dead",
        Some(Next::Answer(_) | Next::SendAgain(..) | Next::SayAgain(..)) => "failed",
    }
}

/// Logs how a run of a robot's code ended.
pub(super) fn ran(next: Option<&Next>) {
    tracing::info!(outcome = of_run(next), "the run ended");
}

/// What an attempt to send an answer ended with.
pub(super) fn of_reply(next: &Next) -> &'static str {
    match next {
        Next::SayAgain(..) => "taken",
        Next::Settle(settlement) => settlement.name(),
        Next::Bury(_) => "dead",
        Next::SendAgain(..) | Next::RunAgain(_) | Next::Defer | Next::Answer(_) => "again",
    }
}
