//! The portals that installed the application.

pub(in crate::app) mod relocate;
pub(in crate::app) mod tokens;
