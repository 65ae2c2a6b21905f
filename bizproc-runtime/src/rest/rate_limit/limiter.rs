//! The rate limiter of one portal, and the permit to send one request.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter as Governor};
use tokio::time::{Instant, sleep_until};

use super::config::RateLimit;
use super::shared::SharedRateLimit;
use crate::error::{Error, Result};
use crate::rest::response::{Response, Timing};
use crate::sync::lock;

/// The pauses after `QUERY_LIMIT_EXCEEDED`, which grow until a request succeeds.
const QUERY_LIMIT_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_mins(1))
    .without_max_times();

/// Seconds that a method may work in ten minutes before it is left alone. Portals block it above
/// 420 at the earliest; requests in flight may need the rest.
const OPERATING: f64 = 400.0;

/// Portals count operating time in pieces of a minute: a block of unknown length may end then.
const UNKNOWN_BLOCK: Duration = Duration::from_mins(1);

/// Operating time counts for ten minutes: whatever a portal says, no block is longer.
const LONGEST_BLOCK: Duration = Duration::from_mins(11);

/// Limits the requests to one portal.
///
/// Three limits of the platform hold at the same time, and each needs its own means:
///
/// 1. *The rate.* A portal fills a bucket with every request and refuses what does not fit. The
///    limiter keeps a copy of that bucket. The bucket is the portal's for our *address*, so
///    programs behind one address reserve in a [shared](SharedRateLimit) bucket, too.
/// 2. *`QUERY_LIMIT_EXCEEDED`.* The copy was wrong: other programs call from the same address. All
///    requests pause, and the copy is emptied, or the first second after the pause would send
///    another burst.
/// 3. *Operating time.* A portal blocks single *methods* that worked too long. Only requests of
///    that method wait, and they wait outside of the queue, so that no other method waits behind
///    them.
///
/// [`acquire`](RateLimiter::acquire) waits for all three and returns a [`Permit`] for one request;
/// [`Permit::complete`] records what the portal said about the limits.
pub(crate) struct RateLimiter {
    member_id: String,
    rate: RateLimit,
    shared: Option<Arc<dyn SharedRateLimit>>,
    bucket: Governor<NotKeyed, InMemoryState, TokioClock, StateInformationMiddleware>,
    /// The time after which an unused bucket is full.
    fills_in: Duration,
    /// First come, first served; only the first in the queue watches the clock.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    last_used: Instant,
    /// For how many requests the bucket had room, and when.
    room: (u32, Instant),
    paused_until: Instant,
    pauses: ExponentialBackoff,
    /// The methods that have used operating time.
    methods: HashMap<String, Operating>,
}

/// One method's operating time.
struct Operating {
    /// When part of it becomes free.
    resets: Instant,
    /// Whether requests of the method wait for that.
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

/// The right to send one request.
///
/// Dropping it means that the request was not sent, or was cancelled and its response is unknown:
/// its place in the bucket stays used, because the portal may have counted the request, and
/// nothing is learned.
#[must_use = "a dropped permit learns nothing from the response: `permit.complete(&result)`"]
pub(crate) struct Permit {
    limiter: Arc<RateLimiter>,
    method: String,
    acquired_at: Instant,
}

impl Permit {
    /// How long ago it was acquired.
    pub(crate) fn age(&self) -> Duration {
        self.acquired_at.elapsed()
    }

    /// Records the response to the request.
    pub(crate) fn complete<T>(self, result: &Result<Response<T>>) {
        self.record(result.as_ref().map(|response| &response.time));
    }

    /// Records the response to a batch, whose commands all call the permit's method: each command
    /// says what it cost, or why it was refused.
    pub(crate) fn complete_batch<T>(self, result: &Result<Vec<Result<Response<T>>>>) {
        match result {
            Ok(responses) => {
                for response in responses {
                    self.record(response.as_ref().map(|response| &response.time));
                }
            }
            Err(error) => self.record(Err(error)),
        }
    }

    fn record(&self, result: Result<&Timing, &Error>) {
        match result {
            Ok(timing) => self.limiter.record_success(&self.method, timing),
            Err(error) => self.limiter.record_failure(&self.method, error),
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RateLimiter")
            .finish_non_exhaustive()
    }
}

impl RateLimiter {
    /// The limiter of a portal to which nothing was sent lately: its bucket is full.
    pub(super) fn full(
        member_id: &str,
        rate: RateLimit,
        shared: Option<Arc<dyn SharedRateLimit>>,
    ) -> Self {
        let now = Instant::now();
        let quota = rate.quota();
        Self {
            member_id: member_id.to_owned(),
            rate,
            shared,
            bucket: Governor::direct_with_clock(quota, TokioClock { start: now }).with_middleware(),
            fills_in: Quota::burst_size_replenished_in(&quota),
            queue: tokio::sync::Mutex::new(()),
            state: Mutex::new(State {
                last_used: now,
                room: (quota.burst_size().get(), now),
                paused_until: now,
                pauses: QUERY_LIMIT_BACKOFF.build(),
                methods: HashMap::new(),
            }),
        }
    }

    /// Counts what a program that ended this long ago may have sent: as much as it was allowed to.
    pub(super) fn assume_spent(&self, ended: Duration) {
        let (interval, burst) = self.rate.used();
        let free = ended.as_nanos() / interval.as_nanos().max(1);
        let spent = u128::from(burst).saturating_sub(free);
        if let Some(spent) = u32::try_from(spent).ok().and_then(NonZeroU32::new) {
            // Never more than the bucket holds.
            let _ = self.bucket.check_n(spent);
            lock(&self.state).room = (burst - spent.get(), Instant::now());
        }
    }

