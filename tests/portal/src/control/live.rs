//! Notices of changes, for pages that are open.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::State as Extract,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;

use crate::state::Shared;

/// `GET /-/live`: an event for every change; what changed a page asks for itself.
pub(super) async fn live(Extract(shared): Extract<Arc<Shared>>) -> Response {
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
