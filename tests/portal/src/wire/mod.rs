//! What goes over the wire: requests to applications, and the core of REST.

pub(crate) mod applications;
pub(crate) mod delivery;
pub(crate) mod message;
pub(crate) mod notifications;
pub(crate) mod outbox;
pub(crate) mod replies;
pub(crate) mod rest;
