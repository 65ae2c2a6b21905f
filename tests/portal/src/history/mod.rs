//! What happened on a portal, in order.

mod event;
mod message;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use event::{Ending, Event};
pub use message::{Answer, Body, Delivery, Outgoing};

/// One thing that happened, and when by the portal's clock.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// When.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Fills in what came back from a request that is still awaited, the latest one of its kind.
pub(crate) fn answer(history: &mut [Record], request: &Delivery, sent: &Delivery) {
    let latest = history.iter_mut().rev();
    let mut awaited = latest.filter_map(|record| match &mut record.event {
        Event::Called { request: known, .. } | Event::Fired { request: known, .. }
            if known == request =>
        {
            Some(known)
        }
        _ => None,
    });
    if let Some(known) = awaited.next() {
        known.clone_from(sent);
    }
}

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
