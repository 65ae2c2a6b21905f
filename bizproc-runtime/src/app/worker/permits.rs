//! How many calls may run at the same time, over all and of each robot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::store::RunQuota;

/// The seats of all robots.
pub(in crate::app) struct Seats {
    total: usize,
    robots: Mutex<HashMap<&'static str, Robot>>,
    freed: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Robot {
    at_most: usize,
    taken: usize,
}

/// A run's seat; dropping it frees the seat.
pub(in crate::app) struct Seat {
    seats: Arc<Seats>,
    code: &'static str,
}

/// What can be begun now.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::app) struct Free {
    pub(in crate::app) slots: Vec<(&'static str, usize)>,
    pub(in crate::app) total: usize,
}

impl Seats {
    /// Seats for these robots; each may take so many.
    pub(in crate::app) fn new(
        total: usize,
        robots: impl IntoIterator<Item = (&'static str, usize)>,
    ) -> Arc<Self> {
        let robots = robots
            .into_iter()
            .map(|(code, at_most)| (code, Robot { at_most, taken: 0 }));
        Arc::new(Self {
            total,
            robots: Mutex::new(robots.collect()),
            freed: Notify::new(),
        })
    }

    /// What can be begun now.
    ///
    /// One seat is kept free for every robot that has none, so that a slow robot never keeps the
    /// others from running.
    pub(in crate::app) fn free(&self) -> Free {
        let robots = self.robots();
        let taken = robots.values().map(|robot| robot.taken).sum::<usize>();
        let free = self.total.saturating_sub(taken);
        let idle = robots.values().filter(|robot| robot.taken == 0).count();
        // Of the robots that are idle, one need not be kept a seat for: the one that comes.
        let is_tight = free < idle.max(1);
        let total = if is_tight {
            free
        } else {
            free - idle.saturating_sub(1)
        };
        let slots = robots.iter().filter_map(|(code, robot)| {
            let left = robot.at_most.saturating_sub(robot.taken);
            let left = match (is_tight, robot.taken) {
                (false, _) => left,
                (true, 0) => left.min(1),
                (true, _) => 0,
            };
            (left > 0).then_some((*code, left))
        });
        Free {
            slots: slots.collect(),
            total,
        }
    }

    /// Waits until a seat is freed.
    pub(in crate::app) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// How many calls run.
    pub(in crate::app) fn taken(&self) -> usize {
        self.robots().values().map(|robot| robot.taken).sum()
    }

    pub(in crate::app) fn take(self: &Arc<Self>, code: &'static str) -> Seat {
        if let Some(robot) = self.robots().get_mut(code) {
            robot.taken += 1;
        }
        Seat {
            seats: Arc::clone(self),
            code,
        }
    }

    /// No code that holds the lock can panic.
    fn robots(&self) -> MutexGuard<'_, HashMap<&'static str, Robot>> {
        self.robots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Free {
    pub(in crate::app) fn slots(&self) -> Vec<RunQuota<'static>> {
        let slots = self.slots.iter();
        slots
            .map(|(code, at_most)| RunQuota {
                code,
                max: *at_most,
            })
            .collect()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(robot) = self.seats.robots().get_mut(self.code) {
            robot.taken = robot.taken.saturating_sub(1);
        }
        self.seats.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(seats: &Seats) -> (Vec<(&'static str, usize)>, usize) {
        let mut free = seats.free();
        free.slots.sort_unstable();
        (free.slots, free.total)
    }

    #[test]
    fn a_robot_alone_has_every_seat() {
        let seats = Seats::new(3, [("a", 3)]);
        assert_eq!(sorted(&seats), (vec![("a", 3)], 3));
        let taken = [seats.take("a"), seats.take("a"), seats.take("a")];
        assert_eq!(sorted(&seats), (vec![], 0));
        drop(taken);
        assert_eq!(sorted(&seats), (vec![("a", 3)], 3));
    }

    #[test]
    fn a_slow_robot_leaves_a_seat_to_each_of_the_others() {
        let seats = Seats::new(4, [("slow", 4), ("b", 4), ("c", 2)]);
        assert_eq!(sorted(&seats), (vec![("b", 4), ("c", 2), ("slow", 4)], 2));
        let _slow = [seats.take("slow"), seats.take("slow")];
        assert_eq!(sorted(&seats), (vec![("b", 4), ("c", 2), ("slow", 2)], 1));
        let _more = seats.take("slow");
        assert_eq!(sorted(&seats), (vec![("b", 1), ("c", 1)], 1));
    }

    #[test]
    fn a_robots_own_bound_holds() {
        let seats = Seats::new(9, [("a", 1), ("b", 9)]);
        let _one = seats.take("a");
        assert_eq!(sorted(&seats), (vec![("b", 9)], 8));
        assert_eq!(seats.taken(), 1);
    }

    #[tokio::test]
    async fn who_waits_hears_of_a_seat_that_was_freed() {
        let seats = Seats::new(1, [("a", 1)]);
        drop(seats.take("a"));
        seats.freed().await;
    }
}
