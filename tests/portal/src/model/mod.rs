//! What a portal stores: data and how they change, without the platform's behaviour.

pub(crate) mod application;
pub(crate) mod block;
pub(crate) mod caller;
pub(crate) mod codes;
pub(crate) mod document;
pub(crate) mod events;
pub(crate) mod fault_text;
pub(crate) mod faults;
pub(crate) mod files;
pub(crate) mod grants;
pub(crate) mod history;
pub(crate) mod limits;
pub(crate) mod offline_queue;
pub(crate) mod queue;
pub(crate) mod registry;
pub(crate) mod senders;
pub(crate) mod shared;
pub(crate) mod state;
pub(crate) mod users;
pub(crate) mod workflow;
