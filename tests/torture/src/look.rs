//! The portals' view of the workflows.

use std::collections::{BTreeMap, HashMap};

use bizproc_portal::{Event, HttpResponse, Outgoing, Portal};
use serde_json::Value;

use crate::faults::INJECTED;

/// The portal's records of one workflow.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The status of the response to each call; 0 if there was none.
    pub(crate) calls: Vec<u16>,
    pub(crate) sent: Vec<Sent>,
    /// The number of replies that set return values.
    pub(crate) returned: usize,
}

/// A reply of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) values: Outputs,
    /// Whether the portal acknowledged the reply.
    pub(crate) is_delivered: bool,
}

/// The return values of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Outputs {
    pub(crate) value: String,
    pub(crate) run: String,
    pub(crate) error: String,
}

/// The records of one portal.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    pub(crate) workflows: HashMap<String, Seen>,
    /// Requests by their method and the status of their response; 0 if there was none.
    pub(crate) requests: BTreeMap<(String, u16), usize>,
    /// The number of requests that the portal's own limit refused.
    pub(crate) refused: usize,
}

/// The value under a name, ignoring its case.
fn find<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

impl Seen {
    /// The number of replies that the portal acknowledged.
    pub(crate) fn deliveries(&self) -> usize {
        self.sent.iter().filter(|sent| sent.is_delivered).count()
    }
}

impl Outputs {
    pub(crate) fn read(values: Option<&Value>) -> Self {
        let text = |name: &str| {
            values
                .and_then(|values| find(values, name))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            value: text("value"),
            run: text("run"),
            error: text("error"),
        }
    }
}

fn status_of(response: Option<&HttpResponse>) -> u16 {
    response.map_or(0, |response| response.status)
}

/// Whether the portal acknowledged a reply, as a request or as a command of a batch.
fn is_delivered(response: Option<&HttpResponse>) -> bool {
    response
        .and_then(|response| response.body.json().ok())
        .is_some_and(|json| json.get("result") == Some(&Value::Bool(true)))
}

impl Sight {
    pub(crate) fn new(portal: &Portal) -> Self {
        let mut sight = Self::default();
        for record in portal.history() {
            sight.add(record.event);
        }
        sight
    }

    /// Counts a request, and returns whether the portal's own limit refused it.
    fn count_request(&mut self, method: &str, response: Option<&HttpResponse>) -> bool {
        let status = status_of(response);
        let is_own = response.is_some_and(|response| !response.body.text().contains(INJECTED));
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
                    Outgoing::Responded(response) => response.status,
                    Outgoing::Awaited | Outgoing::Failed(_) => 0,
                };
                self.of_workflow(workflow_id).calls.push(status);
            }
            Event::Replied {
                workflow_id,
                params,
                response,
                ..
            } => {
                // The limit refuses a request before the portal reads it.
                if self.count_request("bizproc.event.send", response.as_ref()) {
                    return;
                }
                let sent = Sent {
                    values: Outputs::read(find(&params, "return_values")),
                    is_delivered: is_delivered(response.as_ref()),
                };
                self.of_workflow(workflow_id.unwrap_or_default())
                    .sent
                    .push(sent);
            }
            Event::Returned { workflow_id, .. } => self.of_workflow(workflow_id).returned += 1,
            Event::Requested {
                method, response, ..
            } => {
                self.count_request(&method, response.as_ref());
            }
            _ => {}
        }
    }

    fn of_workflow(&mut self, id: String) -> &mut Seen {
        self.workflows.entry(id).or_default()
    }
}
