//! An event of the history as a line of the timeline.
//!
//! It is made from the event's JSON, so that an event unknown to this file is shown as well.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::face::page::message::Message;
use crate::model::history::Record;
use crate::wire::rest::method;

/// A line of a timeline.
#[derive(Debug)]
pub(crate) struct Entry {
    /// A key that stays the same when the page is loaded again.
    pub(crate) key: String,
    pub(crate) at: String,
    /// The time of day in `at`, to the millisecond.
    pub(crate) clock: String,
    /// Which colour it has.
    pub(crate) tone: &'static str,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) messages: Vec<Message>,
}

impl Entry {
    /// `clock` writes a moment, `endpoint` is where the portal's methods are.
    pub(crate) fn from_record(
        record: &Record,
        clock: impl Fn(Timestamp) -> String,
        endpoint: &str,
    ) -> Self {
        let json = serde_json::to_value(record).unwrap_or_default();
        let name = json
            .get("event")
            .and_then(Json::as_str)
            .unwrap_or("event")
            .to_owned();
        let mut messages = Vec::new();
        if let Some(fields) = json.as_object() {
            collect(fields, endpoint, &mut messages);
        }
        let (tone, title) = known(&name);
        let at = clock(record.at);
        Self {
            key: format!("{}-{name}", record.at.as_nanosecond()),
            clock: time_of_day(&at, record.at),
            at,
            tone,
            title: title.map_or_else(|| words(&name), str::to_owned),
            text: text(&name, &json),
            messages,
        }
    }
}

/// `2025-12-31T10:20:30+03:00` without day and zone.
fn time_of_day(iso: &str, at: Timestamp) -> String {
    let with_zone = iso.split_once('T').map_or(iso, |(_, clock)| clock);
    let clock = with_zone.get(.."10:20:30".len()).unwrap_or(with_zone);
    format!("{clock}.{:03}", at.as_millisecond().rem_euclid(1000))
}

/// The colour and the title of the events that have their own.
fn known(name: &str) -> (&'static str, Option<&'static str>) {
    match name {
        "installed" => ("start", Some("Installed")),
        "registered" => ("start", Some("Registered")),
        "workflow_started" => ("start", Some("Workflow started")),
        "started" => ("start", Some("Step reached")),
        "called" => ("call", Some("Handler called")),
        "call_lost" => ("fault", Some("Call lost on its way")),
        "call_withheld" => ("fault", Some("Call withheld")),
        "waiting" => ("wait", Some("Waits")),
        "postponed" => ("wait", Some("Wake-up postponed: the workflow is locked")),
        "requested" => ("reply", Some("Application called")),
        "replied" => ("reply", Some("Application replied")),
        "logged" => ("log", Some("Log")),
        "returned" => ("log", Some("Outputs set")),
        "finished" => ("end", Some("Ended")),
        _ => ("other", None),
    }
}

