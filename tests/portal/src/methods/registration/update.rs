//! `bizproc.robot.update`, `bizproc.activity.update`.

use crate::methods::registration::domain;
use crate::model::history::Event;
use crate::model::registry::{Definition, Registration};
use crate::rules::fold;
use crate::rules::php::{Array, Value};
use crate::rules::registration::checks::{invalid, sql_error};
use crate::rules::registration::kind::Kind;
use crate::rules::registration::{checks, fields, handler_url, limits};
use crate::rules::rest_error::{RestError, RestResult};
use crate::rules::settings::PlacementDuplicate;
use crate::wire::rest::method::Context;

/// `bizproc.robot.update`, `bizproc.activity.update`.
pub(crate) fn update(context: &mut Context<'_>, kind: Kind, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    let platform = context.shared.settings.platform;
    let params = if platform.update_folds_top_only {
        fold::fold_top(params)
    } else {
        fold::fold(params)
    };
    context.caller.admin()?;
    let code = checks::code(params.get("CODE"))?;
    let stored = context
        .state
        .registry
        .find(kind, &client_id, &code)
        .ok_or_else(not_found)?
        .fields
        .clone();
    let sent = params
        .get("FIELDS")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let collected = collect(&sent)?;
    if let Some(handler) = collected.get("HANDLER").and_then(Value::as_text) {
        domain::check_domain(context, &client_id, handler)?;
    }
    if kind == Kind::Robot && platform.robot_type_whitelist {
        checks::listed_types(collected.get("PROPERTIES"))?;
    }
    if collected.is_empty() {
        return Err(invalid("No fields to update"));
    }
    let mut columns = stored;
    for (name, value) in collected {
        columns.insert(name, value);
    }
    update_placement(
        context,
        &client_id,
        &code,
        sent.isset("PLACEMENT_HANDLER"),
        &columns,
    )?;
    check_storage(&client_id, &columns)?;
    replace(
        context,
        Registration {
            kind,
            client_id,
            code,
            fields: columns,
        },
    );
    Ok(Value::Bool(true))
}

fn check_storage(client_id: &str, columns: &Array) -> Result<(), RestError> {
    let violations = limits::violations(client_id, columns);
    if !violations.is_empty() {
        return Err(invalid(violations.join("\n")));
    }
    if limits::overflows_storage(columns) {
        return Err(sql_error());
    }
    Ok(())
}

fn replace(context: &mut Context<'_>, registration: Registration) {
    let definition = Definition::from(&registration).fields;
    let Registration {
        client_id,
        code,
        fields,
        ..
    } = registration;
    let registry = &mut context.state.registry;
    registry.replace(&client_id, &code, fields);
    let event = Event::Changed { code, definition };
    context.shared.record(context.state, event);
}

pub(crate) fn not_found() -> RestError {
    RestError::new(
        400,
        "ERROR_ACTIVITY_NOT_FOUND",
        "Activity or Robot not found!",
    )
}

/// The columns that `FIELDS` sets, in the order in which they are checked. Properties are replaced
/// as a whole.
fn collect(sent: &Array) -> Result<Array, RestError> {
    let mut columns = Array::new();
    if let Some(value) = sent.isset("HANDLER") {
        columns.insert("HANDLER", handler_url::check(Some(value))?);
    }
    if let Some(value) = sent.isset("AUTH_USER_ID") {
        columns.insert("AUTH_USER_ID", value.to_int());
    }
    if let Some(value) = sent.isset("USE_SUBSCRIPTION") {
        columns.insert("USE_SUBSCRIPTION", fields::subscription(Some(value)));
    }
    if let Some(value) = sent.isset("USE_PLACEMENT") {
        columns.insert("USE_PLACEMENT", checks::strict_y(Some(value)));
    }
    if let Some(value) = sent.isset("NAME").filter(|value| value.is_truthy()) {
        columns.insert("NAME", checks::label(value));
    }
    if let Some(value) = sent.isset("DESCRIPTION") {
        columns.insert("DESCRIPTION", checks::label(value));
    }
    for name in ["PROPERTIES", "RETURN_PROPERTIES"] {
        if let Some(value) = sent.isset(name) {
            checks::properties(Some(value))?;
            columns.insert(name, value.clone());
        }
    }
    if let Some(value) = sent.isset("DOCUMENT_TYPE") {
        columns.insert("DOCUMENT_TYPE", clear_or(value, checks::document_type)?);
    }
    if let Some(value) = sent.isset("FILTER") {
        columns.insert("FILTER", clear_or(value, checks::filter)?);
    }
    Ok(columns)
}

/// An empty value clears the column, any other is checked.
fn clear_or(
    value: &Value,
    check: fn(Option<&Value>) -> Result<(), RestError>,
) -> Result<Value, RestError> {
    if !value.is_truthy() {
        return Ok(Value::Null);
    }
    check(Some(value)).map(|()| value.clone())
}

fn update_placement(
    context: &mut Context<'_>,
    client_id: &str,
    code: &str,
    handler: Option<&Value>,
    columns: &Array,
) -> Result<(), RestError> {
    if let Some(handler) = handler {
        let url = handler_url::check(Some(handler))?;
        if !context.state.registry.set_placement(client_id, code, url) {
            return Err(
                match context.shared.settings.platform.placement_update_duplicate {
                    PlacementDuplicate::Refused => RestError::new(
                        400,
                        "ERROR_CORE",
                        "Unable to set placement handler: You should use unique placement handler for each CODE!",
                    ),
                    PlacementDuplicate::SqlError => sql_error(),
                },
            );
        }
    }
    if columns.get("USE_PLACEMENT").and_then(Value::as_text) != Some("Y") {
        context.state.registry.remove_placement(client_id, code);
    }
    Ok(())
}
