//! How many answers go in one request.

use std::time::Duration;

use crate::rest::Batch;

/// How many answers the first request has: a portal that executes workflows inside the request
/// takes its time for each.
const FIRST: usize = 5;

/// A request that took less lets the next one be larger; one that took more, smaller.
const QUICK: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(5);

/// How many answers go in one request to a portal.
#[derive(Debug)]
pub(in crate::app) struct Size(usize);

impl Default for Size {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Size {
    pub(in crate::app) fn get(&self) -> usize {
        self.0
    }

    /// Learns from how long a request of so many answers took: of one answer too, or a size of one
    /// would stay for ever.
    pub(in crate::app) fn took(&mut self, answers: usize, took: Duration) {
        if took >= SLOW {
            self.0 = (self.0 / 2).max(1);
        } else if took <= QUICK && answers >= self.0 {
            self.0 = (self.0 * 2).min(Batch::MAX_COMMANDS);
        }
    }

    /// Learns from a request that ended without an answer: one of its workflows may be the reason,
    /// or all together were too slow. Answers go one by one until a request is quick again.
    pub(in crate::app) fn broke(&mut self) {
        self.0 = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_that_was_slow_gets_as_many_as_before_when_it_is_quick_again() {
        let mut size = Size::default();
        for _ in 0..5 {
            size.took(size.get(), SLOW);
        }
        assert_eq!(size.get(), 1);
        let mut sizes = Vec::new();
        for _ in 0..7 {
            size.took(size.get(), QUICK);
            sizes.push(size.get());
        }
        assert_eq!(sizes, [2, 4, 8, 16, 32, 50, 50]);
    }

    #[test]
    fn after_a_request_without_an_answer_the_next_has_one() {
        let mut size = Size::default();
        size.broke();
        assert_eq!(size.get(), 1);
        size.took(1, QUICK);
        assert_eq!(size.get(), 2);
    }

    #[test]
    fn a_request_that_was_not_full_says_nothing_of_a_larger_one() {
        let mut size = Size::default();
        size.took(FIRST - 1, QUICK);
        assert_eq!(size.get(), FIRST);
    }
}
