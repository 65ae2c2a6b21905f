//! The domain of a handler.

use crate::rules::php;
use crate::rules::rest_error::RestError;
use crate::wire::rest::method::Context;

/// The rule of 2019: a handler is on the host at which its application was installed.
pub(crate) fn check_domain(
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
