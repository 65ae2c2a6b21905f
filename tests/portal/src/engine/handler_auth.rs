//! The `auth` block of every request a portal sends to an application.

use crate::engine::grants::TOKEN_LIFE;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};

/// The tokens of a request.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    /// Most events carry none.
    pub(crate) refresh_token: Option<String>,
    expires: i64,
    pub(crate) user_id: u64,
    /// The letter of the application's status.
    status: &'static str,
}

impl Tokens {
    /// An access token and a refresh token of a user.
    pub(crate) fn issue(shared: &Shared, state: &mut State, client_id: &str, user_id: u64) -> Self {
        let refresh_token = shared.grant_refresh(state, client_id, user_id);
        Self {
            refresh_token: Some(refresh_token),
            ..Self::access_only(shared, state, client_id, user_id)
        }
    }

    /// Shifts the expiry by this many seconds.
    pub(crate) fn skewed(mut self, seconds: i64) -> Self {
        self.expires = self.expires.saturating_add(seconds);
        self
    }

    /// When the access token expires, in Unix seconds.
    pub(crate) fn expires(&self) -> i64 {
        self.expires
    }

    /// An access token of a user.
    pub(crate) fn access_only(
        shared: &Shared,
        state: &mut State,
        client_id: &str,
        user_id: u64,
    ) -> Self {
        let (access_token, expires) = shared.grant(state, client_id, user_id);
        let status = state.installations.get(client_id);
        Self {
            access_token,
            refresh_token: None,
            expires: expires.as_second(),
            user_id,
            status: status
                .map(|application| application.status)
                .unwrap_or_default()
                .letter(),
        }
    }
}

/// Builds the whole block; without tokens it only identifies the portal.
pub(crate) fn block(shared: &Shared, tokens: Option<&Tokens>, application_token: &str) -> Array {
    let text = Value::from;
    let mut auth = Array::new();
    if let Some(tokens) = tokens {
        auth.insert("access_token", tokens.access_token.as_str());
        if let Some(refresh_token) = &tokens.refresh_token {
            auth.insert("refresh_token", refresh_token.as_str());
        }
        auth.insert("expires", tokens.expires);
        auth.insert("expires_in", TOKEN_LIFE);
        auth.insert("scope", shared.settings.scope.join(","));
    }
    auth.insert("domain", text(shared.domain()));
    auth.insert("server_endpoint", shared.server_endpoint());
    auth.insert("client_endpoint", shared.client_endpoint());
    if let Some(tokens) = tokens {
        auth.insert("status", text(tokens.status));
    }
    auth.insert("member_id", text(&shared.member_id));
    if let Some(tokens) = tokens {
        auth.insert("user_id", tokens.user_id.to_string());
    }
    auth.insert("application_token", text(application_token));
    auth
}
