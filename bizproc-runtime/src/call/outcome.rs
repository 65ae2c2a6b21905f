//! What an answer of `bizproc.event.send` means, in one function.

use std::time::Duration;

use crate::error::{Error, Kind};
use crate::store::Settlement;

/// A `404` from an older portal may mean that the reply came before the workflow was saved.
const EARLY: Duration = Duration::from_mins(5);
/// How long a locked workflow is tried again.
const LOCKED: Duration = Duration::from_mins(10);

/// What came before this attempt.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct History {
    /// An attempt may have been executed although it failed.
    pub(crate) ambiguous: bool,
    /// The portal's stored token is already in use.
    pub(crate) own_token_tried: bool,
    /// How long ago the call came.
    pub(crate) age: Duration,
}

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Settle(Settlement),
    /// Try again after the schedule's next pause.
    Retry,
    /// Try again with the token stored at installation.
    UseStoredToken,
    /// Nothing this program can do will help: for these reasons a person must look.
    GiveUp(&'static str),
}

/// The rule for each answer; `None` is `true` from the portal.
pub(crate) fn judge(refusal: Option<&Error>, history: History) -> Action {
    let Some(error) = refusal else {
        return Action::Settle(Settlement::Sent);
    };
    match error.kind() {
        Kind::Portal => judge_code(error, history),
        Kind::Connect | Kind::Interrupted | Kind::Answer => Action::Retry,
        _ => Action::GiveUp("the reply could not be put into a request"),
    }
}

fn judge_code(error: &Error, history: History) -> Action {
    let code = error.code().unwrap_or_default().to_ascii_uppercase();
    match code.as_str() {
        "404" | "499" if history.ambiguous => Action::Settle(Settlement::Sent),
        "404" if history.age < EARLY => Action::Retry,
        "404" | "499" => Action::Settle(Settlement::Gone),
        "423" if history.age < LOCKED => Action::Retry,
        "423" => Action::GiveUp("the workflow stayed locked; look for it among the hung ones"),
        "402" => Action::GiveUp("the plan's limit of workflows is reached; extend the plan"),
        "QUERY_LIMIT_EXCEEDED" | "OPERATION_TIME_LIMIT" => Action::Retry,
        "EXPIRED_TOKEN"
        | "INVALID_TOKEN"
        | "NO_AUTH_FOUND"
        | "APPLICATION_NOT_FOUND"
        | "AUTHORIZATION_ERROR"
            if !history.own_token_tried =>
        {
            Action::UseStoredToken
        }
        "EXPIRED_TOKEN"
        | "INVALID_TOKEN"
        | "NO_AUTH_FOUND"
        | "APPLICATION_NOT_FOUND"
        | "AUTHORIZATION_ERROR" => {
            Action::GiveUp("neither the call's token nor the stored one is accepted; reinstall")
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

    #[test]
    fn every_row_of_the_table_has_its_action() {
        let fresh = History::default();
        let old = History {
            age: Duration::from_hours(1),
            ..fresh
        };
        let ambiguous = History {
            ambiguous: true,
            ..old
        };
        let with_own = History {
            own_token_tried: true,
            ..fresh
        };
        assert_eq!(judge(None, fresh), Action::Settle(Settlement::Sent));
        for kind in [Kind::Connect, Kind::Interrupted, Kind::Answer] {
            assert_eq!(judge(Some(&Error::new(kind, "x")), fresh), Action::Retry);
        }
        for (code, status) in [
            ("QUERY_LIMIT_EXCEEDED", 503),
            ("OPERATION_TIME_LIMIT", 429),
            ("INTERNAL_SERVER_ERROR", 500),
            ("ERROR_UNEXPECTED_ANSWER", 500),
            ("423", 400),
            ("404", 400),
        ] {
            assert_eq!(action(code, status, fresh), Action::Retry, "{code}");
        }
        assert_eq!(action("404", 400, old), Action::Settle(Settlement::Gone));
        assert_eq!(action("499", 400, fresh), Action::Settle(Settlement::Gone));
        assert_eq!(
            action("404", 400, ambiguous),
            Action::Settle(Settlement::Sent)
        );
        assert_eq!(
            action("499", 400, ambiguous),
            Action::Settle(Settlement::Sent)
        );
        for code in [
            "expired_token",
            "invalid_token",
            "NO_AUTH_FOUND",
            "authorization_error",
        ] {
            assert_eq!(action(code, 401, fresh), Action::UseStoredToken, "{code}");
            assert!(
                matches!(action(code, 401, with_own), Action::GiveUp(_)),
                "{code}"
            );
        }
        for code in [
            "OVERLOAD_LIMIT",
            "PAYMENT_REQUIRED",
            "PORTAL_DELETED",
            "402",
        ] {
            assert!(
                matches!(action(code, 401, fresh), Action::GiveUp(_)),
                "{code}"
            );
        }
        for (code, history) in [
            ("ACCESS_DENIED", fresh),
            ("423", old),
            ("ERROR_ARGUMENT", fresh),
        ] {
            assert!(
                matches!(action(code, 400, history), Action::GiveUp(_)),
                "{code}"
            );
        }
    }
}
