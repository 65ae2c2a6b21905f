//! What a call says beside its properties.

mod body;
mod document;

use std::iter;
use std::time::{Duration, SystemTime};

pub(crate) use body::form;
pub use document::{Document, DocumentId};

use crate::error::{Error, ErrorKind, Result};
use crate::form::{Form, Limits, Node};
use crate::portal::{Auth, untrusted};
use crate::rest::EventToken;

/// What a call says beside its properties.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Envelope {
    /// The running workflow.
    pub workflow_id: String,
    /// The robot's code.
    pub code: String,
    /// The key of the call.
    pub event_token: EventToken,
    /// The document that the workflow runs on.
    pub document: Option<Document>,
    /// Whether the step waits for a reply. A call of 2015 does not say; its step is taken to wait,
    /// because a reply to a step that does not is harmless.
    pub expects_reply: bool,
    /// When the portal queued the call.
    pub queued_at: Option<SystemTime>,
    /// How long the step waits; `None` if it waits without a limit.
    pub timeout: Option<Duration>,
    /// The portal and the tokens.
    pub auth: Auth,
}

impl Envelope {
    /// Reads a call's body, except its properties.
    ///
    /// # Errors
    ///
    /// As [`Envelope::from_form`], and when the body is broken JSON.
    pub fn from_body(body: &[u8], limits: &Limits) -> Result<Self> {
        Self::from_form(&body::without_properties(body, limits)?)
    }

    /// Reads a call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`], naming every field that is missing.
    pub fn from_form(form: &Form<'_>) -> Result<Self> {
        let text = |key: &str| {
            form.get(key)
                .and_then(Node::as_text)
                .filter(|text| !text.is_empty())
        };
        let missing: Vec<_> = ["event_token", "code", "workflow_id"]
            .into_iter()
            .filter(|key| text(key).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(no_call(form, &missing));
        }
        let needed = |key| text(key).unwrap_or_default().to_owned();
        let seconds = |key| text(key)?.parse().ok().map(Duration::from_secs);
        let triple = |key: &str| {
            let parts = form.get(key)?.as_array()?.items();
            let texts = parts.iter().map(|part| part.as_text().map(str::to_owned));
            <[String; 3]>::try_from(texts.collect::<Option<Vec<_>>>()?).ok()
        };
        Ok(Self {
            workflow_id: needed("workflow_id"),
            code: needed("code"),
            event_token: EventToken::new(needed("event_token")),
            document: triple("document_id").map(|id| Document {
                id: id.into(),
                document_type: triple("document_type"),
            }),
            expects_reply: expects_reply(form),
            queued_at: seconds("ts").and_then(|ts| SystemTime::UNIX_EPOCH.checked_add(ts)),
            timeout: seconds("timeout_duration").filter(|timeout| !timeout.is_zero()),
            auth: Auth::from_form(form)?,
        })
    }

    /// When the step stops waiting; `None` if it waits without a limit.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        self.queued_at?.checked_add(self.timeout?)
    }
}

/// Newer portals name the step's mode in every call, or leave it out when the author never chose:
/// such a step does not wait. A call without `timeout_duration` is of a time that said neither.
fn expects_reply(form: &Form<'_>) -> bool {
    match form.get("use_subscription").and_then(Node::as_text) {
        Some(mode) => mode == "Y",
        None => form.get("timeout_duration").is_none(),
    }
}

fn no_call(form: &Form<'_>, missing: &[&str]) -> Error {
    let no = format!(
        "the request is no call of a robot: it has no `{}`",
        missing.join("`, `")
    );
    let faults = form
        .faults()
        .iter()
        .filter(|fault| fault.kind.loses_data())
        .take(3)
        .map(|fault| untrusted(&fault.to_string()).to_string());
    let texts: Vec<_> = iter::once(no).chain(faults).collect();
    Error::new(ErrorKind::BadRequest, texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTH: &str = "&auth[member_id]=m";

    fn read(body: &str) -> Result<Envelope> {
        let body = format!("{body}{AUTH}");
        Envelope::from_form(&form(body.as_bytes(), &Limits::default())?)
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = read("code=md5&workflow_id=").unwrap_err().to_string();
        assert_eq!(
            error,
            "the request is no call of a robot: it has no `event_token`, `workflow_id`"
        );
        let error = read("code=%FF&workflow_id=w&event_token=t")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("it has no `code`; form key `code`: not UTF-8"),
            "{error}"
        );
    }

    #[test]
    fn properties_do_not_hide_who_calls() {
        let limits = Limits::default();
        let many = "properties%5Btags%5D%5B%5D=1&".repeat(limits.pairs + 1);
        let many = many + &"properties[x][]=1&".repeat(limits.pairs);
        let body = format!("{many}code=md5&workflow_id=w&event_token=t{AUTH}&properties=x");
        assert_eq!(
            Envelope::from_body(body.as_bytes(), &limits).unwrap().code,
            "md5"
        );
        let json =
            br#"{"code":"md5","workflow_id":"w","event_token":"t","auth":{"member_id":"m"}}"#;
        assert_eq!(Envelope::from_body(json, &limits).unwrap().code, "md5");
    }

    #[test]
    fn the_mode_of_the_step_is_obeyed() {
        let call = "code=md5&workflow_id=w&event_token=t";
        assert!(read(call).unwrap().expects_reply, "2015");
        assert!(
            read(&format!("{call}&use_subscription=Y&timeout_duration=0"))
                .unwrap()
                .expects_reply
        );
        assert!(
            !read(&format!("{call}&use_subscription=N&timeout_duration=0"))
                .unwrap()
                .expects_reply
        );
        assert!(
            !read(&format!("{call}&timeout_duration=0"))
                .unwrap()
                .expects_reply,
            "never chosen"
        );
    }

    #[test]
    fn the_deadline_is_counted_from_the_queue() {
        let call = "code=md5&workflow_id=w&event_token=t";
        let envelope = read(&format!("{call}&ts=1000&timeout_duration=600")).unwrap();
        let deadline = envelope
            .deadline()
            .unwrap()
            .duration_since(SystemTime::UNIX_EPOCH);
        assert_eq!(deadline.unwrap().as_secs(), 1600);
        assert!(
            read(&format!("{call}&ts=1000&timeout_duration=0"))
                .unwrap()
                .deadline()
                .is_none()
        );
        assert!(
            read(&format!("{call}&ts=x&timeout_duration=9"))
                .unwrap()
                .deadline()
                .is_none()
        );
        let huge = format!("{call}&ts={0}&timeout_duration={0}", u64::MAX);
        assert!(read(&huge).unwrap().deadline().is_none());
    }
}
