//! What happened on a portal, in order.

use std::{fmt, time::Duration};

use axum::body::Bytes;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::php;

/// One thing that happened, and when by the portal's clock.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// When.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen on a portal.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An application was installed and told so (`ONAPPINSTALL`).
    Installed {
        /// The application.
        client_id: String,
        /// The request it got.
        request: Delivery,
    },
    /// An application was updated, its registrations wiped (`ONAPPUPDATE`).
    Updated {
        /// The application.
        client_id: String,
        /// The request it got.
        request: Delivery,
    },
    /// An application was uninstalled (`ONAPPUNINSTALL`).
    Uninstalled {
        /// The application.
        client_id: String,
        /// The request it got.
        request: Delivery,
    },
    /// A robot or activity was added.
    Registered {
        /// Its code.
        code: String,
        /// What is stored now.
        definition: serde_json::Value,
    },
    /// A robot or activity was changed.
    Changed {
        /// Its code.
        code: String,
        /// What is stored now.
        definition: serde_json::Value,
    },
    /// A robot or activity was deleted by its application.
    Deleted {
        /// Its code.
        code: String,
    },
    /// A workflow reached its step.
    Started {
        /// The workflow.
        workflow_id: String,
        /// The robot or activity.
        code: String,
    },
    /// The handler was called; the workflow does not see what it answered.
    ///
    /// This stands here from the moment the call is sent; its outcome is filled in when the handler has answered,
    /// which [`Workflow::called`](crate::Workflow::called) waits for.
    Called {
        /// The workflow.
        workflow_id: String,
        /// The request and what came back.
        request: Delivery,
    },
    /// The call got lost on its way, because a test wanted it so.
    CallLost {
        /// The workflow.
        workflow_id: String,
    },
    /// The application sent `bizproc.event.send`.
    Replied {
        /// The workflow named by the token, if the token is good.
        workflow_id: Option<String>,
        /// Its parameters as PHP reads them: those of the address, overridden by those of the body.
        params: serde_json::Value,
        /// The body of the request.
        body: Body,
        /// What the portal answered; nothing if the connection was cut.
        answer: Option<Answer>,
    },
    /// A line was written to a workflow's log.
    Logged {
        /// The workflow.
        workflow_id: String,
        /// The line.
        text: String,
    },
    /// A workflow ended.
    Finished {
        /// The workflow.
        workflow_id: String,
        /// How.
        ending: Ending,
        /// The outputs of its step.
        return_values: serde_json::Value,
    },
}

/// How a workflow ended, or its step closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The application replied.
    Replied,
    /// The step does not wait for a reply.
    NotWaiting,
    /// The time-out passed without a reply; the output `IsTimeout` is 1.
    TimedOut,
    /// It was killed.
    Killed,
    /// A step failed, with this message.
    Failed(String),
}

/// A request the portal sent, and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Delivery {
    /// Where it was sent, always by `POST`.
    pub url: String,
    /// The body, form-encoded.
    pub body: Body,
    /// What came back.
    pub outcome: Outgoing,
    /// How long that took.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_millis")]
    pub took: Option<Duration>,
}

impl Delivery {
    /// A request that is not answered yet.
    pub(crate) fn to(url: &str, body: impl Into<Body>) -> Self {
        Self {
            url: url.to_owned(),
            body: body.into(),
            outcome: Outgoing::Awaited,
            took: None,
        }
    }
}

/// What came back from a request the portal sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(untagged)]
pub enum Outgoing {
    /// Nothing yet.
    #[default]
    Awaited,
    /// An HTTP answer.
    Answered(Answer),
    /// None, and why.
    Failed(String),
}

impl fmt::Display for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Awaited => f.write_str("no answer yet"),
            Self::Answered(answer) => write!(f, "answered {}", answer.status),
            Self::Failed(reason) => write!(f, "not reached: {reason}"),
        }
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Body,
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body(Bytes);

impl Body {
    /// The bytes as they were on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// The bytes as PHP reads a form, whatever they are; all its values are texts, lists and objects of them.
    #[must_use]
    pub fn form(&self) -> serde_json::Value {
        php::parse_str(&self.0).to_json()
    }

    /// The bytes as JSON.
    ///
    /// # Errors
    ///
    /// If they are none.
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

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// Milliseconds, under the name `took`.
#[allow(clippy::ref_option, reason = "serde calls it so")]
fn as_millis<S: Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match took {
        Some(took) => serializer.collect_str(&format_args!("{} ms", took.as_millis())),
        None => serializer.serialize_none(),
    }
}
