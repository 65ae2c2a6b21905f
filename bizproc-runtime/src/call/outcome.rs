//! What an answer of `bizproc.event.send` means, in one function.

use std::time::Duration;

use crate::error::{Error, Kind};
use crate::store::Settlement;

/// A `404` from an older portal may mean that the reply came before the workflow was saved.
const EARLY: Duration = Duration::from_mins(5);
/// How long a locked workflow, or an engine that throws, is tried again.
const LOCKED: Duration = Duration::from_mins(10);

/// What came before this attempt.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct History {
    /// An attempt may have been executed although it failed.
    pub(crate) ambiguous: bool,
    /// The token stored at installation is in use.
    pub(crate) stored_token_used: bool,
    /// How long ago the call came.
    pub(crate) age: Duration,
    /// How long ago the first attempt was made.
    pub(crate) trying: Duration,
}

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Settle(Settlement),
    /// Try again after the schedule's next pause.
    Retry,
    /// Try again with the token stored at installation.
    UseStoredToken,
    /// Nothing this program can do will help: for this reason a person must look.
    GiveUp(&'static str),
}

/// The rule for each answer; `None` is `true` from the portal.
pub(crate) fn judge(refusal: Option<&Error>, history: History) -> Action {
    let Some(error) = refusal else {
        return Action::Settle(Settlement::Sent);
    };
    match (error.kind(), error.status()) {
        (Kind::Portal, _) => judge_code(error, history),
        (Kind::Answer, Some(300..=399)) => {
            Action::GiveUp("the portal moved to another address; install the application again")
        }
        (Kind::Connect | Kind::Interrupted | Kind::Answer, _) => Action::Retry,
        _ => Action::GiveUp("the reply could not be put into a request"),
    }
}

fn judge_code(error: &Error, history: History) -> Action {
    let code = error.code().unwrap_or_default().to_ascii_uppercase();
    match code.as_str() {
        "404" | "499" if history.ambiguous => Action::Settle(Settlement::Sent),
        "404" if history.age < EARLY => Action::Retry,
        "404" | "499" => Action::Settle(Settlement::Gone),
        "423" if history.trying < LOCKED => Action::Retry,
        "423" => Action::GiveUp("the workflow stayed locked; look for it among the hung ones"),
        // Thrown by a later step as often as by ours: said again, the reply meets a `404` then.
        _ if error.is_engine_failure() && history.trying < LOCKED => Action::Retry,
        _ if error.is_engine_failure() => {
            Action::GiveUp("the workflow engine fails at this step or a later one; look at it")
        }
        "402" => Action::GiveUp("the plan's limit of workflows is reached; extend the plan"),
        "QUERY_LIMIT_EXCEEDED" | "OPERATION_TIME_LIMIT" | "CONNECTION_ERROR" => Action::Retry,
        "EXPIRED_TOKEN"
        | "INVALID_TOKEN"
        | "NO_AUTH_FOUND"
        | "APPLICATION_NOT_FOUND"
        | "AUTHORIZATION_ERROR"
        | "USER_ACCESS_ERROR"
        | "INSUFFICIENT_SCOPE" => {
            if history.stored_token_used {
                Action::GiveUp("neither the call's token nor the stored one is accepted; reinstall")
            } else {
                Action::UseStoredToken
            }
        }
        "OVERLOAD_LIMIT" | "PAYMENT_REQUIRED" | "PORTAL_DELETED" => {
            Action::GiveUp("the portal is blocked, unpaid or deleted")
        }
        "ACCESS_DENIED" => {
            Action::GiveUp("the event token is not this portal's, or the plan has no REST")
        }
        _ if matches!(error.status(), Some(500..=599)) => Action::Retry,
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
        stored_token_used: false,
        age: Duration::ZERO,
        trying: Duration::ZERO,
    };
    const OLD: History = History {
        age: Duration::from_hours(1),
        ..FRESH
    };

    #[test]
    fn what_was_not_executed_or_may_not_have_been_is_tried_again() {
        assert_eq!(judge(None, FRESH), Action::Settle(Settlement::Sent));
        for kind in [Kind::Connect, Kind::Interrupted, Kind::Answer] {
            assert_eq!(judge(Some(&Error::new(kind, "x")), FRESH), Action::Retry);
        }
        for (code, status) in [
            ("QUERY_LIMIT_EXCEEDED", 503),
            ("OPERATION_TIME_LIMIT", 429),
            ("INTERNAL_SERVER_ERROR", 500),
            ("ERROR_UNEXPECTED_ANSWER", 500),
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
        assert_eq!(action("404", 400, OLD), Action::Settle(Settlement::Gone));
        assert_eq!(action("499", 400, FRESH), Action::Settle(Settlement::Gone));
        assert_eq!(
            action("404", 400, ambiguous),
            Action::Settle(Settlement::Sent)
        );
        assert_eq!(
            action("499", 400, ambiguous),
            Action::Settle(Settlement::Sent)
        );
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
    fn the_stored_token_is_tried_once() {
        let used = History {
            stored_token_used: true,
            ..FRESH
        };
        for code in [
            "expired_token",
            "invalid_token",
            "NO_AUTH_FOUND",
            "authorization_error",
            "user_access_error",
            "insufficient_scope",
        ] {
            assert_eq!(action(code, 401, FRESH), Action::UseStoredToken, "{code}");
            assert!(
                matches!(action(code, 401, used), Action::GiveUp(_)),
                "{code}"
            );
        }
    }

    #[test]
    fn what_nothing_helps_is_given_up() {
        for code in [
            "OVERLOAD_LIMIT",
            "PAYMENT_REQUIRED",
            "PORTAL_DELETED",
            "402",
            "ACCESS_DENIED",
        ] {
            assert!(
                matches!(action(code, 401, FRESH), Action::GiveUp(_)),
                "{code}"
            );
        }
        assert!(matches!(
            action("ERROR_ARGUMENT", 400, FRESH),
            Action::GiveUp(_)
        ));
        let moved = Error::new(Kind::Answer, "x").with_status(302);
        assert!(
            matches!(judge(Some(&moved), FRESH), Action::GiveUp(reason) if reason.contains("moved"))
        );
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
            let error = Error::new(Kind::Answer, "x").with_status(status);
            assert_eq!(error.is_ambiguous(), ambiguous, "{status}");
        }
        assert!(Error::portal("0".into(), "", 400).is_ambiguous());
        assert!(!Error::portal("423".into(), "", 400).is_ambiguous());
    }
}
