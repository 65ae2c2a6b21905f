//! The outbox: sends replies to portals, with one sender for each portal, so that no portal holds up
//! another.

mod activity;
mod batch_size;
mod delivery;
mod link;
mod pause;
mod request;
mod sender;
mod verdict;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::app::leases::Leases;
use crate::app::lifecycle::Lifecycle;
use crate::app::portals::Portals;
use crate::store::Store;
use crate::sync::lock;
use activity::Activity;
use delivery::Deliverer;
use link::PortalLink;
use sender::Sender;

/// How often a flush asks the store, though no sender has news: another process may send the
/// replies that it waits for.
const FLUSH_CHECK: Duration = Duration::from_millis(100);

/// Sends the replies in the store to their portals.
pub(crate) struct Outbox {
    store: Arc<dyn Store>,
    portals: Arc<Portals>,
    lifecycle: Arc<Lifecycle>,
    deliverer: Arc<Deliverer>,
    activity: Arc<Activity>,
    senders: Mutex<HashMap<String, Arc<Sender>>>,
}

/// A portal to which nothing is sent for now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PausedPortal {
    /// The portal's member id.
    pub member_id: String,
    /// What the portal answered, and what helps.
    pub reason: String,
}

impl Outbox {
    pub(crate) fn new(
        store: &Arc<dyn Store>,
        portals: &Arc<Portals>,
        leases: &Arc<Leases>,
        lifecycle: &Arc<Lifecycle>,
        redelivery: Vec<Duration>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            portals: Arc::clone(portals),
            lifecycle: Arc::clone(lifecycle),
            deliverer: Arc::new(Deliverer::new(store, portals, leases, redelivery)),
            activity: Arc::default(),
            senders: Mutex::default(),
        }
    }

    /// Wakes the sender of each portal that the store has replies for.
    pub(crate) async fn run(self: Arc<Self>) {
        let subscription = self.store.notifier().subscribe();
        loop {
            for member_id in subscription.sendable().await {
                self.sender(&member_id).wake();
            }
        }
    }

    /// Sends to a paused portal again: something about it has changed.
    pub(crate) fn resume(&self, member_id: &str) {
        if let Some(sender) = lock(&self.senders).get(member_id) {
            sender.resume();
        }
    }

    /// The portals to which nothing is sent, and why.
    pub(crate) fn paused(&self) -> Vec<PausedPortal> {
        lock(&self.senders)
            .iter()
            .filter_map(|(member_id, sender)| {
                Some(PausedPortal {
                    member_id: member_id.clone(),
                    reason: sender.pause_reason()?,
                })
            })
            .collect()
    }

    /// Waits until no reply can be sent any more; `false` when that takes longer than until the
    /// deadline.
    pub(crate) async fn flushed(&self, deadline: Instant) -> bool {
        loop {
            let changed = self.activity.changed();
            // The store first: a reply that is claimed after it answered is in its answer, one that
            // was claimed before is in flight.
            let waiting = self.store.portals_with_replies().await.unwrap_or_default();
            let is_done = self.activity.is_idle()
                && waiting.iter().all(|member_id| self.is_paused(member_id));
            if is_done {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            let until = deadline.min(Instant::now() + FLUSH_CHECK);
            let _ = tokio::time::timeout_at(until, changed).await;
        }
    }

    fn is_paused(&self, member_id: &str) -> bool {
        lock(&self.senders)
            .get(member_id)
            .is_some_and(|sender| sender.pause_reason().is_some())
    }

    /// The sender of a portal, which is started when there is none.
    fn sender(&self, member_id: &str) -> Arc<Sender> {
        let mut senders = lock(&self.senders);
        if let Some(sender) = senders.get(member_id) {
            return Arc::clone(sender);
        }
        let link = PortalLink::new(member_id, self.portals.limiter(member_id));
        let sender = Arc::new(Sender::new(
            link,
            &self.deliverer,
            &self.lifecycle,
            &self.activity,
        ));
        senders.insert(member_id.to_owned(), Arc::clone(&sender));
        drop(senders);
        self.lifecycle.spawn(Arc::clone(&sender).run());
        sender
    }
}
