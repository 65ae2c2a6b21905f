//! Files behind their links.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State as Extract},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::state::{Shared, State};

/// Where the links lead.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/upload/bizproc/{folder}/{key}/{name}", get(show))
}

/// The link to a file, which says nothing of its id; whoever has it may read the file.
pub(crate) fn link(shared: &Shared, state: &State, id: u64) -> Option<String> {
    let (key, file) = state.files.kept.get(&id)?;
    let mut link = reqwest::Url::parse(&shared.url).ok()?;
    let folder = key.get(..3)?;
    // A path cannot end in these.
    let name = match file.name.as_str() {
        "" | "." | ".." => "file",
        name => name,
    };
    link.path_segments_mut()
        .ok()?
        .extend(["upload", "bizproc", folder, key, name]);
    Some(link.into())
}

async fn show(
    Extract(shared): Extract<Arc<Shared>>,
    Path((_, key, _)): Path<(String, String, String)>,
) -> Response {
    let content = {
        let state = shared.lock();
        state.files.keyed(&key).map(|file| file.content.clone())
    };
    let Some(content) = content else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A browser that took a kept page for one of the portal's own would run its scripts.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content).into_response()
}
