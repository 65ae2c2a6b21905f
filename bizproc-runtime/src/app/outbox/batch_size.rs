//! How many replies go in one request.

use std::time::Duration;

use crate::rest::Batch;

/// How many replies the first request has: some portals execute workflows inside the request.
const INITIAL: usize = 5;

/// A faster request makes the next one larger; a slower one makes it smaller.
const FAST: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(5);

/// The number of replies in one request to a portal, which follows the portal's latency.
#[derive(Debug)]
pub(super) struct BatchSize(usize);

impl Default for BatchSize {
    fn default() -> Self {
        Self(INITIAL)
    }
}

impl BatchSize {
    pub(super) fn get(&self) -> usize {
        self.0
    }

    /// Records how long a request took: one with a single reply too, or a size of one would never
    /// grow again.
    pub(super) fn record(&mut self, replies: usize, latency: Duration) {
        if latency >= SLOW {
            self.0 = (self.0 / 2).max(1);
        } else if latency <= FAST && replies >= self.0 {
            self.0 = (self.0 * 2).min(Batch::MAX_COMMANDS);
        }
    }

    /// Records a request that ended without a response: one of its workflows may be the reason, or
    /// all together were too slow. Replies go one by one until a request is fast again.
    pub(super) fn record_failure(&mut self) {
        self.0 = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_portal_gets_large_requests_when_it_is_fast_again() {
        let mut size = BatchSize::default();
        for _ in 0..5 {
            size.record(size.get(), SLOW);
        }
        assert_eq!(size.get(), 1);
        let mut sizes = Vec::new();
        for _ in 0..7 {
            size.record(size.get(), FAST);
            sizes.push(size.get());
        }
        assert_eq!(sizes, [2, 4, 8, 16, 32, 50, 50]);
    }

    #[test]
    fn after_a_request_without_a_response_the_next_has_one_reply() {
        let mut size = BatchSize::default();
        size.record_failure();
        assert_eq!(size.get(), 1);
        size.record(1, FAST);
        assert_eq!(size.get(), 2);
    }

    #[test]
    fn a_request_that_was_not_full_does_not_grow_the_next() {
        let mut size = BatchSize::default();
        size.record(INITIAL - 1, FAST);
        assert_eq!(size.get(), INITIAL);
    }
}
