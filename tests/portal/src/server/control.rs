//! What drives and shows the portal over HTTP: `/-/…`.

use std::sync::Arc;

use axum::{extract::State as Extract, response::Response};
use serde_json::json;

use super::answer::json_response;
use crate::state::Shared;

pub(super) async fn state(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let history = serde_json::to_value(&shared.lock().history).unwrap_or_default();
    json_response(
        200,
        &json!({"url": shared.url, "member_id": shared.member_id, "history": history}),
    )
}
