//! Events that wait on the portal until their application asks for them.

mod filter;
mod methods;
mod queue;

pub(crate) use methods::METHODS;
pub(super) use queue::{Queue, is_due, put};
