//! Records of the CRM, and the events that their changes raise.

pub(crate) mod events;
pub(crate) mod kinds;
pub(crate) mod records;
