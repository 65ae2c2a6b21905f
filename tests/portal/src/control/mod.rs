//! What drives and shows the portal over HTTP: `/-/…`.

mod act;
mod facts;
mod input;
mod live;
mod run;
mod state;

use std::sync::Arc;

use axum::{
    Router,
    body::to_bytes,
    extract::{Path, Request, State as Extract},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value as Json, json};

pub(crate) use facts::facts;
pub(crate) use input::Input;
pub(crate) use run::StepRun;
pub(crate) use state::waiting;

use crate::{page, state::Shared};

/// Larger bodies are refused.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// The routes below `/-/`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/-/state", get(state::state))
        .route("/-/live", get(live::live))
        .route("/-/{action}", post(act))
}

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
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the portal is ending")
    }
}

impl From<crate::Error> for Refusal {
    fn from(error: crate::Error) -> Self {
        Self::bad(error.to_string())
    }
}

/// Reads the body of a request, JSON or a form.
pub(crate) async fn read(request: Request) -> Result<Input, Refusal> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = to_bytes(request.into_body(), MAX_BODY)
        .await
        .map_err(|_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"))?;
    Input::read(&kind, &body)
}

async fn act(
    Extract(shared): Extract<Arc<Shared>>,
    Path(action): Path<String>,
    request: Request,
) -> Response {
    let input = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refused(&refusal),
    };
    match (act::act(&shared, &action, &input).await, input.back()) {
        (Ok(_), Some(back)) => page::see_other(&back),
        (Ok(result), None) => answer(StatusCode::OK, &json!({ "result": result })),
        (Err(refusal), Some(back)) => page::refused(&shared, &refusal, &back),
        (Err(refusal), None) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    answer(refusal.status, &json!({ "error": refusal.text }))
}

/// JSON that no other page may read.
fn answer(status: StatusCode, json: &Json) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, json.to_string()).into_response()
}
