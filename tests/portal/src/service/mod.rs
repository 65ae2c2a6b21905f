//! The methods that tell about the portal itself.

use crate::{
    php::{Array, Value},
    rest::{self, Context, Method, RestError, RestResult},
};

/// The methods of every application.
pub(crate) const METHODS: &[Method] = &[
    Method::common("app.info", |c, _| app_info(c)),
    Method::common("method.get", |c, p| Ok(method_get(c, &p))),
];

fn app_info(context: &Context<'_>) -> RestResult {
    let client_id = context
        .caller
        .client_id
        .as_deref()
        .ok_or_else(RestError::wrong_auth_type)?;
    let number = context
        .state
        .installations
        .get_index_of(client_id)
        .unwrap_or_default();
    let version = context
        .state
        .installations
        .get(client_id)
        .map_or(1, |application| application.version);
    let info: Array = [
        (
            "ID",
            Value::Int(i64::try_from(number).unwrap_or_default() + 1),
        ),
        ("CODE", client_id.into()),
        ("VERSION", version.into()),
        ("STATUS", "L".into()),
        ("INSTALLED", true.into()),
        ("PAYMENT_EXPIRED", "N".into()),
        ("DAYS", Value::Null),
        (
            "LANGUAGE_ID",
            context.shared.settings.language.as_str().into(),
        ),
        (
            "LICENSE",
            format!("{}_std", context.shared.settings.language).into(),
        ),
        ("LICENSE_TYPE", "std".into()),
        ("LICENSE_FAMILY", "std".into()),
    ]
    .into_iter()
    .collect();
    Ok(info.into())
}

fn method_get(context: &Context<'_>, params: &Array) -> Value {
    let settings = &context.shared.settings;
    let name = params.get("name").and_then(Value::as_text);
    let found = name.and_then(|name| rest::find(settings, name));
    let granted = found.is_some_and(|method| method.is_granted(&settings.scope));
    let answer: Array = [
        ("isExisting", Value::Bool(found.is_some())),
        ("isAvailable", granted.into()),
    ]
    .into_iter()
    .collect();
    answer.into()
}
