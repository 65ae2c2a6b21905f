use crate::{
    php::{self, Value},
    rest::{Context, RestError},
};

/// Checks an address that the portal shall call or open: a host with a dot, then `http` or `https`.
///
/// A value that is no text is a fault of the server itself, not a refusal.
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

/// The rule of 2019: a handler is on the host at which its application was installed.
pub(super) fn check_domain(
    context: &Context<'_>,
    client_id: &str,
    url: &str,
) -> Result<(), RestError> {
    let application = context.state.installations.get(client_id);
    let own = application.map(|application| application.url.as_str());
    let host = |url| php::parse_url(url).and_then(|parsed| parsed.host);
    if context.shared.settings.platform.handler_domain_rule && own.and_then(host) != host(url) {
        return Err(RestError::new(
            400,
            "ERROR_HANDLER_URL_MATCH",
            "Handler URL host doesn't match application url",
        ));
    }
    Ok(())
}
