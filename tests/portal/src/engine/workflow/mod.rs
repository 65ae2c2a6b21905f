//! Workflows: their steps, the call, the wait, the reply.

pub(crate) mod call;
pub(crate) mod compile;
pub(crate) mod dispatch;
pub(crate) mod execute;
pub(crate) mod in_step_dispatch;
pub(crate) mod lifecycle;
pub(crate) mod reply;
pub(crate) mod resend;
pub(crate) mod run;
pub(crate) mod saved_step;
pub(crate) mod scope;
pub(crate) mod start;
pub(crate) mod timer;
pub(crate) mod tree;
pub(crate) mod wait;
