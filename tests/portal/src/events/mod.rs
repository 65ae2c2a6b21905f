//! Events: what applications bind handlers to, and what the portal then tells them.

mod bind;
mod catalogue;
mod fire;
mod handlers;
mod list;
pub(crate) mod offline;
mod test;

pub(crate) use catalogue::{INSTALL, Known, PAYMENT, UNINSTALL, UPDATE, find};
pub use fire::Fire;
pub(crate) use fire::{Occurrence, Origin, body, keep_offline, raise};
pub(crate) use handlers::{Events, Handler};

use crate::rest::{Context, Method, RestError};

/// The methods by which applications bind handlers.
pub(crate) const METHODS: &[Method] = &[
    Method::common("event.bind", bind::bind),
    Method::common("event.get", |c, _| list::get(c)),
    Method::common("event.test", test::test),
    Method::common("event.unbind", bind::unbind),
    Method::common("events", list::events),
];

/// Whether the plan includes a feature that is named like this; a self-hosted portal has them all.
fn has_feature(context: &Context<'_>, name: &str) -> bool {
    let settings = &context.shared.settings;
    settings.edition == crate::settings::Edition::SelfHosted
        || settings.features.iter().any(|feature| feature == name)
}

/// The calling application; events are for applications only, and a source needs a plan that has sources.
fn application(context: &Context<'_>) -> Result<String, RestError> {
    let caller = context.caller;
    let client_id = caller
        .client_id
        .clone()
        .ok_or_else(RestError::wrong_auth_type)?;
    if !caller.connector.is_empty() && !has_feature(context, "rest_auth_connector") {
        return Err(wrong_license("auth_connector"));
    }
    Ok(client_id)
}

fn wrong_license(feature: &str) -> RestError {
    let text = format!("This feature is not enabled for the current license: {feature}");
    RestError::new(403, "WRONG_LICENSE", text)
}

/// A parameter that is missing or empty.
fn empty_argument(name: &str) -> RestError {
    wrong_argument(name, &format!("Argument '{name}' is null or empty"))
}

/// A parameter that has a value it must not have.
fn wrong_argument(name: &str, text: &str) -> RestError {
    RestError::new(400, "ERROR_ARGUMENT", text).with("argument", name)
}
