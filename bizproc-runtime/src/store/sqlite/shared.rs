//! What the handle of the store and its writer share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::error::{Error, ErrorKind};
use crate::portal::Portal;
use crate::store::notifier::Notifier;
use crate::store::sqlite::calls::PostCommit;
use crate::sync::lock;

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) notifier: Notifier,
    /// All portals: there is only one program, so the cache is what is stored.
    portals: Mutex<HashMap<String, Arc<Portal>>>,
}

impl Shared {
    pub(super) fn portal(&self, member_id: &str) -> Option<Arc<Portal>> {
        lock(&self.portals).get(member_id).cloned()
    }

    pub(super) fn portals(&self) -> Vec<Arc<Portal>> {
        lock(&self.portals).values().cloned().collect()
    }

    pub(super) fn insert(&self, portal: Arc<Portal>) {
        lock(&self.portals).insert(portal.member_id.clone(), portal);
    }

    pub(super) fn post_commit(&self, done: PostCommit) {
        match done {
            PostCommit::Notify(notification) => self.notifier.notify(&notification),
            PostCommit::CachePortal(portal) => self.insert(portal),
            PostCommit::EvictPortal(member_id) => {
                lock(&self.portals).remove(&member_id);
            }
        }
    }
}

/// A failure of the database, with its file.
pub(super) fn fault(path: &Path, doing: &str, error: sqlx::Error) -> Error {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .and_then(|code| code.parse::<u32>().ok());
    // The lower byte is the kind of failure, those above tell more of it.
    let remedy = match code.map(|code| code & 0xff) {
        Some(8) => "; the file or its folder may not be written to",
        Some(10) => "; the disk failed",
        Some(11 | 26) => "; the file is damaged, or no database",
        Some(13) => "; the disk is full, and the store continues when there is space again",
        Some(14) => "; its folder must exist, and may be written to",
        _ => "",
    };
    let shown = match &error {
        sqlx::Error::PoolClosed => "it was closed".to_owned(),
        other => other.to_string(),
    };
    let file = path.display();
    let message = format!("the store `{file}` could not {doing}: {shown}{remedy}");
    Error::new(ErrorKind::Store, message).with_source(error)
}
