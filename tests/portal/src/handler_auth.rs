//! The `auth` block of every request a portal sends to an application.

use crate::{
    php::{Array, Value},
    state::{Shared, State, TOKEN_LIFE},
};

/// The tokens of a request.
pub(crate) struct Tokens {
    access_token: String,
    refresh_token: String,
    expires: i64,
    user_id: u64,
}

impl Tokens {
    /// New tokens of a user.
    pub(crate) fn issue(shared: &Shared, state: &mut State, client_id: &str, user_id: u64) -> Self {
        let (access_token, expires) = shared.grant(state, client_id, user_id);
        let refresh_token = shared.grant_refresh(state, client_id, user_id);
        Self {
            access_token,
            refresh_token,
            expires: expires.as_second(),
            user_id,
        }
    }

    /// When the access token expires, in Unix seconds.
    pub(crate) fn expires(&self) -> i64 {
        self.expires
    }

    pub(crate) fn into_pair(self) -> (String, String) {
        (self.access_token, self.refresh_token)
    }
}

/// The whole block; without tokens it has what names the portal only.
pub(crate) fn block(shared: &Shared, tokens: Option<&Tokens>, application_token: &str) -> Array {
    let text = Value::from;
    let mut auth = Array::new();
    if let Some(tokens) = tokens {
        auth.insert("access_token", tokens.access_token.as_str());
        auth.insert("refresh_token", tokens.refresh_token.as_str());
        auth.insert("expires", tokens.expires);
        auth.insert("expires_in", TOKEN_LIFE);
        auth.insert("scope", shared.settings.scope.join(","));
    }
    auth.insert("domain", text(shared.domain()));
    auth.insert("server_endpoint", shared.server_endpoint());
    auth.insert("client_endpoint", shared.client_endpoint());
    if tokens.is_some() {
        auth.insert("status", text("L"));
    }
    auth.insert("member_id", text(&shared.member_id));
    if let Some(tokens) = tokens {
        auth.insert("user_id", tokens.user_id.to_string());
    }
    auth.insert("application_token", text(application_token));
    auth
}
