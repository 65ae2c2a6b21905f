//! The envelope of a response.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use crate::engine::workflow::in_step_dispatch::InStepDispatch;
use crate::model::limits::Operating;
use crate::model::shared::Shared;
use crate::rules::dates;
use crate::rules::rest_error::RestError;
use crate::rules::settings::{Settings, TimeStart};

/// A failure, which unlike a success has no `time`.
pub(crate) fn failure(error: &RestError) -> Value {
    let mut response = Map::new();
    response.insert("error".to_owned(), error.code.as_str().into());
    response.insert(
        "error_description".to_owned(),
        error.description.as_str().into(),
    );
    for (name, value) in &error.extra {
        response.insert((*name).to_owned(), value.as_str().into());
    }
    response.into()
}

/// What a method reports about a list of which it returns a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) total: usize,
    /// The `start` of the next part; the last one has none.
    pub(crate) next: Option<usize>,
}

/// The result of a call that was not refused.
#[derive(Debug, Clone)]
pub(crate) struct Success {
    pub(crate) result: crate::rules::php::Value,
    pub(crate) page: Option<Page>,
    /// A workflow that still runs inside the call.
    pub(crate) in_step: Option<InStepDispatch>,
    pub(crate) operating: Operating,
    /// The work it reports beyond the time that passed.
    pub(crate) slowness: Duration,
}

impl From<crate::rules::php::Value> for Success {
    fn from(result: crate::rules::php::Value) -> Self {
        Self {
            result,
            page: None,
            in_step: None,
            operating: Operating::default(),
            slowness: Duration::ZERO,
        }
    }
}

impl Success {
    /// Waits until the workflow that the call made run comes out of its step.
    pub(crate) async fn after_dispatch(mut self, shared: &Shared) -> Result<Self, RestError> {
        if let Some(in_step) = self.in_step.take() {
            in_step.ended(shared).await?;
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
    let mut response = Map::new();
    response.insert("result".to_owned(), success.result.to_json());
    if let Some(page) = success.page {
        if let Some(next) = page.next {
            response.insert("next".to_owned(), next.into());
        }
        response.insert("total".to_owned(), page.total.into());
    }
    response.insert("time".to_owned(), time(start, finish, success, settings));
    response.into()
}

/// The `time` of a success.
pub(crate) fn time(
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
