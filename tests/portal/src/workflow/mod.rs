//! Workflows of one step: the run, the call, the wait, the reply.

mod call;
mod engine;
mod instance;
mod run;
mod send;

pub(crate) use engine::apply;
pub(crate) use instance::Instance;
pub use instance::Outcome;
pub use run::{Run, Workflow};
pub(crate) use send::{Reply, activity_log, event_send};
