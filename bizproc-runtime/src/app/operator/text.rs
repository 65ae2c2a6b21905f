//! Calls and times in words.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use url::form_urlencoded;

use super::frame::{failed, refused};
use super::page::Page;
use crate::error::Result;
use crate::store::{CallRecord, CallState};

/// The meaning of a state.
pub(super) fn meaning(state: &CallState) -> String {
    let text = match state {
        CallState::Accepted => "The robot's code has yet to run, or runs.",
        CallState::Deferred => "The robot's code left a ticket: the reply comes later.",
        CallState::Replied(_) => "The reply is stored, and the portal has yet to acknowledge it.",
        CallState::Delivered(_) => "The portal acknowledged the reply, which will be redelivered.",
        CallState::Completed(completion) => {
            let word = completion.name().replace('_', " ");
            return format!("Completed: {word}.");
        }
        CallState::Dead { reply: None, .. } => "A dead letter without a reply.",
        CallState::Dead { .. } => "A dead letter with a reply that could not be delivered.",
    };
    text.to_owned()
}

/// A point in time for reading and for programs.
#[derive(Debug)]
pub(super) struct Moment {
    /// Such as `2026-11-22 05:55:44 UTC`.
    pub(super) text: String,
    /// The same in RFC 3339.
    pub(super) iso: String,
    /// Such as `3 min ago`.
    pub(super) distance: String,
}

impl Moment {
    pub(super) fn new(time: SystemTime) -> Self {
        let now = SystemTime::now();
        let distance = now.duration_since(time).map_or_else(
            |error| format!("in {}", span(error.duration())),
            |age| format!("{} ago", span(age)),
        );
        let stamp = Timestamp::try_from(time).unwrap_or(Timestamp::MAX);
        Self {
            text: stamp.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            iso: stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            distance,
        }
    }
}

/// A time as its largest unit that is not zero.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A call in a list.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) robot: String,
    pub(super) member_id: String,
    /// The portal's host; its member id when it is no longer installed.
    pub(super) portal: String,
    pub(super) stage: &'static str,
    pub(super) accepted: Moment,
    pub(super) runs: u32,
    pub(super) sends: u32,
    /// Why it is a dead letter, or how it was completed.
    pub(super) reason: Option<String>,
}

/// Rows of calls, with the hosts of their portals.
pub(super) async fn rows(page: &Page, records: Vec<CallRecord>) -> Result<Vec<Row>> {
    let mut hosts = HashMap::new();
    for record in &records {
        if !hosts.contains_key(&record.member_id) {
            let host = host_of(page, &record.member_id).await?;
            hosts.insert(record.member_id.clone(), host);
        }
    }
    let rows = records.into_iter().map(|record| Row {
        portal: hosts.get(&record.member_id).cloned().unwrap_or_default(),
        stage: record.state.stage().name(),
        accepted: Moment::new(record.accepted_at),
        reason: match &record.state {
            CallState::Dead { reason, .. } => Some(reason.clone()),
            CallState::Completed(completion) => Some(completion.name().replace('_', " ")),
            _ => None,
        },
        number: record.number,
        robot: record.code,
        member_id: record.member_id,
        runs: record.runs,
        sends: record.sends,
    });
    Ok(rows.collect())
}

/// The host of a portal; its member id when it is not installed.
pub(super) async fn host_of(page: &Page, member_id: &str) -> Result<String> {
    let portal = page.store().portal(member_id).await?;
    let host = portal.and_then(|portal| portal.client_endpoint.host_str().map(str::to_owned));
    Ok(host.unwrap_or_else(|| member_id.to_owned()))
}

/// The call in a path; `Err` is the response to an unknown one.
pub(super) async fn found(page: &Page, number: &str) -> Result<CallRecord, Response> {
    let record = match number.parse() {
        Ok(number) => page.call(number).await,
        Err(_) => Ok(None),
    };
    match record {
        Ok(Some(record)) => Ok(record),
        Ok(None) => {
            let text =
                "There is no call with this number: completed calls are deleted after a while.";
            Err(refused(page, StatusCode::NOT_FOUND, text))
        }
        Err(error) => Err(failed(page, &error)),
    }
}

/// The pairs of a query.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let set = pairs.iter().filter(|(_, value)| !value.is_empty());
    query.extend_pairs(set).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_their_largest_unit() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
        let moment = Moment::new(SystemTime::UNIX_EPOCH);
        assert_eq!(moment.text, "1970-01-01 00:00:00 UTC");
        assert_eq!(moment.iso, "1970-01-01T00:00:00Z");
        assert!(moment.distance.ends_with(" days ago"));
        let later = SystemTime::now() + Duration::from_mins(10);
        assert_eq!(Moment::new(later).distance, "in 9 min");
    }

    #[test]
    fn queries_are_escaped() {
        let pairs = [("stage", ""), ("robot", "a&b=<c>"), ("after", "7")];
        assert_eq!(query(&pairs), "robot=a%26b%3D%3Cc%3E&after=7");
    }
}
