//! Portals that were read not long ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::portal::Portal;

/// How long a portal is believed without being told that it changed: should a notice be lost, no
/// longer than this.
const BELIEVED: Duration = Duration::from_mins(1);
/// How many are remembered; when there are more, all are read again.
const PORTALS: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Portals {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    portals: HashMap<String, (Portal, Instant)>,
    /// Grows with every change: what was read before one is not remembered after it.
    changes: u64,
}

impl Portals {
    /// No code that holds the lock can panic.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, member_id: &str) -> Option<Portal> {
        let known = self.lock();
        let (portal, since) = known.portals.get(member_id)?;
        (since.elapsed() < BELIEVED).then(|| portal.clone())
    }

    /// What to give to [`Portals::know`] with what is read after this.
    pub(super) fn changes(&self) -> u64 {
        self.lock().changes
    }

    pub(super) fn know(&self, portal: &Portal, changes: u64) {
        let mut known = self.lock();
        if known.changes != changes {
            return;
        }
        if known.portals.len() >= PORTALS {
            known.portals.clear();
        }
        let member_id = portal.member_id.clone();
        known
            .portals
            .insert(member_id, (portal.clone(), Instant::now()));
    }

    pub(super) fn forget(&self, member_id: &str) {
        let mut known = self.lock();
        known.changes += 1;
        known.portals.remove(member_id);
    }

    pub(super) fn clear(&self) {
        let mut known = self.lock();
        known.changes += 1;
        known.portals.clear();
    }
}
