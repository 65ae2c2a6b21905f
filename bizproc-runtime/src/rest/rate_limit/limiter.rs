#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep_until};

use super::config::RateLimit;
use super::shared::SharedRateLimit;
use crate::error::Error;
use crate::rest::response::Timing;

/// The pauses after `QUERY_LIMIT_EXCEEDED`, one longer than the other until a request succeeds.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_mins(1))
    .without_max_times();

/// Seconds that a method may work in ten minutes before it is left alone. Portals block it above
/// 420 at the earliest; what is on its way may need the rest.
const OPERATING: f64 = 400.0;

/// Portals count operating time in pieces of a minute: when nobody knows when a block ends, it may
/// end then.
const UNKNOWN_BLOCK: Duration = Duration::from_mins(1);

/// Operating time counts for ten minutes: whatever a portal says, no block is longer.
const LONGEST_BLOCK: Duration = Duration::from_mins(11);

/// The pace of one portal.
///
/// Take a [`turn`](Pace::turn) before each request, and tell what came of it.
pub(crate) struct Pace {
    member_id: String,
    rate: RateLimit,
    shared: Option<Arc<dyn SharedRateLimit>>,
    bucket: RateLimiter<NotKeyed, InMemoryState, TokioClock, StateInformationMiddleware>,
    /// After so long a rest the bucket is full.
    rest: Duration,
    /// Whoever came first is served first, and only one of them watches the clock.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    last_used: Instant,
    /// For how many requests the bucket had room, and when.
    room: (u32, Instant),
    paused_until: Instant,
    pauses: ExponentialBackoff,
    /// The methods that have worked.
    methods: HashMap<String, Operating>,
}

/// What is known of one method's operating time.
struct Operating {
    /// When part of it becomes free.
    resets: Instant,
    /// Whether the method waits for that.
    waits: bool,
}

/// Governor's own clock does not stand still when a test stops tokio's.
#[derive(Debug, Clone)]
struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pace").finish_non_exhaustive()
    }
}

impl Pace {
    /// The pace of a portal to which nothing was sent for long.
    pub(super) fn new(
        member_id: &str,
        rate: RateLimit,
        shared: Option<Arc<dyn SharedRateLimit>>,
    ) -> Self {
        let (now, quota) = (Instant::now(), rate.quota());
        Self {
            member_id: member_id.to_owned(),
            rate,
            shared,
            bucket: RateLimiter::direct_with_clock(quota, TokioClock { start: now })
                .with_middleware(),
            rest: Quota::burst_size_replenished_in(&quota),
            queue: tokio::sync::Mutex::new(()),
            state: Mutex::new(State {
                last_used: now,
                room: (quota.burst_size().get(), now),
                paused_until: now,
                pauses: PAUSES.build(),
                methods: HashMap::new(),
            }),
        }
    }

    /// Counts what a program that ended so long ago may have sent: as much as it was allowed to.
    pub(super) fn follow(&self, ended: Duration) {
        let (interval, at_once) = self.rate.used();
        let free = ended.as_nanos() / interval.as_nanos().max(1);
        let taken = u128::from(at_once).saturating_sub(free);
        let taken = u32::try_from(taken).ok().and_then(NonZeroU32::new);
        if let Some(taken) = taken {
            // More than it has is never asked of it.
            let _ = self.bucket.check_n(taken);
            self.state().room = (at_once - taken.get(), Instant::now());
        }
    }

    /// Waits until one request may be sent. `method` is what it calls, or what the commands of its
    /// batch call.
    ///
    /// Cancelling it takes nothing: the next in the queue is served instead. Only what was reserved
    /// in a shared bucket stays so.
    pub(crate) async fn turn(&self, method: &str) {
        loop {
            // Outside of the queue: other methods may go on.
            while let Some(until) = self.waits_until(method) {
                sleep_until(until).await;
            }
            let _first = self.queue.lock().await;
            while self.waits_until(method).is_none() {
                let Some(until) = self.take() else {
                    return self.share().await;
                };
                sleep_until(until).await;
            }
        }
    }

    /// Waits until the bucket that all programs fill has room, too.
    async fn share(&self) {
        let Some(shared) = &self.shared else {
            return;
        };
        let (interval, at_once) = self.rate.used();
        match shared.reserve(&self.member_id, interval, at_once).await {
            Ok(wait) => {
                if !wait.is_zero() {
                    self.state().room = (0, Instant::now());
                }
                tokio::time::sleep(wait.min(self.rest)).await;
            }
            Err(error) => {
                let portal = &self.member_id;
                tracing::warn!(
                    portal,
                    "the pace is not shared with other programs: {error}"
                );
            }
        }
        // A refusal may have come meanwhile.
        let paused_until = self.state().paused_until;
        sleep_until(paused_until).await;
    }

