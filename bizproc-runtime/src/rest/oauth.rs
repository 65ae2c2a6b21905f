//! The authorisation server: the owner of a token, and new tokens for old ones.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded;

use super::response;
use super::transport::exchange;
use crate::error::{Error, ErrorKind, Result};

/// What the authorisation server knows about an access token (`app.info`).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AppInfo {
    pub(crate) client_id: String,
    /// A number, or its text.
    #[serde(default)]
    user_id: Value,
    pub(crate) install: Install,
}

impl AppInfo {
    /// The owner of the token.
    pub(crate) fn user_id(&self) -> Option<u64> {
        let text = self.user_id.as_str().and_then(|id| id.parse().ok());
        self.user_id.as_u64().or(text)
    }
}

/// The installation that the token belongs to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Install {
    pub(crate) member_id: String,
    pub(crate) client_endpoint: String,
}

/// Asks the authorisation server. The token goes in the body, which no access log records.
pub(crate) async fn app_info(
    http: &reqwest::Client,
    server_endpoint: &Url,
    token: &SecretString,
) -> Result<AppInfo> {
    let mut url = server_endpoint.clone();
    let path = format!("{}/app.info", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("auth", token.expose_secret())
        .finish();
    let request = http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    let (status, body) = exchange(request.body(body)).await?;
    response::read(status, &body)
        .map(|response| response.result)
        .map_err(|error| error.context("`app.info` of the authorisation server"))
}

/// An application, as the authorisation server knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Application<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a SecretString,
}

/// The new tokens for a refresh token, which is spent then.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: SecretString,
    pub(crate) user_id: Option<u64>,
    pub(crate) member_id: Option<String>,
    /// The portal's REST address, another one than before when the portal was renamed.
    pub(crate) client_endpoint: Option<String>,
}

/// Exchanges a refresh token for new tokens at the authorisation server that keeps `server_endpoint`.
///
/// The platform documents this as a `GET`, secrets in the address: no error and no log line may
/// show the address or what came back.
pub(crate) async fn refresh(
    http: &reqwest::Client,
    server_endpoint: &Url,
    application: Application<'_>,
    refresh_token: &SecretString,
) -> Result<Tokens> {
    let mut url = server_endpoint.clone();
    url.set_path("/oauth/token/");
    url.set_fragment(None);
    url.query_pairs_mut()
        .clear()
        .append_pair("grant_type", "refresh_token")
        .append_pair("client_id", application.client_id)
        .append_pair("client_secret", application.client_secret.expose_secret())
        .append_pair("refresh_token", refresh_token.expose_secret());
    let request = http.get(url).header("accept", "application/json");
    let tokens = match exchange(request).await {
        Ok((status, body)) => tokens(status, &body),
        Err(error) => Err(error),
    };
    tokens.map_err(|error| error.context("new tokens of the authorisation server"))
}

/// Reads a response. One refusal, `wrong_client`, comes with a status of success.
fn tokens(status: u16, body: &[u8]) -> Result<Tokens> {
    let invalid = |what: &str| {
        let message = format!("the authorisation server answered {status} with {what}");
        Error::new(ErrorKind::InvalidResponse, message).with_status(status)
    };
    // The body may have tokens in a wrong place: it is not shown.
    let Ok(envelope) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return Err(invalid("no JSON map"));
    };
    if let Some((code, description)) = response::error_code(&envelope) {
        return Err(refused(code, &description, status));
    }
    let text = |key: &str| {
        let text = envelope.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    let token = |key: &str| {
        let token = text(key).map(SecretString::from);
        token.ok_or_else(|| invalid(&format!("neither an error nor the text `{key}`")))
    };
    let number = |key: &str| envelope.get(key).and_then(response::number);
    Ok(Tokens {
        access_token: token("access_token")?,
        refresh_token: token("refresh_token")?,
        user_id: number("user_id"),
        member_id: text("member_id").map(str::to_owned),
        client_endpoint: text("client_endpoint").map(str::to_owned),
    })
}

/// A refusal, beginning with what a person can do about it.
fn refused(code: String, description: &str, status: u16) -> Error {
    let error = Error::rejected("the authorisation server", code, description, status);
    let advice = match error
        .code()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "wrong_client" => "the application is unknown; compare the `client_id` with its card",
        "invalid_client" => {
            "the client secret is another one, or the portal uninstalled the application; compare \
             it with the application's card"
        }
        "payment_required" => {
            "the subscription has ended, and there are no tokens until it is paid"
        }
        "not_installed" => "the portal has not installed the application",
        _ => return error,
    };
    error.context(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        tokens(status, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn tokens_are_read_with_numbers_as_texts_too() {
        let body = br#"{"access_token":"A","refresh_token":"R","expires":"1738149352","user_id":"7",
            "client_endpoint":"https://portal.example/rest/","member_id":"m","domain":"oauth.bitrix.info"}"#;
        let tokens = tokens(200, body).unwrap();
        assert_eq!(tokens.access_token.expose_secret(), "A");
        assert_eq!(tokens.refresh_token.expose_secret(), "R");
        assert_eq!(tokens.user_id, Some(7));
        assert_eq!(tokens.member_id.as_deref(), Some("m"));
        assert!(!format!("{tokens:?}").contains("\"A\""), "{tokens:?}");
    }

    #[test]
    fn refusals_have_their_codes_at_any_status() {
        for (status, code, part) in [
            (200, "wrong_client", "compare the `client_id`"),
            (401, "invalid_client", "the client secret is another one"),
            (400, "PAYMENT_REQUIRED", "until it is paid"),
            (
                400,
                "invalid_grant",
                "the authorisation server answered invalid_grant: text",
            ),
        ] {
            let error = error(
                status,
                &format!(r#"{{"error":"{code}","error_description":"text"}}"#),
            );
            assert_eq!(
                (error.kind(), error.code()),
                (ErrorKind::Rejected, Some(code))
            );
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn an_invalid_response_is_not_shown() {
        for body in [
            r#"{"access_token":"SECRET""#,
            r#"["SECRET"]"#,
            r#"{"access_token":"SECRET"}"#,
            r#"{"access_token":"","refresh_token":"SECRET"}"#,
            r#"{"access_token":"SECRET","refresh_token":{"SECRET":1}}"#,
            "",
        ] {
            let error = error(200, body);
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
            assert!(
                !format!("{error} {error:?}").contains("SECRET"),
                "{error:?}"
            );
        }
    }
}
