//! The checks that the methods of events share.

use crate::rules::rest_error::RestError;
use crate::rules::settings::Edition;
use crate::wire::rest::method::Context;

/// Whether the plan includes a feature; a self-hosted portal has all features.
pub(crate) fn has_feature(context: &Context<'_>, name: &str) -> bool {
    let settings = &context.shared.settings;
    settings.edition == Edition::SelfHosted
        || settings.features.iter().any(|feature| feature == name)
}

/// Returns the calling application. Events are for applications only, and a source needs a plan
/// that includes sources.
pub(crate) fn application(context: &Context<'_>) -> Result<String, RestError> {
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

pub(crate) fn wrong_license(feature: &str) -> RestError {
    let text = format!("This feature is not enabled for the current license: {feature}");
    RestError::new(403, "WRONG_LICENSE", text)
}

/// A parameter that is missing or empty.
pub(crate) fn empty_argument(name: &str) -> RestError {
    wrong_argument(name, &format!("Argument '{name}' is null or empty"))
}

/// A parameter that has a value it must not have.
pub(crate) fn wrong_argument(name: &str, text: &str) -> RestError {
    RestError::new(400, "ERROR_ARGUMENT", text).with("argument", name)
}
