//! The outcomes of a call: the same words in logs and in metrics.

use crate::store::{AcceptOutcome, Completion, Transition};

/// The label of a robot that the application does not have: the code in such a call is the
/// portal's text. No code has these characters.
pub(crate) const UNKNOWN_ROBOT: &str = "(unknown)";

/// The outcome of accepting a call.
pub(crate) fn accept_label(outcome: AcceptOutcome) -> &'static str {
    match outcome {
        AcceptOutcome::Accepted => "accepted",
        AcceptOutcome::Duplicate => "duplicate",
        AcceptOutcome::Redelivered => "redelivered",
    }
}

/// The outcome of a run; `None` is a reply.
pub(crate) fn run_label(next: Option<&Transition>) -> &'static str {
    match next {
        None => "replied",
        Some(Transition::Defer) => "deferred",
        Some(Transition::RetryRun(_)) => "retry",
        Some(Transition::Complete(completion)) => completion_label(*completion),
        Some(Transition::DeadLetter(_)) => "dead",
        Some(Transition::Reply(_) | Transition::RetrySend(..) | Transition::Redeliver(..)) => {
            "failed"
        }
    }
}

/// The outcome of an attempt to send a reply.
pub(crate) fn send_label(next: &Transition) -> &'static str {
    match next {
        Transition::Redeliver(..) => "delivered",
        Transition::Complete(completion) => completion_label(*completion),
        Transition::DeadLetter(_) => "dead",
        Transition::RetrySend(..)
        | Transition::RetryRun(_)
        | Transition::Defer
        | Transition::Reply(_) => "retry",
    }
}

/// The last acknowledgement of a reply has another label than those before it, after which the
/// reply is redelivered.
fn completion_label(completion: Completion) -> &'static str {
    match completion {
        Completion::Delivered => "completed",
        other => other.name(),
    }
}
