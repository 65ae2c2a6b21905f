//! Everything of a call but its properties.

use std::time::{Duration, SystemTime};

use super::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::form::{Form, Limits, Node};
use crate::portal::{Auth, untrusted};
use crate::rest::EventToken;

/// What a call says of itself, beside the properties.
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
    /// Whether the step waits for a reply. Calls of 2015 did not say; those steps are taken to
    /// wait, because a reply nobody waits for is harmless.
    pub waits: bool,
    /// When the portal queued the call, in epoch seconds.
    pub queued_at: Option<u64>,
    /// How long the step waits, in seconds; 0 is for ever.
    pub timeout: u64,
    /// The portal and the tokens.
    pub auth: Auth,
}

impl Envelope {
    /// Reads a call's body, its properties aside.
    ///
    /// # Errors
    ///
    /// As [`Envelope::from_form`], and when the body is broken JSON.
    pub fn from_body(body: &[u8], limits: &Limits) -> Result<Self> {
        Self::from_form(&form(&without_properties(body), limits)?)
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
        let needed = ["event_token", "code", "workflow_id"];
        let missing = needed
            .into_iter()
            .filter(|key| text(key).is_none())
            .collect::<Vec<_>>();
        if !missing.is_empty() {
            return Err(no_call(form, &missing));
        }
        let needed = |key| text(key).unwrap_or_default().to_owned();
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
            waits: waits(form),
            queued_at: text("ts").and_then(|ts| ts.parse().ok()),
            timeout: text("timeout_duration")
                .and_then(|timeout| timeout.parse().ok())
                .unwrap_or(0),
            auth: Auth::from_form(form)?,
        })
    }

    /// When the portal queued the call.
    #[must_use]
    pub fn called_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.queued_at?))
    }

    /// When the step stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        let timeout = Some(self.timeout).filter(|seconds| *seconds > 0)?;
        let seconds = self.queued_at?.checked_add(timeout)?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }
}

/// Newer portals name the step's mode in every call, or leave it out when the author never chose:
/// such a step does not wait. A call without `timeout_duration` is of a time that said neither.
fn waits(form: &Form<'_>) -> bool {
    match form.get("use_subscription").and_then(Node::as_text) {
        Some(mode) => mode == "Y",
        None => form.get("timeout_duration").is_none(),
    }
}

fn no_call(form: &Form<'_>, missing: &[&str]) -> Error {
    let missing = missing.join("`, `");
    let faults = form
        .faults()
        .iter()
        .filter(|fault| fault.kind.loses_data())
        .take(3);
    let faults = faults.map(|fault| format!("; {}", untrusted(&fault.to_string())));
    let faults = faults.collect::<String>();
    Error::new(
        ErrorKind::BadRequest,
        format!("the request is no call of a robot: it has no `{missing}`{faults}"),
    )
}

/// The body without its properties: they come first, and so many that the rest were not read
/// would hide who calls.
pub(crate) fn without_properties(body: &[u8]) -> Vec<u8> {
    let is_property = |pair: &&[u8]| {
        let rest = pair.strip_prefix(b"properties");
        rest.is_some_and(|rest| rest.starts_with(b"[") || rest.starts_with(b"%5"))
    };
    if is_json(body) {
        return body.to_vec();
    }
    let pairs = body
        .split(|byte| *byte == b'&')
        .filter(|pair| !is_property(pair));
    pairs.collect::<Vec<_>>().join(&b'&')
}

fn is_json(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// The body as a tree. Portals send forms; a body that begins with `{` is read as JSON.
pub(crate) fn form<'a>(body: &'a [u8], limits: &Limits) -> Result<Form<'a>> {
    if is_json(body) {
        return Form::from_json(body, limits).map_err(|error| {
            Error::new(ErrorKind::BadRequest, error.to_string()).with_source(error)
        });
    }
    Ok(Form::decode(body, limits))
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
        assert!(read(call).unwrap().waits, "2015");
        assert!(
            read(&format!("{call}&use_subscription=Y&timeout_duration=0"))
                .unwrap()
                .waits
        );
        assert!(
            !read(&format!("{call}&use_subscription=N&timeout_duration=0"))
                .unwrap()
                .waits
        );
        assert!(
            !read(&format!("{call}&timeout_duration=0")).unwrap().waits,
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
