use super::{Kind, checks, fold, update::not_found};
use crate::{
    history::Event,
    php::{Array, Value},
    rest::{Context, RestResult},
};

/// `bizproc.robot.delete`, `bizproc.activity.delete`.
pub(super) fn delete(context: &mut Context<'_>, kind: Kind, params: Array) -> RestResult {
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

/// `bizproc.robot.list`, `bizproc.activity.list`: the codes of one kind; parameters are not looked at.
pub(super) fn list(context: &mut Context<'_>, kind: Kind) -> RestResult {
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
