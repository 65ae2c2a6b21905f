//! What happened on a portal, in order.

mod event;
mod message;
mod past;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use event::{Ending, Event};
pub use message::{Answer, Body, Delivery, Outgoing};
pub(crate) use past::History;

/// One thing that happened, and when by the portal's clock.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// portal.install("http://127.0.0.1:1/event").await?;
/// for record in portal.history() {
///     println!("{} {:?}", record.at, record.event);
/// }
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// When.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
