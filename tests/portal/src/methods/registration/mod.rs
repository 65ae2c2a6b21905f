//! The methods by which applications register robots, activities and senders.

mod add;
mod domain;
mod provider;
mod remove;
mod update;

use crate::rules::registration::kind::Kind;
use crate::wire::rest::method::{Method, Needs};

/// The methods by which applications register.
pub(crate) const METHODS: &[Method] = &[
    Method::bizproc("bizproc.robot.add", Needs::Automation, |c, p| {
        add::add(c, Kind::Robot, p)
    }),
    Method::bizproc("bizproc.robot.update", Needs::Automation, |c, p| {
        update::update(c, Kind::Robot, p)
    }),
    Method::bizproc("bizproc.robot.list", Needs::Automation, |c, _| {
        remove::list(c, Kind::Robot)
    }),
    Method::bizproc("bizproc.robot.delete", Needs::Automation, |c, p| {
        remove::delete(c, Kind::Robot, p)
    }),
    Method::bizproc("bizproc.activity.add", Needs::Bizproc, |c, p| {
        add::add(c, Kind::Activity, p)
    }),
    Method::bizproc("bizproc.activity.update", Needs::Bizproc, |c, p| {
        update::update(c, Kind::Activity, p)
    }),
    Method::bizproc("bizproc.activity.list", Needs::Bizproc, |c, _| {
        remove::list(c, Kind::Activity)
    }),
    Method::bizproc("bizproc.activity.delete", Needs::Bizproc, |c, p| {
        remove::delete(c, Kind::Activity, p)
    }),
    Method::bizproc("bizproc.provider.add", Needs::Automation, provider::add),
    Method::bizproc(
        "bizproc.provider.delete",
        Needs::Automation,
        provider::delete,
    ),
    Method::bizproc("bizproc.provider.list", Needs::Automation, |c, _| {
        provider::list(c)
    }),
];
