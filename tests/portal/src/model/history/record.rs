//! One entry of the history.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::history::event::Event;
use crate::model::history::text::as_text;

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
