//! The faults as the page offers them.

/// A fault as the page offers it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultKind {
    /// Its name in text and JSON.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What it needs, with an example.
    pub(crate) value: Option<(&'static str, &'static str)>,
    /// Whether it disturbs the responses of a method, which must then be chosen.
    pub(crate) of_responses: bool,
}

impl FaultKind {
    const fn new(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            value: None,
            of_responses: false,
        }
    }

    const fn response(name: &'static str, title: &'static str) -> Self {
        Self {
            of_responses: true,
            ..Self::new(name, title)
        }
    }

    const fn with(self, label: &'static str, example: &'static str) -> Self {
        Self {
            value: Some((label, example)),
            ..self
        }
    }
}

/// Faults that strike the same thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultGroup {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) kinds: &'static [FaultKind],
}

/// Every fault.
pub(crate) const FAULT_GROUPS: [FaultGroup; 4] = [
    FaultGroup {
        id: "responses",
        title: "Responses of a method",
        kinds: &RESPONSES,
    },
    FaultGroup {
        id: "calls",
        title: "Calls of a handler",
        kinds: &CALLS,
    },
    FaultGroup {
        id: "workflows",
        title: "Workflows",
        kinds: &WORKFLOWS,
    },
    FaultGroup {
        id: "additions",
        title: "Registrations and bindings",
        kinds: &ADDITIONS,
    },
];

const RESPONSES: [FaultKind; 11] = [
    FaultKind::response("error", "Respond with an error, do not execute").with(
        "Status, code, description",
        "503, QUERY_LIMIT_EXCEEDED, Too many requests",
    ),
    FaultKind::response("error_after_execution", "Execute, respond with an error").with(
        "Status, code, description",
        "500, INTERNAL_SERVER_ERROR, Internal server error",
    ),
    FaultKind::response(
        "html_gateway_timeout",
        "Execute, respond with 504 and a page",
    ),
    FaultKind::response(
        "empty_response",
        "Respond with 200 and an empty body, do not execute",
    ),
    FaultKind::response(
        "html_bad_gateway",
        "Respond with 502 and a page, do not execute",
    ),
    FaultKind::response("cut_before_execution", "Cut the connection, do not execute"),
    FaultKind::response("cut_after_execution", "Execute, then cut the connection"),
    FaultKind::response(
        "cut_after_bytes",
        "Execute, cut the response after some bytes",
    )
    .with("Bytes", "100"),
    FaultKind::response("hang", "Execute, respond late").with("Seconds", "5"),
    FaultKind::response("slow", "Execute, count more operating time").with("Seconds", "30"),
    FaultKind::response(
        "moved",
        "Redirect with 302 to another address, do not execute",
    )
    .with("Address", "https://new.example"),
];

const CALLS: [FaultKind; 8] = [
    FaultKind::new("doubled_call", "Call the handler twice"),
    FaultKind::new("lost_call", "Lose the call of the handler"),
    FaultKind::new("late_call", "Call the handler late").with("Seconds", "600"),
    FaultKind::new("call_without_tokens", "Call without tokens"),
    FaultKind::new(
        "call_with_expired_token",
        "Call with an expired access token",
    ),
    FaultKind::new(
        "call_with_spent_refresh_token",
        "Call with a spent refresh token",
    ),
    FaultKind::new(
        "wrong_application_token",
        "Call with a wrong application token",
    ),
    FaultKind::new("clock_skew", "Call with a clock that is off").with("Seconds", "-300"),
];

const WORKFLOWS: [FaultKind; 4] = [
    FaultKind::new("workflow_busy", "The workflow is busy when a reply comes"),
    FaultKind::new("plan_limit", "The plan's limit of workflows is reached"),
    FaultKind::new("next_step_fails", "The next step fails").with("Message", "Stage is gone"),
    FaultKind::new("workflow_terminated", "The next step ends the workflow"),
];

const ADDITIONS: [FaultKind; 2] = [
    FaultKind::new("parallel_add", "Another registration of the code is faster"),
    FaultKind::new("parallel_bind", "Another binding of the handler is faster"),
];

/// The fault with a name.
pub(crate) fn kind(name: &str) -> Option<&'static FaultKind> {
    let kinds = FAULT_GROUPS.iter().flat_map(|group| group.kinds);
    kinds.into_iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::{FAULT_GROUPS, kind};
    use crate::model::faults::Fault;

    #[test]
    fn the_page_offers_every_fault() {
        for kind in FAULT_GROUPS.iter().flat_map(|group| group.kinds) {
            let text = match kind.value {
                Some((_, example)) => format!("{}={example}", kind.name),
                None => kind.name.to_owned(),
            };
            assert!(text.parse::<Fault>().is_ok(), "{text}");
        }
        // The refusal of an unknown name lists the known ones.
        let refusal = "?".parse::<Fault>().unwrap_err().to_string();
        let (_, known) = refusal.split_once("expected one of").unwrap();
        for name in known.split('`').skip(1).step_by(2) {
            assert!(
                kind(name).is_some(),
                "the page does not offer the fault {name}"
            );
        }
    }
}
