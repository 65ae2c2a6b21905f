//! One lane for each portal that answers go to: within its limits, and no portal holds up another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::ExponentialBuilder;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use crate::app::backoff as pauses;
use crate::app::backoff::store_pause;
use crate::app::leases::Claims;
use crate::app::outbox::batch_size::Size;
use crate::app::outbox::delivery::{self, Waiting};
use crate::app::service::Shared;
use crate::error::Result;
use crate::rest::{EVENT_SEND, Pace};

/// How many requests are on their way to one portal: one that hangs does not stop the others.
const IN_FLIGHT: usize = 8;

/// How long a turn is kept for an answer that may come: the portal has forgotten it then.
const TURN: Duration = Duration::from_secs(10);

/// The lanes by member id.
#[derive(Default)]
pub(in crate::app) struct Lanes(Mutex<HashMap<String, Arc<Lane>>>);

/// The way to one portal.
pub(in crate::app) struct Lane {
    pub(in crate::app) member_id: String,
    pub(in crate::app) pace: Arc<Pace>,
    wake: Notify,
    in_flight: Arc<Semaphore>,
    /// Each request on its way has a clone, from before its answers are claimed.
    on_the_way: Arc<()>,
    changing: Mutex<Changing>,
}

#[derive(Debug)]
struct Changing {
    size: Size,
    parked: Option<Parked>,
    /// How often in a row it was parked.
    times_parked: usize,
}

/// How long nothing is sent to a portal that refuses everything; each time twice as long.
const PARKED: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_mins(1))
    .with_max_delay(Duration::from_mins(15))
    .without_max_times();

/// A portal that nothing is sent to for now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PausedPortal {
    /// The portal.
    pub member_id: String,
    /// What it said, and what helps.
    pub reason: String,
}

/// Why nothing is sent to a portal, and until when.
#[derive(Debug, Clone)]
struct Parked {
    reason: String,
    until: Instant,
}

pub(in crate::app) async fn run(shared: Arc<Shared>) {
    let inbox = shared.store.notifier().subscribe();
    loop {
        for member_id in inbox.sendable().await {
            shared.lanes.of(&shared, &member_id).wake.notify_one();
        }
    }
}

impl Lanes {
    /// The lane of a portal, which is opened when there is none.
    fn of(&self, shared: &Arc<Shared>, member_id: &str) -> Arc<Lane> {
        let mut lanes = self.lock();
        if let Some(lane) = lanes.get(member_id) {
            return Arc::clone(lane);
        }
        let lane = Arc::new(Lane {
            member_id: member_id.to_owned(),
            pace: shared.paces.of(member_id),
            wake: Notify::new(),
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            on_the_way: Arc::default(),
            changing: Mutex::new(Changing {
                size: Size::default(),
                parked: None,
                times_parked: 0,
            }),
        });
        lanes.insert(member_id.to_owned(), Arc::clone(&lane));
        drop(lanes);
        shared.spawn(Arc::clone(&lane).go(Arc::clone(shared)));
        lane
    }

    /// Sends again to a portal that was parked: something about it has changed.
    pub(in crate::app) fn unpark(&self, member_id: &str) {
        if let Some(lane) = self.lock().get(member_id) {
            lane.changing().parked = None;
            lane.wake.notify_one();
        }
    }

    /// Whether no request is on its way.
    pub(in crate::app) fn are_quiet(&self) -> bool {
        let lanes = self.lock();
        lanes.values().all(|lane| !lane.is_busy())
    }

    pub(in crate::app) fn is_parked(&self, member_id: &str) -> bool {
        let lanes = self.lock();
        let lane = lanes.get(member_id);
        lane.is_some_and(|lane| lane.changing().parked.is_some())
    }

    /// The portals that nothing is sent to, and why.
    pub(in crate::app) fn parked(&self) -> Vec<PausedPortal> {
        let lanes = self.lock();
        let parked = lanes.iter().filter_map(|(member_id, lane)| {
            Some(PausedPortal {
                member_id: member_id.clone(),
                reason: lane.changing().parked.as_ref()?.reason.clone(),
            })
        });
        parked.collect()
    }

    /// No code that holds the lock can panic.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Lane>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    async fn go(self: Arc<Self>, shared: Arc<Shared>) {
        // Taken before the answers are, so that all go that came meanwhile, and kept until there
        // are some: a lone answer waits for nothing.
        let mut turn = None::<Instant>;
        while let Ok(permit) = Arc::clone(&self.in_flight).acquire_owned().await {
            self.unparked().await;
            if turn.is_none_or(|taken| taken.elapsed() > TURN) {
                self.pace.turn(EVENT_SEND).await;
                turn = Some(Instant::now());
            }
            // Before the claim: the store counts a claimed answer as waiting no more.
            let on_the_way = Arc::clone(&self.on_the_way);
            let group = match self.claim(&shared).await {
                Ok(group) => group,
                Err(error) => {
                    store_pause("no answers", &error).await;
                    continue;
                }
            };
            if group.is_empty() {
                drop((permit, on_the_way));
                self.wake.notified().await;
                continue;
            }
            turn = None;
            let lane = Arc::clone(&self);
            let of_group = Arc::clone(&shared);
            shared.spawn(async move {
                delivery::send(&of_group, &lane, group).await;
                drop((permit, on_the_way));
            });
        }
    }

    /// Whether a request is on its way.
    fn is_busy(&self) -> bool {
        Arc::strong_count(&self.on_the_way) > 1
    }

    async fn claim(&self, shared: &Shared) -> Result<Vec<Waiting>> {
        let size = self.changing().size.get();
        let claimed = shared
            .store
            .claim_replies(&self.member_id, size, Claims::lease())
            .await?;
        let held = claimed.into_iter().map(|call| Waiting {
            held: shared.claims.hold(call.claim.clone()),
            call,
        });
        Ok(held.collect())
    }

    /// Waits until something may be sent to the portal.
    async fn unparked(&self) {
        loop {
            let until = self.changing().parked.as_ref().map(|parked| parked.until);
            let Some(until) = until.filter(|until| *until > Instant::now()) else {
                return;
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = self.wake.notified() => {}
            }
        }
    }

    /// Sends nothing for a while.
    pub(in crate::app) fn park(&self, reason: &str) {
        let changing = &mut *self.changing();
        if changing
            .parked
            .as_ref()
            .is_some_and(|parked| parked.until > Instant::now())
        {
            return;
        }
        let pause = pauses::nth(PARKED, changing.times_parked);
        changing.times_parked += 1;
        tracing::error!(
            portal = self.member_id,
            ?pause,
            "nothing is sent to the portal: {reason}"
        );
        changing.parked = Some(Parked {
            reason: reason.to_owned(),
            until: Instant::now() + pause,
        });
    }

    /// The portal took something.
    pub(in crate::app) fn works(&self) {
        let changing = &mut *self.changing();
        changing.parked = None;
        changing.times_parked = 0;
    }

    /// Says how long a request of so many answers took.
    pub(in crate::app) fn took(&self, answers: usize, took: Duration) {
        self.changing().size.took(answers, took);
    }

    /// Says that a request ended without an answer.
    pub(in crate::app) fn broke(&self) {
        self.changing().size.broke();
    }

    /// No code that holds the lock can panic.
    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
