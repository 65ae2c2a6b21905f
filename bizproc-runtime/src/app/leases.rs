//! The claims that this process holds: their leases are prolonged, and given back at the end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::rest::EventToken;
use crate::store::{Claim, Store};

/// How long a lease lasts that is not prolonged: so long do others wait for the calls of a
/// process that died.
const LEASE: Duration = Duration::from_mins(1);

/// How often leases are prolonged.
const BEAT: Duration = Duration::from_secs(15);

/// The claims that this process holds.
#[derive(Debug, Default)]
pub(in crate::app) struct Claims(Mutex<HashMap<EventToken, Claim>>);

/// A claim that is prolonged until this is dropped.
pub(in crate::app) struct Held {
    claims: Arc<Claims>,
    pub(in crate::app) claim: Claim,
}

impl Claims {
    /// Until when something that is claimed now is held, unless it is prolonged.
    pub(in crate::app) fn lease() -> SystemTime {
        SystemTime::now() + LEASE
    }

    pub(in crate::app) fn hold(self: &Arc<Self>, claim: Claim) -> Held {
        self.lock().insert(claim.event_token.clone(), claim.clone());
        Held {
            claims: Arc::clone(self),
            claim,
        }
    }

    /// Gives everything back that is still held.
    pub(in crate::app) async fn release(&self, store: &dyn Store) {
        let claims = self.all();
        if let Err(error) = store.release_claims(&claims).await {
            tracing::warn!("calls are free for others only in a minute: {error}");
        }
    }

    /// Prolongs the leases for as long as the process lives.
    pub(in crate::app) async fn beat(&self, store: &dyn Store) {
        loop {
            tokio::time::sleep(BEAT).await;
            let claims = self.all();
            if claims.is_empty() {
                continue;
            }
            if let Err(error) = store.extend_leases(&claims, Self::lease()).await {
                tracing::warn!("leases are not prolonged: {error}");
            }
        }
    }

    fn all(&self) -> Vec<Claim> {
        self.lock().values().cloned().collect()
    }

    /// No code that holds the lock can panic.
    fn lock(&self) -> MutexGuard<'_, HashMap<EventToken, Claim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut claims = self.claims.lock();
        // Somebody may have claimed the call again.
        if claims.get(&self.claim.event_token) == Some(&self.claim) {
            claims.remove(&self.claim.event_token);
        }
    }
}
