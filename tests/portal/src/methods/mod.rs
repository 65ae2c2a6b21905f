//! The REST methods, and the table of them.

pub(crate) mod batch;
pub(crate) mod crm;
pub(crate) mod events;
pub(crate) mod registration;
pub(crate) mod service;
pub(crate) mod table;
pub(crate) mod workflow;
