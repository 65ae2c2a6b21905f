//! The HTTP side: routes, bodies, health, the public address, the server.

pub(in crate::app) mod body;
pub(in crate::app) mod health;
pub(in crate::app) mod public_url;
pub(in crate::app) mod routes;
pub(in crate::app) mod server;

pub use routes::{DEFAULT_BODY_LIMIT, INSTALL_PATH};
