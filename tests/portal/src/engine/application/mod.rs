//! The life of an application on a portal.

pub(crate) mod form;
pub(crate) mod install;
pub(crate) mod lifecycle;
pub(crate) mod name;
pub(crate) mod notifications;
