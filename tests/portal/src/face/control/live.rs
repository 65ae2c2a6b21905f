//! Notifications of changes, for open pages.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State as Extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::model::shared::Shared;

/// `GET /-/live`: an event for every change; a page then asks what changed.
pub(crate) async fn live(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let changes = shared.changes();
    let notices = stream::unfold(changes, |mut changes| async {
        changes.changed().await.ok()?;
        Some((
            Ok::<_, Infallible>(Event::default().data("changed")),
            changes,
        ))
    });
    Sse::new(notices)
        .keep_alive(KeepAlive::default())
        .into_response()
}
