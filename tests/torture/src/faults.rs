//! The faults of the portals.

use std::collections::BTreeMap;
use std::time::Duration;

use bizproc_portal::{Fault, Portal};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use serde_json::Value;

/// A text in the description of an injected error, which no portal sends by itself.
pub(crate) const INJECTED: &str = "(switched on)";

/// The faults, as the report names them.
pub(crate) const CLASSES: [&str; 15] = [
    "cut before execution",
    "cut after execution",
    "cut within the response",
    "500 before execution",
    "500 after execution",
    "502 page",
    "504 page",
    "503 limit",
    "empty response",
    "hanging response",
    "doubled call",
    "call without tokens",
    "call with an expired token",
    "busy workflow",
    "wrong application token",
];

/// The faults after which nothing may be sent to a portal for a minute. An expired token is one of
/// them because no portal reports it inside a batch.
pub(crate) const LONG: [&str; 3] = ["points elsewhere", "429 limit", "expired token"];

fn fault_of(class: &str, trap: &str) -> Fault {
    let error = |status, code| Fault::error(status, code, INJECTED);
    match class {
        "cut before execution" => Fault::CutBeforeExecution,
        "cut after execution" => Fault::CutAfterExecution,
        "cut within the response" => Fault::CutAfterBytes(120),
        "500 before execution" => error(500, "INTERNAL_SERVER_ERROR"),
        "500 after execution" => Fault::ErrorAfterExecution {
            status: 500,
            code: "INTERNAL_SERVER_ERROR".to_owned(),
            description: INJECTED.to_owned(),
        },
        "502 page" => Fault::HtmlBadGateway,
        "504 page" => Fault::HtmlGatewayTimeout,
        "503 limit" => error(503, "QUERY_LIMIT_EXCEEDED"),
        "429 limit" => error(429, "OPERATION_TIME_LIMIT"),
        "expired token" => error(401, "expired_token"),
        "empty response" => Fault::EmptyResponse,
        "hanging response" => Fault::Hang(Duration::from_millis(2500)),
        "points elsewhere" => Fault::Moved(trap.to_owned()),
        "doubled call" => Fault::DoubledCall,
        "call without tokens" => Fault::CallWithoutTokens,
        "call with an expired token" => Fault::CallWithExpiredToken,
        "busy workflow" => Fault::WorkflowBusy,
        "wrong application token" => Fault::WrongApplicationToken,
        other => panic!("`{other}` is no fault of this list"),
    }
}

/// Switches faults on, each class once before any class is repeated.
pub(crate) struct Faults {
    classes: Vec<&'static str>,
    trap: String,
    random: StdRng,
    /// The number of times that each class was switched on.
    pub(crate) switched_on: BTreeMap<&'static str, usize>,
}

impl Faults {
    pub(crate) fn new(random: StdRng, trap: String) -> Self {
        Self {
            classes: Vec::new(),
            trap,
            random,
            switched_on: BTreeMap::new(),
        }
    }

    /// Switches the next fault on once. Faults that take long need `has_time`.
    pub(crate) fn switch_on(&mut self, portal: &Portal, has_time: bool) {
        if self.classes.is_empty() {
            self.classes = CLASSES.to_vec();
            if has_time {
                self.classes.extend(LONG.choose(&mut self.random));
            }
            self.classes.shuffle(&mut self.random);
        }
        let Some(class) = self.classes.pop() else {
            return;
        };
        *self.switched_on.entry(class).or_default() += 1;
        portal.fault(fault_of(class, &self.trap), 1);
    }

    /// The number of times that each class occurred, given the faults that are left on the portals.
    pub(crate) fn occurred(&self, left: &[Value]) -> BTreeMap<&'static str, usize> {
        let mut occurred = self.switched_on.clone();
        for entry in left {
            for (class, times) in &mut occurred {
                let fault = serde_json::to_value(fault_of(class, &self.trap)).unwrap();
                if entry.get("fault") == Some(&fault) {
                    let left = entry.get("times").and_then(Value::as_u64).unwrap_or(0);
                    *times = times.saturating_sub(usize::try_from(left).unwrap());
                }
            }
        }
        occurred
    }
}