    /// Waits until one request may be sent. `method` is the method it calls, or that the commands
    /// of its batch call.
    ///
    /// Cancelling it uses nothing: the next in the queue is served instead. Only a reservation in a
    /// shared bucket stays.
    pub(crate) async fn acquire(self: &Arc<Self>, method: &str) -> Permit {
        self.wait(method).await;
        Permit {
            limiter: Arc::clone(self),
            method: method.to_owned(),
            acquired_at: Instant::now(),
        }
    }

    async fn wait(&self, method: &str) {
        loop {
            // Outside of the queue: a blocked method must not hold up the others.
            while let Some(until) = self.blocked_until(method) {
                sleep_until(until).await;
            }
            let _first = self.queue.lock().await;
            // The method may be blocked by now: then back out of the queue.
            while self.blocked_until(method).is_none() {
                let Some(until) = self.try_take() else {
                    return self.wait_for_shared().await;
                };
                sleep_until(until).await;
            }
        }
    }

    /// Waits until the bucket that all programs fill has room, too. This comes last, because a
    /// reservation there cannot be given back, and still inside the queue, so that reservations
    /// are used in the order in which they were made.
    async fn wait_for_shared(&self) {
        let Some(shared) = &self.shared else {
            return;
        };
        let (interval, burst) = self.rate.used();
        match shared.reserve(&self.member_id, interval, burst).await {
            Ok(wait) => {
                if !wait.is_zero() {
                    lock(&self.state).room = (0, Instant::now());
                }
                tokio::time::sleep(wait.min(self.fills_in)).await;
            }
            Err(error) => {
                let portal = &self.member_id;
                tracing::warn!(
                    portal,
                    "the rate limit is not shared with other programs: {error}"
                );
            }
        }
        // A refusal may have come meanwhile.
        let paused_until = lock(&self.state).paused_until;
        sleep_until(paused_until).await;
    }

    /// Takes one request out of the bucket, or returns when to try again.
    fn try_take(&self) -> Option<Instant> {
        let mut state = lock(&self.state);
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

    fn blocked_until(&self, method: &str) -> Option<Instant> {
        let state = lock(&self.state);
        let operating = state
            .methods
            .get(method)
            .filter(|operating| operating.waits)?;
        (operating.resets > Instant::now()).then_some(operating.resets)
    }

    /// A request of this method succeeded, and its response said what it cost.
    fn record_success(&self, method: &str, timing: &Timing) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        // A request that was sent before a refusal and succeeds after it proves nothing.
        if state.paused_until <= now {
            state.pauses = QUERY_LIMIT_BACKOFF.build();
        }
        state.methods.retain(|_, operating| operating.resets > now);
        let seconds = timing.operating.unwrap_or_default();
        let Some(resets_in) = resets_in(timing).filter(|_| seconds > 0.0) else {
            state.methods.remove(method);
            return;
        };
        let operating = Operating {
            resets: now + resets_in,
            waits: seconds >= OPERATING,
        };
        state.methods.insert(method.to_owned(), operating);
    }

    /// A request of this method, or a command in a batch, failed. Errors that say nothing of
    /// limits change nothing.
    fn record_failure(&self, method: &str, error: &Error) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        if error.has_code("QUERY_LIMIT_EXCEEDED") {
            // Requests that were in flight together are refused together, and count once.
            if state.paused_until <= now {
                let pause = state.pauses.next().unwrap_or(UNKNOWN_BLOCK);
                state.paused_until = now + pause;
                let portal = &self.member_id;
                tracing::warn!(portal, retry_in = ?pause, "the portal refuses more requests for now");
            }
            self.empty();
            state.room = (0, now);
        } else if error.has_code("OPERATION_TIME_LIMIT") {
            let known = state.methods.get(method).map(|operating| operating.resets);
            let resets = known
                .filter(|resets| *resets > now)
                .unwrap_or(now + UNKNOWN_BLOCK);
            let operating = Operating {
                resets,
                waits: true,
            };
            state.methods.insert(method.to_owned(), operating);
            tracing::warn!(
                portal = self.member_id,
                method,
                retry_in = ?(resets - now),
                "the method has used up its operating time on the portal"
            );
        }
    }

    /// The portal's bucket has no room; then ours must have none either. They differ when other
    /// programs call from the same address.
    fn empty(&self) {
        for bit in (0..u32::BITS).rev() {
            let Some(many) = NonZeroU32::new(1 << bit) else {
                continue;
            };
            while matches!(self.bucket.check_n(many), Ok(Ok(_))) {}
        }
    }

    /// Whether a new limiter would be the same as this one.
    pub(super) fn is_idle(&self) -> bool {
        let state = lock(&self.state);
        let now = Instant::now();
        let is_blocked = |operating: &Operating| operating.waits && operating.resets > now;
        state.last_used + self.fills_in <= now
            && state.paused_until <= now
            && !state.methods.values().any(is_blocked)
    }

    /// How full the portal's bucket is, from 0 to 1; at 1 requests wait.
    #[cfg(feature = "metrics")]
    pub(super) fn utilization(&self) -> f64 {
        let (interval, burst) = self.rate.used();
        let (room, at) = lock(&self.state).room;
        let room = f64::from(room) + at.elapsed().div_duration_f64(interval);
        (1.0 - room / f64::from(burst)).max(0.0)
    }

    /// When the last permit was acquired.
    pub(super) fn last_used(&self) -> Instant {
        lock(&self.state).last_used
    }
}

/// How long until part of the operating time becomes free. Both times are the portal's, so its
/// clock may differ from ours.
fn resets_in(timing: &Timing) -> Option<Duration> {
    let left = timing.operating_reset_at? - timing.finish?;
    let left = Duration::try_from_secs_f64(left).ok()?;
    Some(left.min(LONGEST_BLOCK))
}
