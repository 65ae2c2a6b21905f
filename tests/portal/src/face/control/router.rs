//! The routes below `/-/`.

use axum::Router;
use axum::extract::{Path, Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use crate::face::control::input::read;
use crate::face::control::refusal::{json_response, refused};
use crate::face::control::{act, live, state};
use crate::face::page::frame;
use crate::face::site::Site;

/// The routes below `/-/`.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/-/state", get(state::state))
        .route("/-/live", get(live::live))
        .route("/-/{action}", post(act))
}

async fn act(
    Extract(site): Extract<Site>,
    Path(action): Path<String>,
    request: Request,
) -> Response {
    let input = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refused(&refusal),
    };
    match (act::act(&site, &action, &input).await, input.back()) {
        (Ok(_), Some(back)) => frame::see_other(&back),
        (Ok(result), None) => json_response(StatusCode::OK, &json!({ "result": result })),
        (Err(refusal), Some(back)) => frame::refused(&site.shared, &refusal, &back),
        (Err(refusal), None) => refused(&refusal),
    }
}
