//! `bizproc.task.delegate`.

use crate::model::workflow::task_kind::UserStatus;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::method::Context;

/// Delegates open tasks of a user to another user. The user may do that, and an administrator.
pub(crate) fn delegate(context: &mut Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let ids: Vec<u64> = params
        .get("TASK_IDS")
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::values)
        .filter_map(|id| u64::try_from(id.to_int()).ok())
        .collect();
    if ids.is_empty() {
        return Err(RestError::new(
            400,
            "ERROR_TASK_VALIDATION",
            "Invalid TASK_IDS",
        ));
    }
    let from = user(&params, "FROM_USER_ID")?;
    let to = user(&params, "TO_USER_ID")?;
    let may = context.caller.is_admin() || context.caller.user_id == from;
    let is_responsible = |id: &u64| {
        let task = context.state.tasks.get(*id);
        task.is_some_and(|task| task.users.contains(&(from, UserStatus::Waiting)))
    };
    let refused = ids.iter().filter(|id| !may || !is_responsible(id));
    let texts: Vec<&str> = refused
        .map(|_| "User is not responsible for the task")
        .collect();
    if !texts.is_empty() {
        let text = texts.join(";");
        return Err(RestError::new(400, "ERROR_DELEGATION_NOT_ALLOWED", text));
    }
    for id in ids {
        let Some(task) = context.state.tasks.get_mut(id) else {
            continue;
        };
        task.modified = context.shared.now();
        let has_it = task.users.iter().any(|(user, _)| *user == to);
        if has_it {
            task.users.retain(|(user, _)| *user != from || from == to);
        } else {
            for (user, _) in &mut task.users {
                if *user == from {
                    *user = to;
                }
            }
        }
    }
    context.shared.wake();
    Ok(Value::Bool(true))
}

fn user(params: &Array, name: &str) -> Result<u64, RestError> {
    params
        .get(name)
        .and_then(|id| u64::try_from(id.to_int()).ok())
        .filter(|id| *id > 0)
        .ok_or_else(|| RestError::new(400, "ERROR_INVALID_USER_ID", format!("Invalid {name}")))
}
