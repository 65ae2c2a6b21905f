//! The methods of scope `bizproc`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::batch::Batch;
use super::client::Client;
use super::response::Response;
use crate::definition::{Definition, Registration, RobotKind};
use crate::error::Result;

/// The method that completes a waiting step.
#[cfg_attr(
    not(feature = "server"),
    allow(unused, reason = "the outbox needs it, too")
)]
pub(crate) const EVENT_SEND: &str = "bizproc.event.send";

/// The token of one waiting step (`event_token`): anyone who has it can complete the step.
///
/// Its `Debug` form is its [fingerprint](EventToken::fingerprint).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventToken(String);

impl EventToken {
    /// A token as a call carried it.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The whole token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the call in logs and on pages: the first 16 hexadecimal digits of the token's
    /// SHA-256. It is the same in every process and release, and does not reveal the token.
    ///
    /// ```
    /// use bizproc_runtime::rest::EventToken;
    ///
    /// let token = EventToken::new("66f0|A1_2_3_4|key.signature");
    /// assert_eq!(token.fingerprint(), "1a002ee9d959d34c");
    /// ```
    #[must_use]
    pub fn fingerprint(&self) -> String {
        const BYTES: usize = 8;
        let hash = Sha256::digest(self.0.as_bytes());
        hash.iter()
            .take(BYTES)
            .fold(String::with_capacity(2 * BYTES), |text, byte| {
                format!("{text}{byte:02x}")
            })
    }
}

impl fmt::Debug for EventToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.fingerprint())
    }
}

/// The parameters of `bizproc.event.send`. An empty map of return values is left out: to a portal
/// that is the same, and a batch can carry it.
fn event_send(
    token: &EventToken,
    return_values: &Map<String, Value>,
    log_message: Option<&str>,
) -> Map<String, Value> {
    let mut params = Map::new();
    params.insert("EVENT_TOKEN".to_owned(), token.as_str().into());
    if !return_values.is_empty() {
        let values = return_values.clone().into();
        params.insert("RETURN_VALUES".to_owned(), values);
    }
    if let Some(message) = log_message {
        params.insert("LOG_MESSAGE".to_owned(), message.into());
    }
    params
}

impl Batch {
    /// Adds a [`Client::event_send`].
    ///
    /// # Errors
    ///
    /// As [`Batch::add`]: a reply that clears a return value, or whose text looks like a reference
    /// to another command's result, must be sent by itself.
    pub fn event_send(
        &mut self,
        token: &EventToken,
        return_values: &Map<String, Value>,
        log_message: Option<&str>,
    ) -> Result<()> {
        let params = event_send(token, return_values, log_message);
        self.add(EVENT_SEND, params)
    }
}

impl Client {
    /// Registers a robot or an activity (`bizproc.robot.add`, `bizproc.activity.add`).
    ///
    /// # Errors
    ///
    /// As [`Client::call`]; the portal's codes are `ACCESS_DENIED` (no application, or no
    /// administrator), `ERROR_ACTIVITY_VALIDATION_FAILURE`, `ERROR_WRONG_HANDLER_URL`,
    /// `ERROR_UNSUPPORTED_PROTOCOL`, `ERROR_ACTIVITY_ALREADY_INSTALLED` and
    /// `ERROR_ACTIVITY_ADD_FAILURE`.
    pub async fn robot_add(&self, definition: &Definition, at: &Registration) -> Result<()> {
        let params = definition.add_params(at);
        self.call::<Value>(&definition.method("add"), params)
            .await
            .map(drop)
    }

    /// Replaces a registered robot or activity (`bizproc.robot.update`,
    /// `bizproc.activity.update`).
    ///
    /// # Errors
    ///
    /// As [`Client::robot_add`], and `ERROR_ACTIVITY_NOT_FOUND` when there is none of this code and
    /// kind.
    pub async fn robot_update(&self, definition: &Definition, at: &Registration) -> Result<()> {
        let params = definition.update_params(at);
        self.call::<Value>(&definition.method("update"), params)
            .await
            .map(drop)
    }

    /// The codes of the application's robots or activities (`bizproc.robot.list`,
    /// `bizproc.activity.list`).
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn robot_list(&self, kind: RobotKind) -> Result<Vec<String>> {
        self.call(&kind.method("list"), json!({})).await
    }

    /// Removes a robot or an activity (`bizproc.robot.delete`, `bizproc.activity.delete`).
    /// Templates that use it stop at it until the same code is registered again.
    ///
    /// # Errors
    ///
    /// As [`Client::call`], and `ERROR_ACTIVITY_NOT_FOUND`.
    pub async fn robot_delete(&self, kind: RobotKind, code: &str) -> Result<()> {
        self.call::<Value>(&kind.method("delete"), json!({"CODE": code}))
            .await
            .map(drop)
    }

    /// Completes a waiting step (`bizproc.event.send`). `Ok` means that the portal
    /// acknowledged the reply, not that the workflow used it.
    ///
    /// # Errors
    ///
    /// As [`Client::call`]; `ACCESS_DENIED` when the token is not the portal's, and on older
    /// portals `404`, `423` and other numbers of the workflow engine.
    pub async fn event_send(
        &self,
        token: &EventToken,
        return_values: &Map<String, Value>,
        log_message: Option<&str>,
    ) -> Result<()> {
        let sent = self.event_sent(token, return_values, log_message);
        sent.await.map(drop)
    }

    /// A [`Client::event_send`] with the whole response.
    pub(crate) async fn event_sent(
        &self,
        token: &EventToken,
        return_values: &Map<String, Value>,
        log_message: Option<&str>,
    ) -> Result<Response<Value>> {
        let params = event_send(token, return_values, log_message);
        self.call_full(EVENT_SEND, params).await
    }

    /// Writes a line into the workflow's log while the step continues to wait
    /// (`bizproc.activity.log`). People see it when the template has logging switched on.
    ///
    /// # Errors
    ///
    /// As [`Client::event_send`], and `ERROR_EMPTY_LOG_MESSAGE`.
    pub async fn activity_log(&self, token: &EventToken, message: &str) -> Result<()> {
        let params = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": message});
        self.call::<Value>("bizproc.activity.log", params)
            .await
            .map(drop)
    }
}
