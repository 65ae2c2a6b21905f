use super::{
    Definition, Kind, Registration, checks, fields, fold, handler_url, invalid, limits, sql_error,
};
use crate::{
    history::Event,
    php::{Array, Value},
    rest::{Context, RestError, RestResult},
};

/// `bizproc.robot.add`, `bizproc.activity.add`.
pub(super) fn add(context: &mut Context<'_>, kind: Kind, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let params = fold::fold(params);
    let code = check(
        kind,
        &params,
        context.shared.settings.platform.robot_document_type_check,
    )?;
    if context.state.registry.contains(&client_id, &code) {
        return Err(RestError::new(
            400,
            "ERROR_ACTIVITY_ALREADY_INSTALLED",
            "Activity or Robot already installed!",
        ));
    }
    let columns = fields::columns(&code, &params);
    if columns.get("USE_PLACEMENT").and_then(Value::as_text) == Some("Y") {
        let url = handler_url::check(params.get("PLACEMENT_HANDLER"))?;
        if !context.state.registry.add_placement(&client_id, &code, url) {
            return Err(RestError::new(
                400,
                "ERROR_CORE",
                "Unable to set placement handler: Handler already binded",
            ));
        }
    }
    let registration = Registration {
        kind,
        client_id,
        code,
        fields: columns,
    };
    if let Err(error) = check_storage(&registration) {
        context
            .state
            .registry
            .remove_placement(&registration.client_id, &registration.code);
        return Err(error);
    }
    let event = Event::Registered {
        code: registration.code.clone(),
        definition: Definition::from(&registration).fields,
    };
    context.state.registry.insert(registration);
    context.shared.record(context.state, event);
    Ok(Value::Bool(true))
}

/// The checks that look only at the parameters.
fn check(kind: Kind, params: &Array, robot_checks_document: bool) -> Result<String, RestError> {
    if params.is_empty() {
        return Err(invalid("Empty data!"));
    }
    let code = checks::code(params.get("CODE"))?;
    handler_url::check(params.get("HANDLER"))?;
    if !params.get("NAME").is_some_and(Value::is_truthy) {
        return Err(invalid("Empty activity NAME!"));
    }
    checks::definition(kind, params, robot_checks_document)?;
    Ok(code)
}

fn check_storage(registration: &Registration) -> Result<(), RestError> {
    if !limits::violations(&registration.client_id, &registration.fields).is_empty() {
        return Err(RestError::new(
            400,
            "ERROR_ACTIVITY_ADD_FAILURE",
            "Activity save error!",
        ));
    }
    if limits::overflows_storage(&registration.fields) {
        Err(sql_error())
    } else {
        Ok(())
    }
}
