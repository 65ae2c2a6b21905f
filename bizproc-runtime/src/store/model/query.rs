//! Looking at calls.

use std::time::SystemTime;

use super::call::CallStage;

/// Which calls [`Store::calls`](crate::store::Store::calls) returns: those that match everything
/// that is set.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CallFilter {
    /// At this stage.
    pub stage: Option<CallStage>,
    /// Of this portal.
    pub member_id: Option<String>,
    /// Of this robot.
    pub code: Option<String>,
    /// Accepted after the call with this number.
    pub after: Option<u64>,
    /// The most calls; `None` is no limit.
    pub limit: Option<usize>,
}

/// How many calls are at each stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCounts {
    by_stage: [u64; CallStage::ALL.len()],
    /// When the oldest call was accepted whose reply has yet to be delivered; dead letters do not
    /// count.
    pub oldest_open: Option<SystemTime>,
}

impl CallCounts {
    /// The number of calls at a stage; completed ones count until they are purged.
    ///
    /// ```
    /// use bizproc_runtime::store::{CallCounts, CallStage};
    ///
    /// assert_eq!(CallCounts::default().get(CallStage::Dead), 0);
    /// ```
    #[must_use]
    pub fn get(&self, stage: CallStage) -> u64 {
        let mut counts = CallStage::ALL.iter().zip(self.by_stage);
        let found = counts.find(|(other, _)| **other == stage);
        found.map_or(0, |(_, count)| count)
    }

    /// Adds calls at a stage, the oldest of which was accepted at this time: how a
    /// [`Store`](crate::store::Store) fills the counts.
    pub fn add(&mut self, stage: CallStage, calls: u64, oldest: SystemTime) {
        for (other, count) in CallStage::ALL.iter().zip(&mut self.by_stage) {
            if *other == stage {
                *count = count.saturating_add(calls);
            }
        }
        if stage.is_open() && calls > 0 {
            let known = self.oldest_open.get_or_insert(oldest);
            *known = oldest.min(*known);
        }
    }
}
