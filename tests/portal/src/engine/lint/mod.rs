//! Finding what the server accepts at registration but breaks later.

pub(crate) mod filters;
pub(crate) mod finding;
pub(crate) mod findings;
pub(crate) mod property;
pub(crate) mod step;
