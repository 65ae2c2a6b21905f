use std::collections::HashMap;

use jiff::Timestamp;

use super::{Method, Request, RestError};
use crate::{
    php::Value,
    state::{Shared, State},
    users::ADMINISTRATOR,
};

/// What a token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
    /// How many events led to it: 1 if it came with an event, more if a call with such a token raised that event.
    pub(crate) chain: u8,
}

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub(crate) struct RefreshGrant {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
}

/// The tokens and webhooks that were given out.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) tokens: HashMap<String, Grant>,
    pub(crate) refresh_tokens: HashMap<String, RefreshGrant>,
    pub(crate) webhooks: HashMap<String, u64>,
}

impl Grants {
    /// Lets an access token expire.
    pub(crate) fn expire(&mut self, token: &str, now: Timestamp) {
        if let Some(grant) = self.tokens.get_mut(token) {
            grant.expires = now;
        }
    }
}

/// Where a token may stand, and what else authorisation takes out of the parameters.
pub(super) const PARAMETERS: [&str; 3] = ["auth", "access_token", "auth_connector"];

/// Who calls a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The application; none behind a webhook.
    pub(crate) client_id: Option<String>,
    webhook: Option<String>,
    pub(crate) user_id: u64,
    /// The source that the caller names itself as, by `auth_connector`.
    pub(crate) connector: String,
    /// How many events led to this call.
    pub(crate) chain: u8,
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
    pub(super) fn may_call(&self, method: &Method, shared: &Shared) -> Result<(), RestError> {
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

    /// Checks that the user is still there, and may use the application.
    fn has_access(&self, state: &State) -> Result<(), RestError> {
        if state.users.is_dismissed(self.user_id) {
            return Err(RestError::new(
                401,
                "authorization_error",
                "Unable to authorize user",
            ));
        }
        let client_id = self.client_id.as_deref().unwrap_or_default();
        if state.users.is_denied(client_id, self.user_id) {
            return Err(RestError::new(
                401,
                "user_access_error",
                "The user does not have access to the application",
            ));
        }
        Ok(())
    }

    /// Whose work it is.
    pub(super) fn counted_as(&self) -> (Option<String>, Option<String>) {
        (self.client_id.clone(), self.webhook.clone())
    }

    pub(crate) fn by_token(shared: &Shared, state: &State, token: &str) -> Result<Self, RestError> {
        state.blocks.before_token()?;
        let grant = state.grants.tokens.get(token).ok_or_else(|| {
            RestError::new(401, "invalid_token", "Unable to get application by token")
        })?;
        state.blocks.before_application()?;
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
            webhook: None,
            user_id: grant.user_id,
            connector: String::new(),
            chain: grant.chain,
        })
    }

    fn by_webhook(state: &State, user: &str, code: &str) -> Result<Self, RestError> {
        state.blocks.before_webhook()?;
        match state.grants.webhooks.get(code) {
            Some(user_id) if user_id.to_string() == user => Ok(Self {
                client_id: None,
                webhook: Some(code.to_owned()),
                user_id: *user_id,
                connector: String::new(),
                chain: 0,
            }),
            _ => Err(RestError::new(
                401,
                "INVALID_CREDENTIALS",
                "Invalid request credentials",
            )),
        }
    }
}
