//! The verdict on a portal's response to `bizproc.event.send`, in one function.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::store::Completion;

/// A `404` from an older portal may mean that the reply came before the workflow was saved.
const NOT_FOUND_GRACE: Duration = Duration::from_mins(5);
/// How long a reply to a locked workflow, or to an engine that throws, is retried.
const LOCK_RETRY_FOR: Duration = Duration::from_mins(10);

/// What happened before this response.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SendContext {
    /// A send may have been executed although it failed.
    pub(super) ambiguous: bool,
    /// The portal acknowledged the reply before.
    pub(super) delivered: bool,
    /// How long ago the call came.
    pub(super) age: Duration,
    /// How long ago the first send was made.
    pub(super) trying_for: Duration,
    /// The response is to one command of a batch.
    pub(super) in_batch: bool,
}

/// What to do after a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// The call is completed.
    Complete(Completion),
    /// Send again after the next delay.
    Retry,
    /// Send nothing to this portal for a while; a person must look, for this reason.
    Pause(&'static str),
    /// Either the portal is blocked or the step's token is not its own: another request to the
    /// portal finds out which.
    Diagnose,
    /// Nothing this program can do will help; a person must look, for this reason.
    DeadLetter(&'static str),
}

/// Whether the same request may go through with another token.
pub(super) fn is_token_refused(error: &Error) -> bool {
    let codes = [
        "expired_token",
        "invalid_token",
        "NO_AUTH_FOUND",
        "APPLICATION_NOT_FOUND",
        "authorization_error",
        "user_access_error",
        "insufficient_scope",
    ];
    codes.iter().any(|code| error.has_code(code))
}

/// The rule for each response; without a refusal the portal acknowledged the reply.
pub(super) fn judge(refusal: Option<&Error>, context: SendContext) -> Action {
    let Some(error) = refusal else {
        return Action::Complete(Completion::Delivered);
    };
    match (error.kind(), error.status()) {
        (ErrorKind::Rejected, _) => judge_code(error, context),
        (ErrorKind::InvalidResponse, Some(300..=399)) => Action::Pause(
            "the portal points to another address, which the authorisation server does not \
                 confirm; install the application again",
        ),
        (ErrorKind::Connect | ErrorKind::NoResponse | ErrorKind::InvalidResponse, _) => {
            Action::Retry
        }
        _ => Action::DeadLetter("the reply could not be put into a request"),
    }
}

fn judge_code(error: &Error, context: SendContext) -> Action {
    let code = error.code().unwrap_or_default().to_ascii_uppercase();
    match code.as_str() {
        "404" | "499" if context.delivered => Action::Complete(Completion::Delivered),
        "404" | "499" if context.ambiguous => Action::Complete(Completion::PresumedDelivered),
        "404" if context.age < NOT_FOUND_GRACE => Action::Retry,
        "404" | "499" => Action::Complete(Completion::WorkflowGone),
        "423" if context.trying_for < LOCK_RETRY_FOR => Action::Retry,
        "423" => Action::DeadLetter("the workflow stayed locked; look for it among the hung ones"),
        // Thrown by a later step as often as by ours: sent again, the reply then meets a `404`.
        _ if error.is_engine_failure() && context.trying_for < LOCK_RETRY_FOR => Action::Retry,
        _ if error.is_engine_failure() => {
            Action::DeadLetter("the workflow engine fails at this step or a later one; look at it")
        }
        "402" => Action::Pause("the plan's limit of workflows is reached; extend the plan"),
        "QUERY_LIMIT_EXCEEDED" | "OPERATION_TIME_LIMIT" | "CONNECTION_ERROR" => Action::Retry,
        // It expired while the batch was executed: the next request is refused as a whole, and gets a
        // new token.
        "EXPIRED_TOKEN" if context.in_batch => Action::Retry,
        _ if is_token_refused(error) => {
            Action::Pause("no token is accepted; install the application again")
        }
        "OVERLOAD_LIMIT" | "PAYMENT_REQUIRED" | "PORTAL_DELETED" => {
            Action::Pause("the portal is blocked, unpaid or deleted")
        }
        "ACCESS_DENIED" => Action::Diagnose,
        _ if error.is_server_failure() || matches!(error.status(), Some(500..=599)) => {
            Action::Retry
        }
        _ => Action::DeadLetter(
            "the portal refused the reply; compare it with the robot's definition",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(code: &str, status: u16, context: SendContext) -> Action {
        judge(Some(&Error::portal(code.into(), "text", status)), context)
    }

    const FRESH: SendContext = SendContext {
        ambiguous: false,
        delivered: false,
        age: Duration::ZERO,
        trying_for: Duration::ZERO,
        in_batch: false,
    };
    const OLD: SendContext = SendContext {
        age: Duration::from_hours(1),
        ..FRESH
    };

    #[test]
    fn what_was_not_executed_or_may_not_have_been_is_retried() {
        assert_eq!(judge(None, FRESH), Action::Complete(Completion::Delivered));
        for kind in [
            ErrorKind::Connect,
            ErrorKind::NoResponse,
            ErrorKind::InvalidResponse,
        ] {
            assert_eq!(judge(Some(&Error::new(kind, "x")), FRESH), Action::Retry);
        }
        for (code, status) in [
            ("QUERY_LIMIT_EXCEEDED", 503),
            ("OPERATION_TIME_LIMIT", 429),
            ("INTERNAL_SERVER_ERROR", 500),
            ("ERROR_UNEXPECTED_ANSWER", 500),
            // As a command of a batch says it.
            ("INTERNAL_SERVER_ERROR", 200),
            ("CONNECTION_ERROR", 401),
            ("ERROR_CORE", 400),
            ("0", 400),
        ] {
            assert_eq!(action(code, status, OLD), Action::Retry, "{code}");
        }
    }

    #[test]
    fn a_workflow_that_is_gone_is_not_an_early_reply() {
        let ambiguous = SendContext {
            ambiguous: true,
            ..OLD
        };
        assert_eq!(action("404", 400, FRESH), Action::Retry);
        assert_eq!(
            action("404", 400, OLD),
            Action::Complete(Completion::WorkflowGone)
        );
        assert_eq!(
            action("499", 400, FRESH),
            Action::Complete(Completion::WorkflowGone)
        );
        let delivered = SendContext {
            delivered: true,
            ..ambiguous
        };
        for code in ["404", "499"] {
            let verdict = |context| action(code, 400, context);
            let presumed = Action::Complete(Completion::PresumedDelivered);
            assert_eq!(verdict(ambiguous), presumed, "{code}");
            assert_eq!(
                verdict(delivered),
                Action::Complete(Completion::Delivered),
                "{code}"
            );
        }
    }

    #[test]
    fn a_locked_workflow_is_retried_for_ten_minutes_however_old_the_call_is() {
        let long = SendContext {
            trying_for: LOCK_RETRY_FOR,
            ..OLD
        };
        assert_eq!(action("423", 400, OLD), Action::Retry);
        assert!(matches!(action("423", 400, long), Action::DeadLetter(_)));
        assert!(matches!(action("0", 400, long), Action::DeadLetter(_)));
    }

    #[test]
    fn a_portal_that_accepts_no_token_is_paused() {
        for code in [
            "expired_token",
            "invalid_token",
            "NO_AUTH_FOUND",
            "authorization_error",
            "user_access_error",
            "insufficient_scope",
        ] {
            assert!(
                matches!(action(code, 401, FRESH), Action::Pause(_)),
                "{code}"
            );
        }
    }

    #[test]
    fn a_token_that_expires_while_a_batch_is_executed_is_renewed_with_the_next_request() {
        let in_batch = SendContext {
            in_batch: true,
            ..FRESH
        };
        assert_eq!(action("expired_token", 200, in_batch), Action::Retry);
        let is_paused = matches!(action("invalid_token", 200, in_batch), Action::Pause(_));
        assert!(is_paused);
    }

    #[test]
    fn a_blocked_portal_is_paused() {
        for code in [
            "OVERLOAD_LIMIT",
            "PAYMENT_REQUIRED",
            "PORTAL_DELETED",
            "402",
        ] {
            let is_paused = matches!(action(code, 401, FRESH), Action::Pause(_));
            assert!(is_paused, "{code}");
        }
        let moved = Error::new(ErrorKind::InvalidResponse, "x").with_status(302);
        assert!(matches!(judge(Some(&moved), FRESH), Action::Pause(_)));
        assert_eq!(action("ACCESS_DENIED", 403, FRESH), Action::Diagnose);
    }

    #[test]
    fn what_nothing_helps_becomes_a_dead_letter() {
        assert!(matches!(
            action("ERROR_ARGUMENT", 400, FRESH),
            Action::DeadLetter(_)
        ));
    }

    #[test]
    fn a_page_of_a_proxy_is_not_ambiguous() {
        for (status, ambiguous) in [
            (200, true),
            (302, false),
            (403, false),
            (502, true),
            (503, false),
        ] {
            let error = Error::new(ErrorKind::InvalidResponse, "x").with_status(status);
            assert_eq!(error.is_ambiguous(), ambiguous, "{status}");
        }
        assert!(Error::portal("0".into(), "", 400).is_ambiguous());
        assert!(Error::portal("INTERNAL_SERVER_ERROR".into(), "", 200).is_ambiguous());
        assert!(!Error::portal("423".into(), "", 400).is_ambiguous());
    }
}
