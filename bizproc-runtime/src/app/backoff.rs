//! The delays between attempts, and what is worth another attempt.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// Between the attempts of a robot's code.
pub(crate) const RUN_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_secs(30))
    .with_factor(4.0)
    .without_max_times();

/// Between the attempts to send a reply. It never ends: a portal may be away for days, and that is
/// no reason to abandon a reply.
pub(crate) const SEND_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_mins(1))
    .without_max_times();

/// The same for a busy workflow, which is not busy for long.
pub(crate) const BUSY_WORKFLOW_BACKOFF: ExponentialBuilder =
    SEND_BACKOFF.with_max_delay(Duration::from_secs(5));

/// How long a portal that refuses everything is paused, each time in a row.
pub(crate) const PORTAL_PAUSE_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_mins(1))
    .with_max_delay(Duration::from_mins(15))
    .without_max_times();

/// Between the attempts of an installation's requests. A portal posts an installation once, so a
/// transient failure is waited for.
pub(crate) const INSTALL_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_secs(10))
    .with_max_times(6);

/// While another process that spent the same refresh token stores the new tokens.
pub(crate) const TOKEN_RACE_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_times(4);

/// Between the attempts of a request to a store that failed.
const STORE_DELAY: Duration = Duration::from_secs(1);

/// After this many retries every schedule has reached its maximum delay.
const MAX_DELAY_REACHED: usize = 20;

/// The delay after this many retries, of a schedule without an end.
pub(crate) fn delay_after(schedule: ExponentialBuilder, retries: u32) -> Duration {
    let retries = usize::try_from(retries).unwrap_or(usize::MAX);
    let mut delays = schedule.build();
    delays
        .nth(retries.min(MAX_DELAY_REACHED))
        .unwrap_or_default()
}

/// Whether the same request may succeed a little later.
pub(crate) fn is_transient(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Connect | ErrorKind::NoResponse | ErrorKind::InvalidResponse
    ) || matches!(error.status(), Some(429 | 500..=599))
}

/// Logs that the store cannot do something now, and waits before the next attempt.
pub(crate) async fn store_delay(action: &str, error: &Error) {
    tracing::error!(retry_in = ?STORE_DELAY, "the store cannot {action}: {error}");
    tokio::time::sleep(STORE_DELAY).await;
}

/// Asks the store until it answers.
pub(crate) async fn retry_store<T, F>(action: &str, ask: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T>>,
{
    loop {
        match ask().await {
            Ok(value) => return value,
            Err(error) => store_delay(action, &error).await,
        }
    }
}

/// Asks the store, and waits for its response until the deadline.
pub(crate) async fn with_deadline<T>(
    deadline: Instant,
    ask: impl Future<Output = Result<T>>,
) -> Result<T> {
    let asked = tokio::time::timeout_at(deadline, ask).await;
    asked.unwrap_or_else(|_| {
        let message = "the store did not answer in time";
        Err(Error::new(ErrorKind::Store, message))
    })
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
        let pauses = [0, 1, 2, 3, u32::MAX].map(|before| delay_after(schedule, before).as_secs());
        assert_eq!(pauses, [1, 4, 16, 30, 30]);
    }
}
