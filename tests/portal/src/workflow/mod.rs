//! Workflows of one step: the run, the call, the wait, the reply.

mod again;
mod call;
mod engine;
mod handle;
mod instance;
mod run;
mod send;

pub(crate) use again::send_again;
pub(crate) use engine::apply;
pub use handle::Workflow;
pub(crate) use instance::Instance;
pub use instance::Outcome;
pub use run::Run;
pub(crate) use send::Reply;

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
