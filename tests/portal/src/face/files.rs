//! The files of a portal, and the links that lead to them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::face::portal::Portal;
use crate::face::site::Site;
use crate::model::files::StoredFile;
use crate::model::shared::Shared;

impl Portal {
    /// Stores a file and returns its internal id, which is the value of a property of type `file`
    /// in a workflow.
    pub fn create_file(&self, name: &str, content: impl Into<Vec<u8>>) -> u64 {
        let file = StoredFile::new(name, content);
        self.shared().lock().files.add(file)
    }

    /// Stores a file on the portal's Drive and returns its id there, which `bizproc.task.complete`
    /// accepts.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use bizproc_portal::Portal;
    ///
    /// let portal = Portal::start().await?;
    /// let on_drive = portal.create_drive_file("contract.txt", "Whereas");
    /// // Its internal id is another one.
    /// assert_eq!(portal.file(on_drive), None);
    /// # Ok::<(), bizproc_portal::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn create_drive_file(&self, name: &str, content: impl Into<Vec<u8>>) -> u64 {
        let file = StoredFile::new(name, content);
        self.shared().lock().files.add_to_drive(file)
    }

    /// A file by its internal id.
    #[must_use]
    pub fn file(&self, id: u64) -> Option<StoredFile> {
        self.shared().lock().files.get(id).cloned()
    }
}

/// The route that the links lead to.
pub(crate) fn router() -> Router<Site> {
    Router::new().route("/upload/bizproc/{folder}/{key}/{name}", get(show))
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
    // A browser that mistook a stored page for one of the portal's own would run its scripts.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content).into_response()
}
