//! Refusals of requests to the portal itself, and their responses.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use crate::rules::error::Error;

/// Why a request to the portal itself is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
        }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    }

    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// While the portal is being dropped.
    pub(crate) fn gone() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the portal is shutting down",
        )
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::bad(error.to_string())
    }
}

/// Responds with JSON that no other page may read.
pub(crate) fn json_response(status: StatusCode, json: &Json) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, json.to_string()).into_response()
}

pub(crate) fn refused(refusal: &Refusal) -> Response {
    json_response(refusal.status, &json!({ "error": refusal.text }))
}
