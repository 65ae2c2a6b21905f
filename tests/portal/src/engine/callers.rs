//! Finding the caller behind a token or a webhook.

use crate::model::caller::Caller;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::rest_error::RestError;

impl Caller {
    /// Checks that the user was not dismissed and may use the application.
    pub(crate) fn has_access(&self, state: &State) -> Result<(), RestError> {
        if state.users.is_dismissed(self.user_id) {
            return Err(RestError::new(
                401,
                "authorization_error",
                "Unable to authorize user",
            ));
        }
        let client_id = self.client_id.as_deref().unwrap_or_default();
        if state.users.has_no_access(client_id, self.user_id) {
            return Err(RestError::new(
                401,
                "user_access_error",
                "The user does not have access to the application",
            ));
        }
        Ok(())
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

    pub(crate) fn by_webhook(state: &State, user: &str, code: &str) -> Result<Self, RestError> {
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
