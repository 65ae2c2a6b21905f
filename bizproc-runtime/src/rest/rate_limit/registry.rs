//! The rate limiters of all portals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::config::RateLimit;
use super::limiter::RateLimiter;
use super::shared::SharedRateLimit;
use crate::sync::lock;

/// How many portals' limiters are remembered. One that is forgotten too early costs a refusal, no
/// more.
const PORTALS: usize = 10_000;

/// The rate limiters of the portals that were called lately.
pub(crate) struct RateLimiters {
    rate: RateLimit,
    shared: Option<Arc<dyn SharedRateLimit>>,
    /// What the program before this one sent until then is unknown.
    began: Instant,
    capacity: usize,
    pub(super) by_member_id: Mutex<HashMap<String, Arc<RateLimiter>>>,
}

impl RateLimiters {
    pub(crate) fn new(rate: RateLimit, shared: Option<Arc<dyn SharedRateLimit>>) -> Self {
        Self::with_capacity(rate, shared, PORTALS)
    }

    pub(super) fn with_capacity(
        rate: RateLimit,
        shared: Option<Arc<dyn SharedRateLimit>>,
        capacity: usize,
    ) -> Self {
        Self {
            rate,
            shared,
            began: Instant::now(),
            capacity,
            by_member_id: Mutex::default(),
        }
    }

    /// The limiter of a portal. Hold it while the portal is called: one that is held is not
    /// forgotten.
    pub(crate) fn get(&self, member_id: &str) -> Arc<RateLimiter> {
        self.get_or_insert(member_id, || {
            let limiter = self.full(member_id);
            // A shared bucket knows what was sent.
            if self.shared.is_none() {
                limiter.assume_spent(self.began.elapsed());
            }
            limiter
        })
    }

    /// Adds a portal that no program has called before: its bucket is full.
    pub(crate) fn new_portal(&self, member_id: &str) {
        self.get_or_insert(member_id, || self.full(member_id));
    }

    /// How full the fullest bucket of a portal is, from 0 to 1.
    #[cfg(feature = "metrics")]
    pub(crate) fn max_utilization(&self) -> f64 {
        lock(&self.by_member_id)
            .values()
            .map(|limiter| limiter.utilization())
            .fold(0.0, f64::max)
    }

    fn full(&self, member_id: &str) -> RateLimiter {
        RateLimiter::full(member_id, self.rate, self.shared.clone())
    }

    fn get_or_insert(
        &self,
        member_id: &str,
        make: impl FnOnce() -> RateLimiter,
    ) -> Arc<RateLimiter> {
        let mut limiters = lock(&self.by_member_id);
        if let Some(limiter) = limiters.get(member_id) {
            return Arc::clone(limiter);
        }
        if limiters.len() >= self.capacity {
            make_room(&mut limiters, self.capacity);
        }
        let limiter = Arc::new(make());
        limiters.insert(member_id.to_owned(), Arc::clone(&limiter));
        limiter
    }
}

/// Makes room for one more: first those are forgotten that make no difference, then the one whose
/// last request was the longest ago.
fn make_room(limiters: &mut HashMap<String, Arc<RateLimiter>>, capacity: usize) {
    let is_held = |limiter: &Arc<RateLimiter>| Arc::strong_count(limiter) > 1;
    limiters.retain(|_, limiter| is_held(limiter) || !limiter.is_idle());
    if limiters.len() < capacity {
        return;
    }
    let oldest = limiters
        .iter()
        .filter(|(_, limiter)| !is_held(limiter))
        .min_by_key(|(_, limiter)| limiter.last_used())
        .map(|(member_id, _)| member_id.clone());
    if let Some(member_id) = oldest {
        limiters.remove(&member_id);
    }
}
