//! Workflows: their templates, the run of their steps, the call, the wait, the reply.

mod again;
mod call;
mod condition;
mod dispatch;
mod engine;
mod execute;
mod handle;
mod inside;
mod instance;
mod methods;
mod program;
mod reply;
mod rest_activity;
mod run;
mod send;
mod start;
mod step;
mod task;
mod template;
#[cfg(test)]
mod tests;
mod timer;
mod tree;

pub(crate) use again::send_again;
pub use condition::Condition;
pub use handle::Workflow;
pub(crate) use inside::{Inside, answered};
pub(crate) use instance::Instance;
pub use instance::Outcome;
pub(crate) use methods::SERVICE_METHODS;
pub(crate) use reply::{Reply, apply};
pub use rest_activity::RestActivity;
pub use run::Run;
pub use start::StartWorkflow;
pub use step::Step;
pub(crate) use task::Tasks;
pub use task::{Task, TaskKind};
pub use template::Template;
pub(crate) use template::Templates;

use crate::rest::{Method, Needs};

/// The method by which an application replies.
pub(crate) const REPLY: &str = "bizproc.event.send";

/// The methods by which applications speak to workflows.
pub(crate) const METHODS: &[Method] = &[
    Method::bizproc(
        "bizproc.activity.log",
        Needs::Automation,
        send::activity_log,
    ),
    Method::bizproc(REPLY, Needs::Automation, send::event_send),
];
