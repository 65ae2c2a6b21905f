//! What a portal does: functions over its state.

pub(crate) mod application;
pub(crate) mod callers;
pub(crate) mod crm;
pub(crate) mod documents;
pub(crate) mod events;
pub(crate) mod grants;
pub(crate) mod handler_auth;
pub(crate) mod lint;
pub(crate) mod oauth;
pub(crate) mod queue;
pub(crate) mod workflow;
