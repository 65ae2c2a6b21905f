//! The portals that proved their identity while the store worked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::portal::Portal;
use crate::sync::lock;

/// Remembers portals that proved their identity, for the times when the store does not answer.
#[derive(Debug, Default)]
pub(super) struct VerifiedPortals(Mutex<HashMap<String, Arc<Portal>>>);

impl VerifiedPortals {
    pub(super) fn insert(&self, portal: &Arc<Portal>) {
        lock(&self.0).insert(portal.member_id.clone(), Arc::clone(portal));
    }

    pub(super) fn get(&self, member_id: &str) -> Option<Arc<Portal>> {
        lock(&self.0).get(member_id).cloned()
    }

    pub(super) fn remove(&self, member_id: &str) {
        lock(&self.0).remove(member_id);
    }
}
