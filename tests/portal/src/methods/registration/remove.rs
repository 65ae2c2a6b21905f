//! `bizproc.robot.delete`, `bizproc.robot.list` and those of activities.

use crate::methods::registration::update::not_found;
use crate::model::history::Event;
use crate::rules::fold;
use crate::rules::php::{Array, Value};
use crate::rules::registration::checks;
use crate::rules::registration::kind::Kind;
use crate::rules::rest_error::RestResult;
use crate::wire::rest::method::Context;

/// `bizproc.robot.delete`, `bizproc.activity.delete`.
pub(crate) fn delete(context: &mut Context<'_>, kind: Kind, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    let params = fold::fold_top(params);
    context.caller.admin()?;
    let code = checks::code(params.get("CODE"))?;
    context
        .state
        .registry
        .find(kind, &client_id, &code)
        .ok_or_else(not_found)?;
    context.state.registry.remove(&client_id, &code);
    context
        .shared
        .record(context.state, Event::Deleted { code });
    Ok(Value::Bool(true))
}

/// `bizproc.robot.list`, `bizproc.activity.list`: the codes of one kind; parameters are ignored.
pub(crate) fn list(context: &mut Context<'_>, kind: Kind) -> RestResult {
    let client_id = context.caller.application()?;
    context.caller.admin()?;
    let own = context
        .state
        .registry
        .iter()
        .filter(|row| row.kind == kind && row.client_id == client_id);
    Ok(Value::Array(
        own.map(|row| Value::from(row.code.as_str())).collect(),
    ))
}
