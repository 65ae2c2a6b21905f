//! What an answer of `bizproc.event.send` means, in one function.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::store::Completion;

/// A `404` from an older portal may mean that the reply came before the workflow was saved.
const EARLY: Duration = Duration::from_mins(5);
/// How long a locked workflow, or an engine that throws, is tried again.
const LOCKED: Duration = Duration::from_mins(10);

/// What came before this attempt.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct History {
    /// An attempt may have been executed although it failed.
    pub(super) ambiguous: bool,
    /// The portal took the answer before.
    pub(super) taken: bool,
    /// How long ago the call came.
    pub(super) age: Duration,
    /// How long ago the first attempt was made.
    pub(super) trying: Duration,
    /// The answer is one command's of a batch that the portal took.
    pub(super) in_batch: bool,
}

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Settle(Completion),
    /// Try again after the schedule's next pause.
    Retry,
    /// Nothing is sent to this portal for a while: for this reason a person must look.
    Park(&'static str),
    /// Either the portal is blocked or the step's token is not its own: ask the portal for
    /// something else to tell.
    Probe,
    /// Nothing this program can do will help: for this reason a person must look.
    GiveUp(&'static str),
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

/// The rule for each answer; `None` is `true` from the portal.
pub(super) fn judge(refusal: Option<&Error>, history: History) -> Action {
    let Some(error) = refusal else {
        return Action::Settle(Completion::Delivered);
    };
    match (error.kind(), error.status()) {
        (ErrorKind::Rejected, _) => judge_code(error, history),
        (ErrorKind::InvalidResponse, Some(300..=399)) => Action::Park(
            "the portal points to another address, which the authorisation server does not \
                 confirm; install the application again",
        ),
        (ErrorKind::Connect | ErrorKind::NoResponse | ErrorKind::InvalidResponse, _) => {
            Action::Retry
        }
        _ => Action::GiveUp("the reply could not be put into a request"),
    }
}

fn judge_code(error: &Error, history: History) -> Action {
    let code = error.code().unwrap_or_default().to_ascii_uppercase();
    match code.as_str() {
        "404" | "499" if history.taken => Action::Settle(Completion::Delivered),
        "404" | "499" if history.ambiguous => Action::Settle(Completion::PresumedDelivered),
        "404" if history.age < EARLY => Action::Retry,
        "404" | "499" => Action::Settle(Completion::WorkflowGone),
        "423" if history.trying < LOCKED => Action::Retry,
        "423" => Action::GiveUp("the workflow stayed locked; look for it among the hung ones"),
        // Thrown by a later step as often as by ours: said again, the reply meets a `404` then.
        _ if error.is_engine_failure() && history.trying < LOCKED => Action::Retry,
        _ if error.is_engine_failure() => {
            Action::GiveUp("the workflow engine fails at this step or a later one; look at it")
        }
        "402" => Action::Park("the plan's limit of workflows is reached; extend the plan"),
        "QUERY_LIMIT_EXCEEDED" | "OPERATION_TIME_LIMIT" | "CONNECTION_ERROR" => Action::Retry,
        // While the batch was executed: the next request is refused as a whole, and gets a new one.
        "EXPIRED_TOKEN" if history.in_batch => Action::Retry,
        _ if is_token_refused(error) => {
            Action::Park("no token is accepted; install the application again")
        }
        "OVERLOAD_LIMIT" | "PAYMENT_REQUIRED" | "PORTAL_DELETED" => {
            Action::Park("the portal is blocked, unpaid or deleted")
        }
        "ACCESS_DENIED" => Action::Probe,
        _ if error.is_server_failure() || matches!(error.status(), Some(500..=599)) => {
            Action::Retry
        }
        _ => Action::GiveUp("the portal refused the reply; compare it with the robot's definition"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(code: &str, status: u16, history: History) -> Action {
        judge(Some(&Error::portal(code.into(), "text", status)), history)
    }

    const FRESH: History = History {
        ambiguous: false,
        taken: false,
        age: Duration::ZERO,
        trying: Duration::ZERO,
        in_batch: false,
    };
    const OLD: History = History {
        age: Duration::from_hours(1),
        ..FRESH
    };

    #[test]
    fn what_was_not_executed_or_may_not_have_been_is_tried_again() {
        assert_eq!(judge(None, FRESH), Action::Settle(Completion::Delivered));
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
    fn a_workflow_that_is_gone_is_told_from_an_early_reply() {
        let ambiguous = History {
            ambiguous: true,
            ..OLD
        };
        assert_eq!(action("404", 400, FRESH), Action::Retry);
        assert_eq!(
            action("404", 400, OLD),
            Action::Settle(Completion::WorkflowGone)
        );
        assert_eq!(
            action("499", 400, FRESH),
            Action::Settle(Completion::WorkflowGone)
        );
        let taken = History {
            taken: true,
            ..ambiguous
        };
        for code in ["404", "499"] {
            let settled = |history| action(code, 400, history);
            let assumed = Action::Settle(Completion::PresumedDelivered);
            assert_eq!(settled(ambiguous), assumed, "{code}");
            assert_eq!(
                settled(taken),
                Action::Settle(Completion::Delivered),
                "{code}"
            );
        }
    }

    #[test]
    fn a_lock_is_tried_for_ten_minutes_however_old_the_call_is() {
        let long = History {
            trying: LOCKED,
            ..OLD
        };
        assert_eq!(action("423", 400, OLD), Action::Retry);
        assert!(matches!(action("423", 400, long), Action::GiveUp(_)));
        assert!(matches!(action("0", 400, long), Action::GiveUp(_)));
    }

    #[test]
    fn a_portal_that_takes_no_token_is_waited_for() {
        for code in [
            "expired_token",
            "invalid_token",
            "NO_AUTH_FOUND",
            "authorization_error",
            "user_access_error",
            "insufficient_scope",
        ] {
            assert!(
                matches!(action(code, 401, FRESH), Action::Park(_)),
                "{code}"
            );
        }
    }

    #[test]
    fn a_token_that_expires_while_a_batch_is_executed_is_renewed_with_the_next_request() {
        let in_batch = History {
            in_batch: true,
            ..FRESH
        };
        assert_eq!(action("expired_token", 200, in_batch), Action::Retry);
        let parked = matches!(action("invalid_token", 200, in_batch), Action::Park(_));
        assert!(parked);
    }

    #[test]
    fn a_blocked_portal_is_waited_for() {
        for code in [
            "OVERLOAD_LIMIT",
            "PAYMENT_REQUIRED",
            "PORTAL_DELETED",
            "402",
        ] {
            let parked = matches!(action(code, 401, FRESH), Action::Park(_));
            assert!(parked, "{code}");
        }
        let moved = Error::new(ErrorKind::InvalidResponse, "x").with_status(302);
        assert!(matches!(judge(Some(&moved), FRESH), Action::Park(_)));
        assert_eq!(action("ACCESS_DENIED", 403, FRESH), Action::Probe);
    }

    #[test]
    fn what_nothing_helps_is_given_up() {
        assert!(matches!(
            action("ERROR_ARGUMENT", 400, FRESH),
            Action::GiveUp(_)
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
