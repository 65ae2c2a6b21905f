//! What a registration may contain, and how it is stored.

pub(crate) mod checks;
pub(crate) mod fields;
pub(crate) mod handler_url;
pub(crate) mod kind;
pub(crate) mod limits;
