//! What both databases share: how columns hold a call and a portal, what is encrypted, and how the
//! tables are brought up to date.

pub(super) mod cipher;
pub(super) mod claims;
pub(super) mod columns;
pub(super) mod head;
pub(super) mod portal;
pub(super) mod reply;
pub(super) mod schema;
pub(super) mod sealed;
pub(super) mod steps;
pub(super) mod value;
