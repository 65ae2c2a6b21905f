//! Finding who calls a method.

use crate::model::caller::Caller;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::Value;
use crate::rules::rest_error::RestError;
use crate::wire::rest::method::Method;
use crate::wire::rest::request::Request;

/// The parameters that authorisation removes: those of tokens, and the connector.
pub(crate) const PARAMETERS: [&str; 3] = ["auth", "access_token", "auth_connector"];

impl Caller {
    /// Finds the caller by the first authorisation in the request, and removes it from the
    /// parameters.
    pub(crate) fn find(
        shared: &Shared,
        state: &State,
        method: &Method,
        request: &mut Request,
        is_encrypted: bool,
    ) -> Result<Self, RestError> {
        let [auth, access_token, connector] = PARAMETERS.map(|name| request.params.remove(name));
        let token = [request.bearer.clone().map(Value::Text), auth, access_token]
            .into_iter()
            .flatten()
            .find_map(|value| {
                value
                    .as_text()
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
            });
        let mut caller = match (token, &request.webhook) {
            (Some(token), _) => Self::by_token(shared, state, &token)?,
            (None, Some(_)) if shared.settings.https_required && !is_encrypted => {
                return Err(RestError::new(401, "INVALID_REQUEST", "Https required."));
            }
            (None, Some((user, code))) => Self::by_webhook(state, user, code)?,
            (None, None) => {
                return Err(RestError::new(
                    401,
                    "NO_AUTH_FOUND",
                    "Wrong authorization data",
                ));
            }
        };
        caller.may_call(method, shared)?;
        caller.has_access(state)?;
        caller.connector = connector.map(|value| value.to_text()).unwrap_or_default();
        Ok(caller)
    }

    /// Checks that what was granted includes a method.
    pub(crate) fn may_call(&self, method: &Method, shared: &Shared) -> Result<(), RestError> {
        if method.is_granted(&shared.settings.scope) {
            return Ok(());
        }
        let kind = if self.client_id.is_some() {
            "access"
        } else {
            "webhook"
        };
        let text =
            format!("The request requires higher privileges than provided by the {kind} token");
        Err(RestError::new(401, "insufficient_scope", text))
    }
}
