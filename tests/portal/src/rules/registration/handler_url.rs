//! The address of a handler.

use crate::rules::php;
use crate::rules::php::Value;
use crate::rules::rest_error::RestError;

/// Checks an address that the portal is to call or open: a host with a dot, then `http` or `https`.
///
/// A value that is not text is a fault of the server itself, not a refusal.
pub(crate) fn check(value: Option<&Value>) -> Result<String, RestError> {
    let text = match value {
        None | Some(Value::Null) => "",
        Some(Value::Text(text)) => text,
        Some(_) => return Err(RestError::internal()),
    };
    let url = php::parse_url(text).unwrap_or_default();
    if url
        .host
        .and_then(|host| host.find('.'))
        .is_none_or(|dot| dot == 0)
    {
        return Err(RestError::new(
            400,
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ));
    }
    if !matches!(url.scheme, Some("http" | "https")) {
        return Err(RestError::new(
            400,
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported handler protocol",
        ));
    }
    Ok(text.to_owned())
}
