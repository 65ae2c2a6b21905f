//! The authorisation server: codes, grants, and the facts behind a token.

pub(crate) mod authorize;
pub(crate) mod exchange;
pub(crate) mod info;
