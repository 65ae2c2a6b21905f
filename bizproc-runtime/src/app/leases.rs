//! The claims that this process holds: it extends their leases, and releases them at its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::app::backoff::retry_store;
use crate::app::telemetry::metrics;
use crate::rest::EventToken;
use crate::store::{Claim, Store, Transition};
use crate::sync::lock;

/// Lease duration. Other processes take over a dead process's calls after this long.
const LEASE: Duration = Duration::from_mins(1);

/// How often leases are extended.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The claims that this process holds.
pub(crate) struct Leases {
    store: Arc<dyn Store>,
    claims: Mutex<HashMap<EventToken, Claim>>,
}

/// A claim whose lease is extended until this is dropped.
#[must_use = "other processes take over a claim that is not held"]
pub(crate) struct Held {
    leases: Arc<Leases>,
    claim: Claim,
}

impl Leases {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            claims: Mutex::default(),
        }
    }

    /// The end of a lease that begins now.
    pub(crate) fn expiry() -> SystemTime {
        SystemTime::now() + LEASE
    }

    /// Extends the lease of a claim until the guard is dropped.
    pub(crate) fn hold(self: &Arc<Self>, claim: Claim) -> Held {
        lock(&self.claims).insert(claim.event_token.clone(), claim.clone());
        Held {
            leases: Arc::clone(self),
            claim,
        }
    }

    /// Ends a claim; `false` when another process has taken the call over. The store is asked until
    /// it answers, because a transition that is not stored is lost.
    pub(crate) async fn finish(&self, held: Held, next: Transition) -> bool {
        let is_finished = retry_store("finish a call", || {
            self.store
                .finish(&held.claim, next.clone(), SystemTime::now())
        })
        .await;
        if is_finished {
            metrics::claim_finished(&next);
        }
        is_finished
    }

    /// Extends the leases for as long as the process lives.
    pub(crate) async fn heartbeat(self: Arc<Self>) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let claims = self.held();
            if claims.is_empty() {
                continue;
            }
            if let Err(error) = self.store.extend_leases(&claims, Self::expiry()).await {
                tracing::warn!("leases are not extended: {error}");
            }
        }
    }

    /// The claims that are held now.
    pub(crate) fn held(&self) -> Vec<Claim> {
        lock(&self.claims).values().cloned().collect()
    }

    /// Releases these claims, so that other processes can have the calls immediately.
    pub(crate) async fn release(&self, claims: &[Claim]) {
        if let Err(error) = self.store.release_claims(claims).await {
            tracing::warn!(
                "calls are not released, and other processes get them in {LEASE:?}: {error}"
            );
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut claims = lock(&self.leases.claims);
        // This process may have claimed the call anew.
        if claims.get(&self.claim.event_token) == Some(&self.claim) {
            claims.remove(&self.claim.event_token);
        }
    }
}
