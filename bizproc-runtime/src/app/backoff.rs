//! The pauses between attempts.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::error::Error;

/// The pause after a store that failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Says that the store failed, and waits before it is asked again.
pub(in crate::app) async fn store_pause(gives: &str, error: &Error) {
    tracing::error!("the store gives {gives}, and is asked again: {error}");
    tokio::time::sleep(STORE_PAUSE).await;
}

/// Behind so many pauses every schedule here has reached its longest.
const LAST: usize = 20;

/// The pause after so many others, of a schedule that has no end.
pub(in crate::app) fn nth(schedule: ExponentialBuilder, before: usize) -> Duration {
    // A schedule without an end has a pause for every number.
    schedule.build().nth(before.min(LAST)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_stay_there() {
        let schedule = ExponentialBuilder::new()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(Duration::from_secs(30))
            .with_factor(4.0)
            .without_max_times();
        let pauses = [0, 1, 2, 3, usize::MAX].map(|before| nth(schedule, before).as_secs());
        assert_eq!(pauses, [1, 4, 16, 30, 30]);
    }
}
