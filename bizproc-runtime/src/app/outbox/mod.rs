//! Replies on their way to portals.

pub(in crate::app) mod batch_size;
pub(in crate::app) mod delivery;
pub(in crate::app) mod sender;
pub(in crate::app) mod verdict;

pub use sender::PausedPortal;
