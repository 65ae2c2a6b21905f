//! Robot or activity.

use serde::Serialize;

/// The kind of a registration: a robot or an activity.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{Kind, Portal};
///
/// let portal = Portal::start().await?;
/// portal.install("http://127.0.0.1:9000/event").await?;
/// let definition = portal.wait_registered("md5", Duration::from_secs(5)).await?;
/// assert_eq!(definition.kind, Kind::Robot);
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By `bizproc.robot.*`.
    Robot,
    /// By `bizproc.activity.*`.
    Activity,
}
