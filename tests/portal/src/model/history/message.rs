//! Messages as they were on the wire.

use std::fmt;
use std::time::Duration;

use axum::body::Bytes;
use serde::{Serialize, Serializer};

use crate::rules::php;

/// A request the portal sent, and its outcome.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Outgoing, Portal};
///
/// let portal = Portal::start().await?;
/// let app = portal.install("http://127.0.0.1:1/event").await?;
/// let request = app.last_notification();
/// assert_eq!(request.url, "http://127.0.0.1:1/event");
/// assert_eq!(request.body.form()["event"], "ONAPPINSTALL");
/// assert!(matches!(request.outcome, Outgoing::Failed(_)));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Delivery {
    /// Where it was sent, always by `POST`.
    pub url: String,
    /// The body, form-encoded.
    pub body: Body,
    /// What came back.
    pub outcome: Outgoing,
    /// How long that took; in JSON in milliseconds, as `took_ms`.
    #[serde(
        rename = "took_ms",
        skip_serializing_if = "Option::is_none",
        serialize_with = "as_millis"
    )]
    pub took: Option<Duration>,
}

impl Delivery {
    /// Makes a request that was not sent, with the reason.
    pub(crate) fn none(url: &str, reason: &str) -> Self {
        Self {
            url: url.to_owned(),
            body: Body::default(),
            outcome: Outgoing::Failed(reason.to_owned()),
            took: None,
        }
    }

    /// Makes a request that has no response yet.
    pub(crate) fn to(url: &str, body: impl Into<Body>) -> Self {
        Self {
            url: url.to_owned(),
            body: body.into(),
            outcome: Outgoing::Awaited,
            took: None,
        }
    }
}

/// The outcome of a request the portal sent.
///
/// ```
/// use bizproc_portal::{HttpResponse, Outgoing};
///
/// let responded = Outgoing::Responded(HttpResponse { status: 200, body: "ok".into() });
/// assert_eq!(responded.to_string(), "responded with 200");
/// assert_eq!(Outgoing::Awaited.to_string(), "no response yet");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(untagged)]
pub enum Outgoing {
    /// Nothing yet.
    #[default]
    Awaited,
    /// An HTTP response.
    Responded(HttpResponse),
    /// No response, and why.
    Failed(String),
}

impl fmt::Display for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Awaited => f.write_str("no response yet"),
            Self::Responded(response) => write!(f, "responded with {}", response.status),
            Self::Failed(reason) => write!(f, "not reached: {reason}"),
        }
    }
}

/// An HTTP response.
///
/// ```
/// use bizproc_portal::HttpResponse;
///
/// let response = HttpResponse { status: 400, body: r#"{"error": "ERROR_CORE"}"#.into() };
/// assert_eq!(response.body.json()?["error"], "ERROR_CORE");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpResponse {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Body,
}

impl HttpResponse {
    pub(crate) fn new(status: u16, body: impl Into<Body>) -> Self {
        Self {
            status,
            body: body.into(),
        }
    }
}

/// The bytes of a message.
///
/// ```
/// use bizproc_portal::Body;
/// use serde_json::json;
///
/// let call = Body::from("code=md5&properties%5Btags%5D%5B0%5D=a");
/// assert_eq!(call.form(), json!({"code": "md5", "properties": {"tags": ["a"]}}));
///
/// let reply = Body::from(r#"{"event_token": "t"}"#);
/// assert_eq!(reply.json()?["event_token"], json!("t"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Body(Bytes);

impl Body {
    /// The bytes as they were on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text; invalid UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// The bytes as PHP reads a form, whatever they are; all values are texts, or lists and objects
    /// of them.
    #[must_use]
    pub fn form(&self) -> serde_json::Value {
        php::parse_str(&self.0).to_json()
    }

    /// The bytes as JSON.
    ///
    /// # Errors
    ///
    /// If they are not JSON.
    pub fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::from_slice(&self.0)
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}

impl<B: Into<Bytes>> From<B> for Body {
    fn from(bytes: B) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

#[allow(clippy::ref_option, reason = "serde gives a reference to the field")]
fn as_millis<S: Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match took {
        Some(took) => serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        None => serializer.serialize_none(),
    }
}
