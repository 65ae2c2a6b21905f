//! The spans of a call: the same names and fields wherever a line of its life is logged.

use tracing::Span;

use crate::call::Envelope;
use crate::portal::untrusted;
use crate::store::{CallToRun, ReplyToSend};

/// The span in which a call is accepted. It alone names the workflow: later lines of the call have
/// the same `event`.
pub(crate) fn accept_span(envelope: &Envelope) -> Span {
    tracing::info_span!(
        "accept",
        portal = %untrusted(&envelope.auth.member_id),
        robot = %untrusted(&envelope.code),
        workflow = %untrusted(&envelope.workflow_id),
        event = ?envelope.event_token,
    )
}

/// The span of one run of a robot's code.
pub(crate) fn run_span(run: &CallToRun) -> Span {
    tracing::info_span!(
        "call",
        portal = run.call.head.member_id,
        robot = run.call.head.code,
        event = ?run.call.head.event_token,
        attempt = run.failures + 1,
    )
}

/// The span of one attempt to send a reply.
pub(crate) fn reply_span(reply: &ReplyToSend) -> Span {
    tracing::info_span!(
        "reply",
        portal = reply.head.member_id,
        robot = reply.head.code,
        event = ?reply.head.event_token,
        attempt = reply.history.attempts + 1,
    )
}
