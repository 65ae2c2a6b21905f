//! The authorisation server: who a token belongs to.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use url::form_urlencoded;

use super::{answer, exchange};
use crate::error::Result;

/// What the authorisation server says of an access token (`app.info`).
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

/// Asks the authorisation server. The token goes in the body, where no access log keeps it.
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
    let (status, answer) = exchange(request.body(body)).await?;
    answer::read(status, &answer)
        .map(|answer| answer.result)
        .map_err(|error| error.context("`app.info` of the authorisation server"))
}
