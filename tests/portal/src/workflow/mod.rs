//! Workflows of one step: the run, the call, the wait, the reply.

mod call;
mod engine;
mod handle;
mod instance;
mod run;
mod send;

pub(crate) use engine::apply;
pub use handle::Workflow;
pub(crate) use instance::Instance;
pub use instance::Outcome;
pub use run::Run;
pub(crate) use send::{Reply, activity_log, event_send};
