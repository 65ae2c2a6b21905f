//! What an event does when it happens.

pub(crate) mod offline;
pub(crate) mod raise;
