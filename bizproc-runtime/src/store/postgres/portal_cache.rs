//! Portals that were read not long ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::portal::Portal;
use crate::sync::lock;

/// How long a portal is cached; a change whose notice was lost is seen after this.
const TTL: Duration = Duration::from_mins(1);
/// How many portals are cached; when there are more, all are read again.
const MAX_PORTALS: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct PortalCache {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    portals: HashMap<String, (Arc<Portal>, Instant)>,
    /// Grows with every change: what was read before a change is not cached after it.
    version: u64,
}

impl PortalCache {
    pub(super) fn get(&self, member_id: &str) -> Option<Arc<Portal>> {
        let state = lock(&self.state);
        let (portal, since) = state.portals.get(member_id)?;
        (since.elapsed() < TTL).then(|| Arc::clone(portal))
    }

    /// The version to pass to [`PortalCache::insert`] with what is read after this.
    pub(super) fn version(&self) -> u64 {
        lock(&self.state).version
    }

    pub(super) fn insert(&self, portal: &Arc<Portal>, version: u64) {
        let mut state = lock(&self.state);
        if state.version != version {
            return;
        }
        if state.portals.len() >= MAX_PORTALS {
            state.portals.clear();
        }
        let cached = (Arc::clone(portal), Instant::now());
        state.portals.insert(portal.member_id.clone(), cached);
    }

    pub(super) fn evict(&self, member_id: &str) {
        let mut state = lock(&self.state);
        state.version += 1;
        state.portals.remove(member_id);
    }

    pub(super) fn clear(&self) {
        let mut state = lock(&self.state);
        state.version += 1;
        state.portals.clear();
    }
}
