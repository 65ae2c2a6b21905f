//! Who waits for whom on a connection, and for how long.
//!
//! A connection goes round in a circle:
//!
//! ```text
//!         the client sends              the application works      the client reads
//! Head ------------------> Body ------------------> Response ------------> Reading --+
//!  ^                                                                                 |
//!  +--------- the first byte of a request -------------- NextRequest <--- flushed ---+
//! ```
//!
//! hyper has one timer, for the head, which also runs while a kept connection waits for its next
//! request. That would be wrong both ways: a proxy keeps connections open for minutes and would send
//! a call on one that just closes, and a client that sends a head byte by byte would have those
//! minutes. So the stream and the body report where the connection is, and each place has its own
//! limit. Only while the application works is no limit due, and the client cannot be evicted.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::sync::lock;

/// How long a connection may stay open without a request. Longer than proxies keep theirs (nginx
/// one minute, Caddy two): a connection that closes just when a proxy sends a call on it would lose
/// the call.
const KEEP_ALIVE: Duration = Duration::from_mins(3);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaiting {
    /// The client sends the head of a request.
    Head,
    /// The client sends the body; the reader of the body limits the time.
    Body,
    /// The application makes the response.
    Response,
    /// The client reads the response.
    Reading,
    /// The client sends another request, if it has one.
    NextRequest,
}

/// The state of one connection, which its parts report.
#[derive(Debug)]
pub(super) struct IdleState {
    timeout: Duration,
    current: Mutex<(Awaiting, Instant)>,
    changed: Notify,
    evict: Notify,
    /// Since when the client was idle that is to be evicted.
    evict_idle_since: Mutex<Option<Instant>>,
}

impl IdleState {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            current: Mutex::new((Awaiting::Head, Instant::now())),
            changed: Notify::new(),
            evict: Notify::new(),
            evict_idle_since: Mutex::default(),
        }
    }

    pub(super) fn set(&self, awaiting: Awaiting) {
        *lock(&self.current) = (awaiting, Instant::now());
        self.changed.notify_one();
    }

    /// The same, only from this state.
    pub(super) fn advance(&self, from: Awaiting, to: Awaiting) {
        let mut current = lock(&self.current);
        if current.0 == from {
            *current = (to, Instant::now());
            self.changed.notify_one();
        }
    }

    /// Since when the application waits for the client; `None` while the client waits.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let (awaiting, since) = *lock(&self.current);
        (awaiting != Awaiting::Response).then_some(since)
    }

    /// When the client has taken too long.
    fn due(&self) -> Option<Instant> {
        let (awaiting, since) = *lock(&self.current);
        match awaiting {
            Awaiting::Head | Awaiting::Reading => since.checked_add(self.timeout),
            Awaiting::NextRequest => since.checked_add(KEEP_ALIVE),
            Awaiting::Body | Awaiting::Response => None,
        }
    }

    /// Waits until the client has taken too long.
    pub(super) async fn timed_out(&self) {
        loop {
            let changed = self.changed.notified();
            match self.due() {
                Some(due) if due <= Instant::now() => return,
                Some(due) => {
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(due) => {}
                    }
                }
                None => changed.await,
            }
        }
    }

    /// Evicts the client that is idle since then, unless it has sent something meanwhile: between
    /// the choice and the eviction it may have begun a request.
    pub(super) fn evict(&self, idle_since: Instant) {
        *lock(&self.evict_idle_since) = Some(idle_since);
        self.evict.notify_one();
    }

    /// Waits until the client is evicted.
    pub(super) async fn evicted(&self) {
        loop {
            self.evict.notified().await;
            let chosen = *lock(&self.evict_idle_since);
            if chosen.is_some() && chosen == self.idle_since() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    /// How long it takes until the client has timed out.
    async fn time_until_timeout(state: &IdleState) -> Duration {
        let began = Instant::now();
        let elapsed = tokio::time::timeout(Duration::from_hours(9), state.timed_out());
        elapsed.await.map_or(Duration::MAX, |()| began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn each_part_of_a_request_has_its_time() {
        for (awaiting, limit) in [
            (Awaiting::Head, TIMEOUT),
            (Awaiting::Body, Duration::MAX),
            (Awaiting::Response, Duration::MAX),
            (Awaiting::Reading, TIMEOUT),
            (Awaiting::NextRequest, KEEP_ALIVE),
        ] {
            let state = IdleState::new(TIMEOUT);
            state.set(awaiting);
            let elapsed = time_until_timeout(&state).await;
            let late = elapsed.saturating_sub(limit);
            assert!(
                elapsed >= limit && late < Duration::from_millis(10),
                "{awaiting:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_begins_has_less_time_than_one_that_may_come() {
        let state = Arc::new(IdleState::new(TIMEOUT));
        state.set(Awaiting::NextRequest);
        let watched = Arc::clone(&state);
        let watch = tokio::spawn(async move { time_until_timeout(&watched).await });
        tokio::time::sleep(TIMEOUT).await;
        state.advance(Awaiting::NextRequest, Awaiting::Head);
        let elapsed = watch.await.unwrap();
        assert!((2 * TIMEOUT..KEEP_ALIVE).contains(&elapsed), "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_waits_for_a_response_is_not_evicted() {
        let state = IdleState::new(TIMEOUT);
        let since = Instant::now();
        for awaiting in [Awaiting::Response, Awaiting::Body] {
            tokio::time::advance(TIMEOUT).await;
            state.evict(since);
            state.set(awaiting);
            let left = tokio::time::timeout(TIMEOUT, state.evicted());
            assert!(left.await.is_err(), "{awaiting:?}");
        }
        state.set(Awaiting::Response);
        assert_eq!(state.idle_since(), None);
        state.set(Awaiting::NextRequest);
        let since = Instant::now();
        assert_eq!(state.idle_since(), Some(since));
        state.evict(since);
        state.evicted().await;
    }
}
