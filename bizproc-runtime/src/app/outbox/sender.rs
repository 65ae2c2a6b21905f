//! The sender of one portal.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

use super::activity::Activity;
use super::delivery::Deliverer;
use super::link::PortalLink;
use crate::app::backoff::store_delay;
use crate::app::lifecycle::Lifecycle;
use crate::rest::{EVENT_SEND, Permit};

/// How many requests to one portal are in flight: one that hangs does not stop the others.
const IN_FLIGHT: usize = 8;

/// How long a permit is kept for a reply that may come; after that the portal's bucket has room
/// anyway.
const PERMIT_TTL: Duration = Duration::from_secs(10);

/// Sends the replies of one portal, within its limits.
pub(super) struct Sender {
    link: Arc<PortalLink>,
    deliverer: Arc<Deliverer>,
    lifecycle: Arc<Lifecycle>,
    activity: Arc<Activity>,
    wake: Notify,
    slots: Arc<Semaphore>,
}

impl Sender {
    pub(super) fn new(
        link: PortalLink,
        deliverer: &Arc<Deliverer>,
        lifecycle: &Arc<Lifecycle>,
        activity: &Arc<Activity>,
    ) -> Self {
        Self {
            link: Arc::new(link),
            deliverer: Arc::clone(deliverer),
            lifecycle: Arc::clone(lifecycle),
            activity: Arc::clone(activity),
            wake: Notify::new(),
            slots: Arc::new(Semaphore::new(IN_FLIGHT)),
        }
    }

    /// Has the sender look for replies.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends the portal's pause.
    pub(super) fn resume(&self) {
        self.link.pause.resume();
        self.wake();
    }

    /// Why the portal is paused, if it is.
    pub(super) fn pause_reason(&self) -> Option<String> {
        self.link.pause.reason()
    }

    /// Sends replies for as long as the process lives.
    ///
    /// The order of the steps is what makes this correct:
    ///
    /// 1. *A slot*, so that hanging requests cannot claim everything that waits.
    /// 2. *The pause*, before the permit: a permit from before a pause would be used up after it.
    /// 3. *The permit*, before the claim: replies that come while the rate limit is waited for go
    ///    with the same request. It is kept while there are no replies, so that a lone reply waits
    ///    for nothing.
    /// 4. *The mark that something is in flight*, before the claim: the store does not count a
    ///    claimed reply as waiting, so without the mark a shutdown would miss it.
    /// 5. *The claim*, last: its lease runs from here, and a claimed reply waits for nothing more.
    pub(super) async fn run(self: Arc<Self>) {
        let mut unused = None::<Permit>;
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            self.link.pause.wait_resumed().await;
            let permit = match unused.take().filter(|permit| permit.age() <= PERMIT_TTL) {
                Some(permit) => permit,
                None => self.link.limiter.acquire(EVENT_SEND).await,
            };
            let in_flight = self.activity.begin();
            let claimed = match self.deliverer.claim(&self.link).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    unused = Some(permit);
                    store_delay("claim replies", &error).await;
                    continue;
                }
            };
            if claimed.is_empty() {
                unused = Some(permit);
                drop((slot, in_flight));
                self.wake.notified().await;
                continue;
            }
            let deliverer = Arc::clone(&self.deliverer);
            let link = Arc::clone(&self.link);
            self.lifecycle.spawn(async move {
                let _guards = (slot, in_flight);
                deliverer.deliver(&link, claimed, permit).await;
            });
        }
    }
}
