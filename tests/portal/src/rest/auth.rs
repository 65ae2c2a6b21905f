use std::collections::HashMap;

use jiff::Timestamp;

use super::{Method, Request, RestError, RestResult};
use crate::{
    php::{Array, Value},
    state::{Shared, State},
};

/// The one administrator; every other user is an ordinary one.
const ADMINISTRATOR: u64 = 1;

/// What a token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
}

/// The tokens and webhooks that were given out.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) tokens: HashMap<String, Grant>,
    pub(crate) webhooks: HashMap<String, u64>,
}

/// Who calls a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The application; none behind a webhook.
    pub(crate) client_id: Option<String>,
    user_id: u64,
}

impl Caller {
    pub(crate) fn is_admin(&self) -> bool {
        self.user_id == ADMINISTRATOR
    }

    /// The application, for methods that only applications may call.
    pub(crate) fn application(&self) -> Result<&str, RestError> {
        self.client_id
            .as_deref()
            .ok_or_else(|| RestError::access_denied("Access denied! Application context required"))
    }

    /// Checks that an administrator calls.
    pub(crate) fn admin(&self) -> Result<(), RestError> {
        if self.is_admin() {
            Ok(())
        } else {
            Err(RestError::access_denied("Access denied!"))
        }
    }

    /// Finds who calls, by the first authorisation the request has, and takes it out of the parameters.
    pub(crate) fn find(
        shared: &Shared,
        state: &State,
        method: &Method,
        request: &mut Request,
    ) -> Result<Self, RestError> {
        let [auth, access_token, _] =
            ["auth", "access_token", "auth_connector"].map(|name| request.params.remove(name));
        let token = [request.bearer.clone().map(Value::Text), auth, access_token]
            .into_iter()
            .flatten()
            .find_map(|value| {
                value
                    .as_text()
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
            });
        let caller = match (token, &request.webhook) {
            (Some(token), _) => Self::by_token(shared, state, &token)?,
            (None, Some((user, code))) => Self::by_webhook(state, user, code)?,
            (None, None) => {
                return Err(RestError::new(
                    401,
                    "NO_AUTH_FOUND",
                    "Wrong authorization data",
                ));
            }
        };
        if !method.is_granted(&shared.settings.scope) {
            let kind = if caller.client_id.is_some() {
                "access"
            } else {
                "webhook"
            };
            let text =
                format!("The request requires higher privileges than provided by the {kind} token");
            return Err(RestError::new(401, "insufficient_scope", text));
        }
        Ok(caller)
    }

    fn by_token(shared: &Shared, state: &State, token: &str) -> Result<Self, RestError> {
        let grant = state.grants.tokens.get(token).ok_or_else(|| {
            RestError::new(401, "invalid_token", "Unable to get application by token")
        })?;
        if !state
            .installations
            .get(&grant.client_id)
            .is_some_and(|application| application.installed)
        {
            return Err(RestError::new(
                401,
                "APPLICATION_NOT_FOUND",
                "Application not found",
            ));
        }
        if grant.expires <= shared.now() {
            return Err(RestError::new(
                401,
                "expired_token",
                "The access token provided has expired",
            ));
        }
        Ok(Self {
            client_id: Some(grant.client_id.clone()),
            user_id: grant.user_id,
        })
    }

    fn by_webhook(state: &State, user: &str, code: &str) -> Result<Self, RestError> {
        match state.grants.webhooks.get(code) {
            Some(user_id) if user_id.to_string() == user => Ok(Self {
                client_id: None,
                user_id: *user_id,
            }),
            _ => Err(RestError::new(
                401,
                "INVALID_CREDENTIALS",
                "Invalid request credentials",
            )),
        }
    }
}

/// `app.info` of the authorisation server: what an application checks a first installation against.
pub(crate) fn authorisation_server_app_info(
    shared: &Shared,
    state: &State,
    request: &Request,
) -> RestResult {
    let token = ["auth", "access_token"]
        .iter()
        .find_map(|name| request.params.get(name).and_then(Value::as_text));
    let token = request
        .bearer
        .as_deref()
        .or(token)
        .ok_or_else(|| RestError::new(401, "NO_AUTH_FOUND", "Wrong authorization data"))?;
    let caller = Caller::by_token(shared, state, token)?;
    let client_id = caller.application()?;
    let expires = state
        .grants
        .tokens
        .get(token)
        .map(|grant| grant.expires)
        .unwrap_or_default();
    let version = state
        .installations
        .get(client_id)
        .map_or(1, |application| application.version);
    let install: Array = [
        ("installed", Value::Bool(true)),
        ("version", version.into()),
        ("status", "L".into()),
        ("scope", shared.settings.scope.join(",").into()),
        ("domain", shared.domain().into()),
        ("uri", "".into()),
        ("client_endpoint", shared.client_endpoint().into()),
        ("member_id", shared.member_id.as_str().into()),
        ("member_type", "b24".into()),
    ]
    .into_iter()
    .collect();
    let info: Array = [
        ("client_id", Value::from(client_id)),
        ("scope", shared.settings.scope.join(",").into()),
        ("expires", shared.iso(expires).into()),
        (
            "user_id",
            Value::Int(i64::try_from(caller.user_id).unwrap_or(i64::MAX)),
        ),
        ("install", install.into()),
    ]
    .into_iter()
    .collect();
    Ok(info.into())
}
