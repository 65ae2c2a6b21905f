//! The record of a call in the history.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::model::history::{Body, Event, HttpResponse};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::RestError;
use crate::wire::rest::envelope::Success;
use crate::wire::rest::{envelope, method};

/// A call that is recorded in the history with its response.
pub(crate) struct CallRecord {
    at: Timestamp,
    /// For an unknown method, the name as it was written.
    method: String,
    /// The workflow that a reply or a log line names, if its token is valid.
    workflow_id: Option<String>,
    params: Json,
    body: Body,
}

impl CallRecord {
    /// Notes a call that has just come.
    pub(crate) fn new(shared: &Shared, method: &str, params: &Array, body: Body) -> Self {
        let token = params
            .iter()
            .find(|(key, _)| key.to_text().eq_ignore_ascii_case("event_token"));
        Self {
            at: shared.now(),
            method: method.to_owned(),
            workflow_id: token
                .and_then(|(_, value)| value.as_text())
                .and_then(|text| shared.signer.read(text))
                .map(|token| token.workflow_id),
            params: Value::Array(params.clone()).to_json(),
            body,
        }
    }

    /// Writes it into the history, at the time it came.
    pub(crate) fn record(self, shared: &Shared, state: &mut State, response: Option<HttpResponse>) {
        let event = if self.method == method::REPLY {
            Event::Replied {
                workflow_id: self.workflow_id,
                params: self.params,
                body: self.body,
                response,
            }
        } else {
            Event::Requested {
                method: self.method,
                workflow_id: self.workflow_id,
                params: self.params,
                body: self.body,
                response,
            }
        };
        shared.record_at(state, self.at, event);
    }
}

/// The part of a batch's response that is one command's.
pub(crate) fn part(result: &Result<Success, RestError>) -> HttpResponse {
    let (status, json) = match result {
        Ok(success) => (200, serde_json::json!({"result": success.result.to_json()})),
        Err(error) => (error.status, envelope::failure(error)),
    };
    HttpResponse::new(status, json.to_string())
}
