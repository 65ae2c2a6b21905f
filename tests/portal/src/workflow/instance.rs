use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{
    history::{Body, Delivery, Ending},
    php::Array,
};

/// A workflow as the portal keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Instance {
    pub(crate) event_id: String,
    /// `RETURN_PROPERTIES` as they were when the step began.
    pub(crate) return_properties: Array,
    pub(crate) outputs: Array,
    pub(crate) log: Vec<String>,
    pub(crate) call: Option<Delivery>,
    pub(crate) reply: Option<Body>,
    /// When its step closes without a reply.
    pub(crate) deadline: Option<Timestamp>,
    /// How its step closed; until then it waits.
    pub(crate) closed: Option<Ending>,
    /// Whether it stays alive when its step closes.
    pub(crate) goes_on: bool,
    /// How it ended, its step with it.
    pub(crate) ending: Option<Ending>,
}

impl Instance {
    pub(crate) fn return_values(&self) -> Map<String, Json> {
        self.outputs
            .iter()
            .map(|(key, value)| (key.to_text(), value.to_json()))
            .collect()
    }

    pub(crate) fn waits(&self) -> bool {
        self.closed.is_none()
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.ending.is_none()
    }

    /// What came of it, with the ending that is asked for.
    pub(super) fn outcome(&self, workflow_id: &str, ending: Ending) -> Outcome {
        Outcome {
            workflow_id: workflow_id.to_owned(),
            is_timeout: self.closed == Some(Ending::TimedOut),
            ending,
            return_values: self.return_values(),
            log: self.log.clone(),
            reply: self.reply.clone(),
        }
    }
}

/// How a workflow ended, or its step closed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The workflow.
    pub workflow_id: String,
    /// How.
    pub ending: Ending,
    /// The registered outputs: what the reply set, else their defaults.
    ///
    /// Dates that the portal understood are ISO 8601, moments in the server's zone; dates it did not are the raw text.
    pub return_values: Map<String, Json>,
    /// The output `IsTimeout`, which the portal adds to every step that can wait.
    pub is_timeout: bool,
    /// The workflow's log.
    pub log: Vec<String>,
    /// The body of the reply that closed the step.
    pub reply: Option<Body>,
}