    /// Takes one request out of the bucket, or says when to try again.
    fn take(&self) -> Option<Instant> {
        let mut state = self.state();
        let now = Instant::now();
        if state.paused_until > now {
            return Some(state.paused_until);
        }
        match self.bucket.check() {
            Ok(left) => {
                state.last_used = now;
                state.room = (left.remaining_burst_capacity(), now);
                None
            }
            Err(early) => Some(now + early.wait_time_from(self.bucket.clock().now())),
        }
    }

    fn waits_until(&self, method: &str) -> Option<Instant> {
        let state = self.state();
        let operating = state
            .methods
            .get(method)
            .filter(|operating| operating.waits)?;
        (operating.resets > Instant::now()).then_some(operating.resets)
    }

    /// A request of this method succeeded, and its answer said what it cost.
    pub(crate) fn learned(&self, method: &str, time: &Timing) {
        let (mut state, now) = (self.state(), Instant::now());
        if state.paused_until <= now {
            state.pauses = PAUSES.build();
        }
        state.methods.retain(|_, operating| operating.resets > now);
        let operating = time.operating.unwrap_or_default();
        let resets_in = resets_in(time).filter(|_| operating > 0.0);
        let Some(resets_in) = resets_in else {
            state.methods.remove(method);
            return;
        };
        let (resets, waits) = (now + resets_in, operating >= OPERATING);
        state
            .methods
            .insert(method.to_owned(), Operating { resets, waits });
    }

    /// A request of this method, or a command in a batch, failed. Errors that say nothing of
    /// limits change nothing.
    pub(crate) fn refused(&self, method: &str, error: &Error) {
        let (mut state, now) = (self.state(), Instant::now());
        if error.has_code("QUERY_LIMIT_EXCEEDED") {
            // What was on its way together is refused together, and counts once.
            if state.paused_until <= now {
                let pause = state.pauses.next().unwrap_or(UNKNOWN_BLOCK);
                state.paused_until = now + pause;
                tracing::warn!(?pause, "the portal takes no more requests for now");
            }
            self.empty();
            state.room = (0, now);
        } else if error.has_code("OPERATION_TIME_LIMIT") {
            let known = state.methods.get(method).map(|operating| operating.resets);
            let resets = known
                .filter(|resets| *resets > now)
                .unwrap_or(now + UNKNOWN_BLOCK);
            state.methods.insert(
                method.to_owned(),
                Operating {
                    resets,
                    waits: true,
                },
            );
            let pause = resets - now;
            tracing::warn!(
                method,
                ?pause,
                "the method has worked as long as the portal lets it"
            );
        }
    }

    /// The portal's bucket has no room; neither must ours have. They differ when others call from
    /// the same address.
    fn empty(&self) {
        for bit in (0..u32::BITS).rev() {
            let Some(many) = NonZeroU32::new(1 << bit) else {
                continue;
            };
            while matches!(self.bucket.check_n(many), Ok(Ok(_))) {}
        }
    }

    /// Whether a new pace would be the same as this one.
    pub(super) fn is_idle(&self) -> bool {
        let (state, now) = (self.state(), Instant::now());
        let waits = |operating: &Operating| operating.waits && operating.resets > now;
        state.last_used + self.rest <= now
            && state.paused_until <= now
            && !state.methods.values().any(waits)
    }

    /// How full the bucket is, from 0 to 1: then requests wait.
    #[cfg(feature = "metrics")]
    pub(super) fn level(&self) -> f64 {
        let (interval, at_once) = self.rate.used();
        let (room, at) = self.state().room;
        let room = f64::from(room) + at.elapsed().div_duration_f64(interval);
        (1.0 - room / f64::from(at_once)).max(0.0)
    }

    /// When the last turn was taken.
    pub(super) fn last_used(&self) -> Instant {
        self.state().last_used
    }

    /// No code that holds the lock can panic; a poisoned one is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long until part of the operating time becomes free. Both times are the portal's, so its
/// clock may differ from ours.
fn resets_in(time: &Timing) -> Option<Duration> {
    let left = time.operating_reset_at? - time.finish?;
    let left = Duration::try_from_secs_f64(left).ok()?;
    Some(left.min(LONGEST_BLOCK))
}
