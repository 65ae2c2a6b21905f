//! `app.info`.

use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::rules::settings::RatePlan;
use crate::wire::rest::method::Context;

/// `app.info`: what the portal knows of the application that asks.
pub(crate) fn app_info(context: &Context<'_>) -> RestResult {
    let settings = &context.shared.settings;
    let client_id = context
        .caller
        .client_id
        .as_deref()
        .ok_or_else(RestError::wrong_auth_type)?;
    let (number, _, application) = context
        .state
        .installations
        .get_full(client_id)
        .ok_or_else(|| RestError::new(401, "APPLICATION_NOT_FOUND", "Application not found"))?;
    // A client derives its rate limit from the family.
    let (plan, family) = match settings.rate_plan() {
        RatePlan::Enterprise => ("ent10000", "ent"),
        RatePlan::Standard | RatePlan::Off => ("std", "std"),
    };
    let info: Array = [
        ("ID", Value::from(number + 1)),
        ("CODE", application.code.as_str().into()),
        ("VERSION", application.version.into()),
        ("STATUS", application.status.letter().into()),
        ("INSTALLED", application.finished.into()),
        ("PAYMENT_EXPIRED", application.payment_flag().into()),
        ("DAYS", application.days.map_or(Value::Null, Value::Int)),
        ("LANGUAGE_ID", settings.language.as_str().into()),
        ("LICENSE", format!("{}_{plan}", settings.language).into()),
        ("LICENSE_TYPE", plan.into()),
        ("LICENSE_FAMILY", family.into()),
    ]
    .into_iter()
    .collect();
    Ok(info.into())
}