fn words(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Returns the text after the title.
fn text(name: &str, json: &Json) -> String {
    let at = |path: &str| {
        json.pointer(path)
            .and_then(Json::as_str)
            .unwrap_or_default()
    };
    match name {
        "workflow_started" => format!("{} on {}", at("/template"), at("/document_id/2")),
        "started" => at("/code").to_owned(),
        "logged" => at("/text").to_owned(),
        "call_withheld" => at("/reason").to_owned(),
        "called" | "installed" | "updated" | "uninstalled" => {
            json.get("request").map(outcome).unwrap_or_default()
        }
        "waiting" | "postponed" => match (at("/deadline"), at("/until")) {
            ("", "") => "without a deadline".to_owned(),
            ("", until) | (until, _) => format!("until {until}"),
        },
        "requested" => format!("{}, {}", at("/method"), response_status(json)),
        "replied" => response_status(json),
        "returned" => json.get("return_values").map(scalars).unwrap_or_default(),
        "step_closed" => json.get("how").map(ending).unwrap_or_default(),
        "executed" => at("/activity").to_owned(),
        "finished" => json.get("ending").map(ending).unwrap_or_default(),
        _ => scalars(json),
    }
}

/// Describes the portal's response to a call of a method.
fn response_status(json: &Json) -> String {
    match json.pointer("/response/status").and_then(Json::as_u64) {
        Some(status) => format!("response {status}"),
        None => "the connection was cut".to_owned(),
    }
}

fn outcome(request: &Json) -> String {
    match request.get("outcome") {
        None | Some(Json::Null) => "no response yet".to_owned(),
        Some(Json::String(reason)) => format!("not reached: {reason}"),
        Some(outcome) => {
            let status = outcome
                .get("status")
                .and_then(Json::as_u64)
                .unwrap_or_default();
            let took = request
                .get("took_ms")
                .and_then(Json::as_u64)
                .map_or_else(String::new, |millis| format!(" after {millis} ms"));
            format!("acknowledged with {status}{took}")
        }
    }
}

/// How something ended, in words.
pub(crate) fn ending(ending: &Json) -> String {
    match ending {
        Json::String(name) => words(name).to_lowercase(),
        Json::Object(map) => {
            let reasons = map.iter().map(|(name, reason)| {
                format!(
                    "{}: {}",
                    words(name).to_lowercase(),
                    reason.as_str().unwrap_or_default()
                )
            });
            reasons.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// Returns the plain fields of an event, except those that every event has.
fn scalars(json: &Json) -> String {
    let fields = json.as_object().into_iter().flatten();
    let own = fields.filter(|(name, _)| !matches!(name.as_str(), "event" | "at" | "workflow_id"));
    let shown = own.filter_map(|(name, value)| match value {
        Json::String(text) => Some(format!("{name} {text}")),
        Json::Number(_) | Json::Bool(_) => Some(format!("{name} {value}")),
        _ => None,
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Finds the messages in an event: a `url` and a `body` are a request, a `status` and a `body` a
/// response.
fn collect(fields: &Map<String, Json>, endpoint: &str, found: &mut Vec<Message>) {
    if let Some(body) = fields.get("body").and_then(Json::as_str) {
        let url = fields.get("url").and_then(Json::as_str);
        if let Some(status) = fields.get("status").and_then(Json::as_u64) {
            found.push(Message::response(status, body));
        } else if let Some(url) = url {
            found.push(Message::request(url, body));
        } else {
            let method = fields.get("method").and_then(Json::as_str);
            let url = format!("{endpoint}{}", method.unwrap_or(method::REPLY));
            found.push(Message::request(&url, body));
        }
    }
    for value in fields.values() {
        if let Json::Object(inner) = value {
            collect(inner, endpoint, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::{Entry, collect, ending, scalars, words};
    use crate::model::history::{Delivery, Event, Record};

    #[test]
    fn a_call_has_its_message() {
        let record = Record {
            at: Timestamp::UNIX_EPOCH,
            event: Event::Called {
                workflow_id: "w".to_owned(),
                activity_name: "A1_2_3_4".to_owned(),
                request: Delivery::to("http://127.0.0.1:1/h", "code=md5"),
            },
        };
        let entry = Entry::from_record(&record, |_| "now".to_owned(), "http://127.0.0.1/rest/");
        assert_eq!(
            (entry.tone, entry.title.as_str()),
            ("call", "Handler called")
        );
        assert_eq!(entry.text, "no response yet");
        assert_eq!(entry.messages.len(), 1);
        assert_eq!(entry.messages[0].raw, "code=md5");
    }

    #[test]
    fn an_unknown_event_is_shown() {
        assert_eq!(words("task_created"), "Task created");
        let event = json!({"event": "task_created", "at": "t", "workflow_id": "w", "task": 5, "user": "x", "deep": {}});
        assert_eq!(scalars(&event), "task 5, user x");
        let mut messages = Vec::new();
        let nested =
            json!({"sent": {"url": "u", "body": "a=1", "outcome": {"status": 200, "body": "ok"}}});
        collect(nested.as_object().unwrap(), "", &mut messages);
        assert_eq!(messages.len(), 2);
    }

    #[test]
    fn endings_are_written_in_words() {
        assert_eq!(ending(&json!("timed_out")), "timed out");
        assert_eq!(ending(&json!({"failed": "why"})), "failed: why");
    }
}
