//! Workflows as the portal stores them: templates, programs, running instances, tasks.

pub(crate) mod condition;
pub(crate) mod exception;
pub(crate) mod given_task;
pub(crate) mod instance;
pub(crate) mod outcome;
pub(crate) mod program;
pub(crate) mod reply;
pub(crate) mod rest_activity;
pub(crate) mod step;
pub(crate) mod step_run;
pub(crate) mod task;
pub(crate) mod task_kind;
pub(crate) mod template;
