//! `bizproc.robot.add`, `bizproc.activity.add`.

use crate::methods::registration::domain;
use crate::model::faults::Group;
use crate::model::history::Event;
use crate::model::registry::{Definition, Registration};
use crate::rules::fold;
use crate::rules::php::{Array, Value};
use crate::rules::registration::checks::{invalid, sql_error};
use crate::rules::registration::kind::Kind;
use crate::rules::registration::{checks, fields, handler_url, limits};
use crate::rules::rest_error::{RestError, RestResult};
use crate::rules::settings::AddRace;
use crate::wire::rest::method::Context;

/// `bizproc.robot.add`, `bizproc.activity.add`.
pub(crate) fn add(context: &mut Context<'_>, kind: Kind, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let params = fold::fold(params);
    let code = check(context, kind, &client_id, &params)?;
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
    if let Err(error) = check_race(context).and_then(|()| check_storage(&registration)) {
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

/// The checks that do not depend on what is registered.
fn check(
    context: &Context<'_>,
    kind: Kind,
    client_id: &str,
    params: &Array,
) -> Result<String, RestError> {
    if params.is_empty() {
        return Err(invalid("Empty data!"));
    }
    let code = checks::code(params.get("CODE"))?;
    let handler = handler_url::check(params.get("HANDLER"))?;
    domain::check_domain(context, client_id, &handler)?;
    if !params.get("NAME").is_some_and(Value::is_truthy) {
        return Err(invalid("Empty activity NAME!"));
    }
    checks::definition(kind, params, &context.shared.settings.platform)?;
    Ok(code)
}

/// A simultaneous registration of the same code may be stored first.
fn check_race(context: &mut Context<'_>) -> Result<(), RestError> {
    if context.state.faults.take(Group::Registration).is_none() {
        return Ok(());
    }
    Err(match context.shared.settings.platform.add_race {
        AddRace::RawSql => sql_error(),
        AddRace::AlreadyAdded => RestError::new(
            400,
            "ERROR_ACTIVITY_ADD_FAILURE",
            "Activity or Robot already added!",
        ),
    })
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
