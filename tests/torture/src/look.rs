//! What the portals saw, workflow by workflow.

use std::collections::{BTreeMap, HashMap};

use bizproc_portal::{Answer, Event, Outgoing, Portal};
use serde_json::Value;

use crate::faults::INJECTED;

/// What came of one workflow.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The status of each call's answer; 0 when there was none.
    pub(crate) calls: Vec<u16>,
    pub(crate) sent: Vec<Sent>,
    /// How often a reply set outputs.
    pub(crate) returned: usize,
}

/// A reply of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) answer: Outputs,
    /// Whether the portal said that it took the reply.
    pub(crate) is_taken: bool,
}

/// What the application answered with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Outputs {
    pub(crate) value: String,
    pub(crate) run: String,
    pub(crate) error: String,
}

/// What one portal saw.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    pub(crate) workflows: HashMap<String, Seen>,
    /// Requests by their method and the status of their answer; 0 when there was none.
    pub(crate) requests: BTreeMap<(String, u16), usize>,
    /// Requests that the portal's own limit refused.
    pub(crate) refused: usize,
}

/// A name's value, in whatever letter case the name is.
fn of_name<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let entries = object.as_object()?;
    let found = entries
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

impl Outputs {
    pub(crate) fn read(values: Option<&Value>) -> Self {
        let text = |name: &str| {
            let value = values.and_then(|values| of_name(values, name));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Self {
            value: text("value"),
            run: text("run"),
            error: text("error"),
        }
    }
}

fn status_of(answer: Option<&Answer>) -> u16 {
    answer.map_or(0, |answer| answer.status)
}

/// Whether a reply was taken: a command of a batch answers as a request does.
fn is_taken(answer: Option<&Answer>) -> bool {
    let json = answer.and_then(|answer| answer.body.json().ok());
    json.is_some_and(|json| json.get("result") == Some(&Value::Bool(true)))
}

impl Sight {
    pub(crate) fn of(portal: &Portal) -> Self {
        let mut sight = Self::default();
        for record in portal.history() {
            sight.add(record.event);
        }
        sight
    }

    /// Counts a request; whether the portal's own limit refused it.
    fn request(&mut self, method: &str, answer: Option<&Answer>) -> bool {
        let status = status_of(answer);
        let is_own = answer.is_some_and(|answer| !answer.body.text().contains(INJECTED));
        let is_refused = status == 503 && is_own;
        self.refused += usize::from(is_refused);
        *self
            .requests
            .entry((method.to_owned(), status))
            .or_default() += 1;
        is_refused
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Called {
                workflow_id,
                request,
                ..
            } => {
                let status = match request.outcome {
                    Outgoing::Answered(answer) => answer.status,
                    Outgoing::Awaited | Outgoing::Failed(_) => 0,
                };
                self.of_workflow(workflow_id).calls.push(status);
            }
            Event::Replied {
                workflow_id,
                params,
                answer,
                ..
            } => {
                // The portal has not read what it refused so early.
                if self.request("bizproc.event.send", answer.as_ref()) {
                    return;
                }
                let sent = Sent {
                    answer: Outputs::read(of_name(&params, "return_values")),
                    is_taken: is_taken(answer.as_ref()),
                };
                self.of_workflow(workflow_id.unwrap_or_default())
                    .sent
                    .push(sent);
            }
            Event::Returned { workflow_id, .. } => self.of_workflow(workflow_id).returned += 1,
            Event::Requested { method, answer, .. } => {
                self.request(&method, answer.as_ref());
            }
            _ => {}
        }
    }

    fn of_workflow(&mut self, id: String) -> &mut Seen {
        self.workflows.entry(id).or_default()
    }
}
