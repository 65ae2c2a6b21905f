//! The second step of an authorisation: tokens for a code or a refresh token.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use crate::engine::grants::TOKEN_LIFE;
use crate::engine::handler_auth::Tokens;
use crate::model::codes::Code;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::RestError;

/// Why no tokens were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    code: Cow<'static, str>,
    text: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            text: text.into(),
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        json!({"error": self.code, "error_description": self.text})
    }
}

impl From<RestError> for Refused {
    fn from(error: RestError) -> Self {
        Self {
            status: error.status,
            code: error.code.into(),
            text: error.description,
        }
    }
}

/// Exchanges a code or a refresh token for tokens.
///
/// A refresh token is valid once: the response contains its successor.
pub(crate) fn exchange(
    shared: &Shared,
    state: &mut State,
    params: &Array,
) -> Result<Json, Refused> {
    state.blocks.before_token().map_err(Refused::from)?;
    let grant_type = parameter(params, "grant_type")?;
    let is_refresh = match grant_type {
        "authorization_code" => false,
        "refresh_token" => true,
        other => {
            let text = format!("Invalid grant_type parameter: {other}");
            return Err(Refused::new(400, "invalid_request", text));
        }
    };
    let client_id = parameter(params, "client_id")?.to_owned();
    check_client(state, &client_id, parameter(params, "client_secret")?)?;
    let user_id = if is_refresh {
        let token = parameter(params, "refresh_token")?;
        by_refresh_token(shared, state, &client_id, token)?
    } else {
        let code = parameter(params, "code")?;
        by_code(shared, state, &client_id, code)?
    };
    Ok(issued(shared, state, &client_id, user_id))
}

fn parameter<'a>(params: &'a Array, name: &str) -> Result<&'a str, Refused> {
    let text = params.get(name).and_then(Value::as_text);
    text.filter(|text| !text.is_empty()).ok_or_else(|| {
        let text = format!("No \"{name}\" parameter found");
        Refused::new(400, "invalid_request", text)
    })
}

fn check_client(state: &State, client_id: &str, secret: &str) -> Result<(), Refused> {
    let Some(application) = state.installations.get(client_id) else {
        // The only refusal with a status of success.
        return Err(Refused::new(200, "wrong_client", "Unknown client"));
    };
    if application.client_secret != secret {
        return Err(Refused::new(400, "invalid_client", "Invalid client secret"));
    }
    if !application.installed {
        return Err(Refused::new(
            400,
            "invalid_client",
            "Application is not installed",
        ));
    }
    if application.payment_expired {
        return Err(Refused::new(401, "PAYMENT_REQUIRED", "Payment required"));
    }
    Ok(())
}

fn by_refresh_token(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    token: &str,
) -> Result<u64, Refused> {
    let granted = state.grants.refresh_tokens.get(token);
    let user_id = granted
        .filter(|grant| grant.client_id == client_id && grant.expires > shared.now())
        .map(|grant| grant.user_id)
        .ok_or_else(|| Refused::new(400, "invalid_grant", "Invalid refresh token"))?;
    state.grants.refresh_tokens.remove(token);
    Ok(user_id)
}

fn by_code(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    code: &str,
) -> Result<u64, Refused> {
    let is_good = |code: &Code| code.client_id == client_id && code.expires > shared.now();
    // A code is used up by the first attempt, whether it succeeds or not.
    let code = state.codes.0.remove(code);
    code.filter(is_good)
        .map(|code| code.user_id)
        .ok_or_else(|| {
            Refused::new(
                400,
                "invalid_grant",
                "Invalid or expired authorization code",
            )
        })
}

fn issued(shared: &Shared, state: &mut State, client_id: &str, user_id: u64) -> Json {
    let application = state.installations.get(client_id);
    let status = application.map(|application| application.status.letter());
    let tokens = Tokens::issue(shared, state, client_id, user_id);
    let expires = tokens.expires();
    // The documentation shows `expires` and `user_id` only after a refresh; the official clients
    // always need them.
    json!({
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires": expires,
        "expires_in": TOKEN_LIFE,
        "user_id": user_id,
        "client_endpoint": shared.client_endpoint(),
        "server_endpoint": shared.server_endpoint(),
        "domain": shared.oauth_domain(),
        "member_id": shared.member_id,
        "scope": shared.settings.scope.join(","),
        "status": status,
    })
}
