use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use super::limits::Operating;
use crate::{
    dates,
    settings::{Settings, TimeStart},
    state::Shared,
    workflow::Inside,
};

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) description: String,
    /// What a few errors say beside it.
    pub(crate) extra: Vec<(&'static str, String)>,
}

impl RestError {
    pub(crate) fn new(status: u16, code: &str, description: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            description: description.into(),
            extra: Vec::new(),
        }
    }

    /// Says more than code and description.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.extra.push((name, value.to_owned()));
        self
    }

    pub(crate) fn wrong_auth_type() -> Self {
        Self::new(
            403,
            "WRONG_AUTH_TYPE",
            "Current authorization type is denied for this method",
        )
    }

    pub(crate) fn method_not_found() -> Self {
        Self::new(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
    }

    pub(crate) fn access_denied(description: &str) -> Self {
        Self::new(403, "ACCESS_DENIED", description)
    }

    /// What PHP's fatal errors and other faults of the server end in.
    pub(crate) fn internal() -> Self {
        Self::new(500, "INTERNAL_SERVER_ERROR", "Internal server error")
    }
}

/// A failure, which unlike a success has no `time`.
pub(crate) fn failure(error: &RestError) -> Value {
    let mut answer = Map::new();
    answer.insert("error".to_owned(), error.code.as_str().into());
    answer.insert(
        "error_description".to_owned(),
        error.description.as_str().into(),
    );
    for (name, value) in &error.extra {
        answer.insert((*name).to_owned(), value.as_str().into());
    }
    answer.into()
}

/// What a method says about a list of which it gives a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) total: usize,
    /// The `start` of the next part; the last one has none.
    pub(crate) next: Option<usize>,
}

/// What came of a call that was not refused.
#[derive(Debug, Clone)]
pub(crate) struct Success {
    pub(crate) result: crate::php::Value,
    pub(crate) page: Option<Page>,
    /// A workflow that still runs inside of the call.
    pub(crate) inside: Option<Inside>,
    pub(crate) operating: Operating,
    /// What the method worked beyond the time that passed.
    pub(crate) slowness: Duration,
}

impl From<crate::php::Value> for Success {
    fn from(result: crate::php::Value) -> Self {
        Self {
            result,
            page: None,
            inside: None,
            operating: Operating::default(),
            slowness: Duration::ZERO,
        }
    }
}

impl Success {
    /// Waits until the workflow that the call made run comes out of its step.
    pub(crate) async fn settled(mut self, shared: &Shared) -> Result<Self, RestError> {
        if let Some(inside) = self.inside.take() {
            inside.ended(shared).await?;
        }
        Ok(self)
    }
}

/// A success.
pub(crate) fn success(
    success: &Success,
    start: Timestamp,
    finish: Timestamp,
    settings: &Settings,
) -> Value {
    let mut answer = Map::new();
    answer.insert("result".to_owned(), success.result.to_json());
    if let Some(page) = success.page {
        if let Some(next) = page.next {
            answer.insert("next".to_owned(), next.into());
        }
        answer.insert("total".to_owned(), page.total.into());
    }
    answer.insert("time".to_owned(), time(start, finish, success, settings));
    answer.into()
}

/// The `time` of a success.
pub(super) fn time(
    start: Timestamp,
    finish: Timestamp,
    success: &Success,
    settings: &Settings,
) -> Value {
    let finish = finish.checked_add(success.slowness).unwrap_or(finish);
    let zone = dates::server_zone(settings);
    let begun = match settings.platform.time_start {
        TimeStart::Whole => json!(start.as_second()),
        TimeStart::Fraction => seconds(start.as_duration().as_secs_f64()),
    };
    let from = match settings.platform.time_start {
        // The fraction that `start` lost comes back as a longer duration.
        TimeStart::Whole => Timestamp::from_second(start.as_second()).unwrap_or(start),
        TimeStart::Fraction => start,
    };
    let mut time = Map::new();
    time.insert("start".to_owned(), begun);
    time.insert(
        "finish".to_owned(),
        seconds(finish.as_duration().as_secs_f64()),
    );
    time.insert(
        "duration".to_owned(),
        seconds(finish.duration_since(from).as_secs_f64()),
    );
    time.insert(
        "processing".to_owned(),
        seconds(finish.duration_since(start).as_secs_f64()),
    );
    time.insert("date_start".to_owned(), dates::rfc3339(start, zone).into());
    time.insert(
        "date_finish".to_owned(),
        dates::rfc3339(finish, zone).into(),
    );
    let reset_at = success.operating.reset_at;
    time.insert(
        "operating_reset_at".to_owned(),
        json!(reset_at.unwrap_or_else(|| start.as_second() + 600)),
    );
    time.insert("operating".to_owned(), seconds(success.operating.worked));
    time.into()
}

fn seconds(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::from)
}
