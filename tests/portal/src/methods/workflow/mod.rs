//! The methods by which applications reply, start, show and end workflows, keep templates, and
//! complete tasks.

mod delegation;
mod reply;
mod rows;
mod task_fields;
mod tasks;
mod template_file;
mod templates;
mod workflows;

use crate::wire::rest::method::{Method, Needs, REPLY};

/// The methods by which applications reply and log.
pub(crate) const METHODS: &[Method] = &[
    Method::bizproc(
        "bizproc.activity.log",
        Needs::Automation,
        reply::activity_log,
    ),
    Method::bizproc(REPLY, Needs::Automation, reply::event_send),
];

/// The methods of workflows, templates and tasks.
pub(crate) const SERVICE_METHODS: &[Method] = &[
    Method::bizproc("bizproc.workflow.start", Needs::Bizproc, workflows::start),
    Method::bizproc(
        "bizproc.workflow.terminate",
        Needs::Bizproc,
        workflows::terminate,
    ),
    Method::bizproc("bizproc.workflow.kill", Needs::Bizproc, workflows::kill),
    Method::bizproc(
        "bizproc.workflow.instances",
        Needs::Bizproc,
        workflows::instances,
    ),
    Method::bizproc(
        "bizproc.workflow.instance.list",
        Needs::Bizproc,
        workflows::instances,
    ),
    Method::bizproc(
        "bizproc.workflow.template.list",
        Needs::Bizproc,
        templates::list,
    ),
    Method::bizproc(
        "bizproc.workflow.template.add",
        Needs::Bizproc,
        templates::add,
    ),
    Method::bizproc(
        "bizproc.workflow.template.update",
        Needs::Bizproc,
        templates::update,
    ),
    Method::bizproc(
        "bizproc.workflow.template.delete",
        Needs::Bizproc,
        templates::delete,
    ),
    Method::bizproc("bizproc.task.list", Needs::Bizproc, tasks::list),
    Method::bizproc("bizproc.task.complete", Needs::Bizproc, tasks::complete),
    Method::bizproc(
        "bizproc.task.delegate",
        Needs::Bizproc,
        delegation::delegate,
    ),
];
