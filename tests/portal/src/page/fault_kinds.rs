/// A fault as the page offers it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FaultKind {
    /// Its name in text and JSON.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What it needs, with an example.
    pub(super) value: Option<(&'static str, &'static str)>,
}

const fn plain(name: &'static str, title: &'static str) -> FaultKind {
    FaultKind {
        name,
        title,
        value: None,
    }
}

/// Every fault, those of answers first.
pub(super) const FAULT_KINDS: [FaultKind; 12] = [
    FaultKind {
        name: "error",
        title: "Answer an error, do not execute",
        value: Some((
            "Status, code, description",
            "503, QUERY_LIMIT_EXCEEDED, Too many requests",
        )),
    },
    plain("empty_answer", "Answer 200 with nothing, do not execute"),
    plain("html_bad_gateway", "Answer 502 with a page, do not execute"),
    plain("cut_before_execution", "Cut the connection, do not execute"),
    plain("cut_after_execution", "Execute, then cut the connection"),
    FaultKind {
        name: "hang",
        title: "Execute, answer late",
        value: Some(("Seconds", "5")),
    },
    plain("doubled_call", "Call the handler twice"),
    plain("lost_call", "Lose the call of the handler"),
    plain("call_without_tokens", "Call without tokens"),
    plain(
        "wrong_application_token",
        "Call with a wrong application token",
    ),
    plain("workflow_busy", "The workflow is busy when a reply comes"),
    FaultKind {
        name: "next_step_fails",
        title: "The next step fails",
        value: Some(("Message", "Stage is gone")),
    },
];

#[cfg(test)]
mod tests {
    use super::FAULT_KINDS;
    use crate::Fault;

    #[test]
    fn the_page_offers_every_fault() {
        for kind in FAULT_KINDS {
            let text = match kind.value {
                Some((_, example)) => format!("{}={example}", kind.name),
                None => kind.name.to_owned(),
            };
            assert!(text.parse::<Fault>().is_ok(), "{text}");
        }
        // The refusal of an unknown name lists those there are.
        let refusal = "?".parse::<Fault>().unwrap_err().to_string();
        let (_, known) = refusal.split_once("expected one of").unwrap();
        for name in known.split('`').skip(1).step_by(2) {
            assert!(
                FAULT_KINDS.iter().any(|kind| kind.name == name),
                "the page does not offer the fault {name}"
            );
        }
    }
}
