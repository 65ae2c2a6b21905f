//! The authorisation server: codes, grants, what a token is worth.

pub(crate) mod authorize;
pub(crate) mod exchange;
pub(crate) mod info;
