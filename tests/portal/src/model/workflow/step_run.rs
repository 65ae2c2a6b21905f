//! One execution of an application's step.

use serde_json::{Map, Value as Json};

use crate::model::history::{Body, Delivery, Ending};
use crate::model::workflow::rest_activity::OWN;
use crate::rules::php::Array;
use crate::rules::values;

/// One execution of an application's step.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Default)]
pub(crate) struct StepRun {
    pub(crate) event_id: String,
    /// `RETURN_PROPERTIES` as they were when the step began.
    pub(crate) return_properties: Array,
    pub(crate) outputs: Array,
    /// Whether it has the output `IsTimeout`.
    pub(crate) can_time_out: bool,
    pub(crate) waits: bool,
    pub(crate) timeout: i64,
    pub(crate) status: Option<String>,
    /// Whether the queue delays its call.
    pub(crate) is_called_later: bool,
    pub(crate) call: Option<Delivery>,
    pub(crate) reply: Option<Body>,
    /// How it closed; until then it is open.
    pub(crate) closed: Option<Ending>,
    /// The output `IsTimeout`.
    pub(crate) is_timeout: bool,
}

impl StepRun {
    /// Resets the outputs to their state before the step was executed.
    pub(crate) fn reset(&mut self) {
        self.outputs = initial(&self.return_properties);
        self.is_timeout = false;
    }

    pub(crate) fn return_values(&self) -> Map<String, Json> {
        self.outputs
            .iter()
            .map(|(key, value)| (key.to_text(), value.to_json()))
            .collect()
    }
}

/// Returns the outputs before a reply; the defaults of those that every step has are skipped.
pub(crate) fn initial(return_properties: &Array) -> Array {
    let defaults = values::defaults(return_properties).into_iter();
    defaults
        .filter(|(key, _)| !OWN.contains(&key.to_text().as_str()))
        .collect()
}
