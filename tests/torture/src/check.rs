//! The check of the application's guarantees.

use std::collections::HashMap;

use bizproc_portal::{Ending, Portal};

use crate::application::{DELIVERIES, value_of};
use crate::look::{Outputs, Seen, Sight};

/// A workflow that was started.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    /// The number of its portal.
    pub(crate) portal: usize,
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) mode: &'static str,
}

/// A violated guarantee.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) what: String,
    /// The workflow, if it is about a single one.
    pub(crate) of: Option<Started>,
}

impl Violation {
    pub(crate) fn general(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            of: None,
        }
    }
}

/// The outcomes of the calls, counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) accepted: usize,
    /// Refused, or without a response.
    pub(crate) not_accepted: usize,
    /// Not accepted, but replied to: the call was committed when the program was killed.
    pub(crate) replied_unaccepted: usize,
    pub(crate) values: usize,
    pub(crate) failures: usize,
    /// Replies that the portal acknowledged and dropped each time.
    pub(crate) dropped: usize,
    /// Replies to a workflow after its first.
    pub(crate) repeated: usize,
}

pub(crate) struct Check<'a> {
    pub(crate) portals: &'a [Portal],
    pub(crate) sights: &'a [Sight],
    pub(crate) tally: Tally,
    pub(crate) violations: Vec<Violation>,
    runs: HashMap<String, String>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(portals: &'a [Portal], sights: &'a [Sight]) -> Self {
        Self {
            portals,
            sights,
            tally: Tally::default(),
            violations: Vec::new(),
            runs: HashMap::new(),
        }
    }

    fn violation(&mut self, of: &Started, what: impl Into<String>) {
        self.violations.push(Violation {
            what: what.into(),
            of: Some(of.clone()),
        });
    }

    /// Checks one workflow.
    pub(crate) async fn workflow(&mut self, started: &Started) {
        let sights = self.sights;
        let none = Seen::default();
        let sight = sights.get(started.portal).unwrap();
        let seen = sight.workflows.get(&started.id).unwrap_or(&none);
        self.replies(started, seen);
        let is_accepted = seen.calls.contains(&200);
        if is_accepted {
            self.tally.accepted += 1;
        } else {
            self.tally.not_accepted += 1;
            self.tally.replied_unaccepted += usize::from(!seen.sent.is_empty());
        }
        if seen.calls.iter().all(|status| *status == 403) && !seen.sent.is_empty() {
            self.violation(started, "a reply was sent although its calls were refused");
        }
        let portal = self.portals.get(started.portal).unwrap();
        let workflow = portal.workflow(&started.id).unwrap();
        match workflow.wait_finished(std::time::Duration::ZERO).await {
            Ok(outcome) if outcome.ending == Ending::Replied => {
                let values = serde_json::Value::Object(outcome.return_values);
                self.value(started, &Outputs::read(Some(&values)));
            }
            Ok(outcome) => {
                let what = format!("it ended without a reply: {:?}", outcome.ending);
                self.violation(started, what);
            }
            Err(_) if seen.deliveries() >= DELIVERIES => {
                self.tally.dropped += 1;
            }
            Err(_) if is_accepted || !seen.sent.is_empty() => {
                self.violation(started, "its call was accepted, but it still waits");
            }
            Err(_) => {}
        }
    }

    /// Checks that all replies to a workflow are the same, and differ from those to others.
    fn replies(&mut self, started: &Started, seen: &Seen) {
        let Some(first) = seen.sent.first() else {
            return;
        };
        self.tally.repeated += seen.sent.len() - 1;
        if seen.sent.iter().any(|sent| sent.values != first.values) {
            self.violation(started, format!("its replies differ: {:?}", seen.sent));
        }
        if seen.returned > 1 {
            self.violation(started, "its return values were set more than once");
        }
        let run = &first.values.run;
        if !run.is_empty() {
            let other = self.runs.insert(run.clone(), started.id.clone());
            if let Some(other) = other {
                self.violation(started, format!("its reply was also sent to {other}"));
            }
        }
    }

    /// Checks the final return values of a workflow.
    fn value(&mut self, started: &Started, outputs: &Outputs) {
        let is_value = outputs.value == value_of(&started.text) && !outputs.run.is_empty();
        let is_failure = outputs.value.is_empty() && !outputs.error.is_empty();
        if is_value && outputs.error.is_empty() && started.mode != "fails" {
            self.tally.values += 1;
        } else if is_failure && started.mode != "succeeds" {
            self.tally.failures += 1;
        } else {
            self.violation(started, format!("its return values are wrong: {outputs:?}"));
        }
    }
}
