//! The limit of concurrent runs, in total and for each robot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::store::RunQuota;
use crate::sync::lock;

/// The permits to run robots' code.
pub(super) struct RunPermits {
    total: usize,
    robots: Mutex<HashMap<&'static str, Robot>>,
    released: Notify,
    /// Has a token for each permit in use.
    tracker: TaskTracker,
}

#[derive(Debug, Clone, Copy)]
struct Robot {
    max: usize,
    in_use: usize,
}

/// The permit of one run; dropping it releases it.
#[must_use = "a run holds its permit until it has ended"]
pub(super) struct RunPermit {
    permits: Arc<RunPermits>,
    code: &'static str,
    _token: TaskTrackerToken,
}

/// What can be started now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Available {
    pub(super) robots: Vec<(&'static str, usize)>,
    pub(super) total: usize,
}

impl RunPermits {
    /// Permits for these robots, each with its own maximum.
    pub(super) fn new(
        total: usize,
        robots: impl IntoIterator<Item = (&'static str, usize)>,
    ) -> Arc<Self> {
        let unused = robots
            .into_iter()
            .map(|(code, max)| (code, Robot { max, in_use: 0 }))
            .collect();
        Arc::new(Self {
            total,
            robots: Mutex::new(unused),
            released: Notify::new(),
            tracker: TaskTracker::new(),
        })
    }

    /// What can be started now.
    ///
    /// One permit is reserved for every robot that has none in use, so that a slow robot never
    /// keeps the others from running.
    pub(super) fn available(&self) -> Available {
        let robots = lock(&self.robots);
        let in_use = robots.values().map(|robot| robot.in_use).sum::<usize>();
        let free = self.total.saturating_sub(in_use);
        let idle = robots.values().filter(|robot| robot.in_use == 0).count();
        // One of the idle robots needs no reservation: the one that runs next.
        let is_tight = free < idle.max(1);
        let total = if is_tight {
            free
        } else {
            free - idle.saturating_sub(1)
        };
        let left = |robot: &Robot| {
            let left = robot.max.saturating_sub(robot.in_use);
            match (is_tight, robot.in_use) {
                (false, _) => left,
                (true, 0) => left.min(1),
                (true, _) => 0,
            }
        };
        Available {
            robots: robots
                .iter()
                .map(|(code, robot)| (*code, left(robot)))
                .filter(|(_, left)| *left > 0)
                .collect(),
            total,
        }
    }

    /// Waits until a permit is released.
    pub(super) async fn released(&self) {
        self.released.notified().await;
    }

    /// Waits until no permit is in use.
    pub(super) async fn all_released(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// The number of permits in use.
    #[cfg(any(test, feature = "metrics"))]
    pub(super) fn in_use(&self) -> usize {
        lock(&self.robots).values().map(|robot| robot.in_use).sum()
    }

    pub(super) fn acquire(self: &Arc<Self>, code: &'static str) -> RunPermit {
        if let Some(robot) = lock(&self.robots).get_mut(code) {
            robot.in_use += 1;
        }
        RunPermit {
            permits: Arc::clone(self),
            code,
            _token: self.tracker.token(),
        }
    }
}

impl Available {
    /// The same as the store takes it.
    pub(super) fn quotas(&self) -> Vec<RunQuota<'static>> {
        self.robots
            .iter()
            .map(|(code, max)| RunQuota { code, max: *max })
            .collect()
    }
}

impl Drop for RunPermit {
    fn drop(&mut self) {
        if let Some(robot) = lock(&self.permits.robots).get_mut(self.code) {
            robot.in_use = robot.in_use.saturating_sub(1);
        }
        self.permits.released.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(permits: &RunPermits) -> (Vec<(&'static str, usize)>, usize) {
        let mut available = permits.available();
        available.robots.sort_unstable();
        (available.robots, available.total)
    }

    #[test]
    fn a_robot_alone_has_every_permit() {
        let permits = RunPermits::new(3, [("a", 3)]);
        assert_eq!(sorted(&permits), (vec![("a", 3)], 3));
        let in_use = [
            permits.acquire("a"),
            permits.acquire("a"),
            permits.acquire("a"),
        ];
        assert_eq!(sorted(&permits), (vec![], 0));
        drop(in_use);
        assert_eq!(sorted(&permits), (vec![("a", 3)], 3));
    }

    #[test]
    fn a_slow_robot_leaves_a_permit_to_each_of_the_others() {
        let permits = RunPermits::new(4, [("slow", 4), ("b", 4), ("c", 2)]);
        assert_eq!(sorted(&permits), (vec![("b", 4), ("c", 2), ("slow", 4)], 2));
        let _slow = [permits.acquire("slow"), permits.acquire("slow")];
        assert_eq!(sorted(&permits), (vec![("b", 4), ("c", 2), ("slow", 2)], 1));
        let _more = permits.acquire("slow");
        assert_eq!(sorted(&permits), (vec![("b", 1), ("c", 1)], 1));
    }

    #[test]
    fn a_robots_own_limit_holds() {
        let permits = RunPermits::new(9, [("a", 1), ("b", 9)]);
        let _one = permits.acquire("a");
        assert_eq!(sorted(&permits), (vec![("b", 9)], 8));
        assert_eq!(permits.in_use(), 1);
    }

    #[tokio::test]
    async fn a_released_permit_wakes_the_worker() {
        let permits = RunPermits::new(1, [("a", 1)]);
        drop(permits.acquire("a"));
        permits.released().await;
    }
}
