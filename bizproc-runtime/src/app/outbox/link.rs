//! What a sender knows about its portal.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::batch_size::BatchSize;
use super::pause::Pause;
use crate::rest::RateLimiter;
use crate::sync::lock;

/// The state of the requests to one portal.
pub(super) struct PortalLink {
    pub(super) member_id: String,
    pub(super) limiter: Arc<RateLimiter>,
    pub(super) pause: Pause,
    batch_size: Mutex<BatchSize>,
}

impl PortalLink {
    pub(super) fn new(member_id: &str, limiter: Arc<RateLimiter>) -> Self {
        Self {
            member_id: member_id.to_owned(),
            limiter,
            pause: Pause::new(member_id),
            batch_size: Mutex::default(),
        }
    }

    /// How many replies the next request has.
    pub(super) fn batch_size(&self) -> usize {
        lock(&self.batch_size).get()
    }

    /// Records how long a request with this number of replies took.
    pub(super) fn record_latency(&self, replies: usize, latency: Duration) {
        lock(&self.batch_size).record(replies, latency);
    }

    /// Records a request that ended without a response.
    pub(super) fn record_failure(&self) {
        lock(&self.batch_size).record_failure();
    }
}
