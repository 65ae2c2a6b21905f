//! Who waits for whom on a connection, and for how long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a connection may stay open without a request. Longer than proxies keep theirs (nginx
/// one minute, Caddy two): one that ends just when a proxy sends a call on it would lose the call.
const IDLE: Duration = Duration::from_mins(3);

/// What comes next on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The client sends the head of a request.
    Head,
    /// The client sends the body; whoever reads it knows how long that may take.
    Body,
    /// The application answers.
    Answer,
    /// The client takes the answer.
    Taken,
    /// The client sends another request, if it has one.
    Request,
}

/// The state of one connection, which its parts tell.
#[derive(Debug)]
pub(super) struct Waiting {
    patience: Duration,
    state: Mutex<(Next, Instant)>,
    changed: Notify,
    leave: Notify,
    /// Since when it was silent that is to leave.
    silent_since: Mutex<Option<Instant>>,
}

impl Waiting {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            state: Mutex::new((Next::Head, Instant::now())),
            changed: Notify::new(),
            leave: Notify::new(),
            silent_since: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, (Next, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, next: Next) {
        *self.state() = (next, Instant::now());
        self.changed.notify_one();
    }

    /// The same, only when this is what was waited for.
    pub(super) fn pass(&self, from: Next, to: Next) {
        let mut state = self.state();
        if state.0 == from {
            *state = (to, Instant::now());
            self.changed.notify_one();
        }
    }

    /// Since when the application waits for the client; `None` while the client waits.
    pub(super) fn since(&self) -> Option<Instant> {
        let (next, since) = *self.state();
        (next != Next::Answer).then_some(since)
    }

    /// When the client has taken too long.
    fn due(&self) -> Option<Instant> {
        let (next, since) = *self.state();
        match next {
            Next::Head | Next::Taken => since.checked_add(self.patience),
            Next::Request => since.checked_add(IDLE),
            Next::Body | Next::Answer => None,
        }
    }

    /// Waits until the client has taken too long.
    pub(super) async fn over(&self) {
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

    /// Has the client leave that is silent since then, unless it has said something meanwhile.
    pub(super) fn leave(&self, since: Instant) {
        *self.silent_since() = Some(since);
        self.leave.notify_one();
    }

    fn silent_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.silent_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the client is to leave.
    pub(super) async fn left(&self) {
        loop {
            self.leave.notified().await;
            let silent_since = *self.silent_since();
            if silent_since.is_some() && silent_since == self.since() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// How long it takes until the client has taken too long.
    async fn over(waiting: &Waiting) -> Duration {
        let began = Instant::now();
        let over = tokio::time::timeout(Duration::from_hours(9), waiting.over());
        over.await.map_or(Duration::MAX, |()| began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn each_part_of_a_request_has_its_time() {
        for (next, limit) in [
            (Next::Head, PATIENCE),
            (Next::Body, Duration::MAX),
            (Next::Answer, Duration::MAX),
            (Next::Taken, PATIENCE),
            (Next::Request, IDLE),
        ] {
            let waiting = Waiting::new(PATIENCE);
            waiting.begin(next);
            let over = over(&waiting).await;
            let late = over.saturating_sub(limit);
            assert!(
                over >= limit && late < Duration::from_millis(10),
                "{next:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_begins_has_less_time_than_one_that_may_come() {
        let waiting = Arc::new(Waiting::new(PATIENCE));
        waiting.begin(Next::Request);
        let watched = Arc::clone(&waiting);
        let watch = tokio::spawn(async move { over(&watched).await });
        tokio::time::sleep(PATIENCE).await;
        waiting.pass(Next::Request, Next::Head);
        let over = watch.await.unwrap();
        assert!((2 * PATIENCE..IDLE).contains(&over), "{over:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_an_answer_is_not_sent_away() {
        let waiting = Waiting::new(PATIENCE);
        let since = Instant::now();
        for next in [Next::Answer, Next::Body] {
            tokio::time::advance(PATIENCE).await;
            waiting.leave(since);
            waiting.begin(next);
            let left = tokio::time::timeout(PATIENCE, waiting.left());
            assert!(left.await.is_err(), "{next:?}");
        }
        waiting.begin(Next::Answer);
        assert_eq!(waiting.since(), None);
        waiting.begin(Next::Request);
        let since = Instant::now();
        assert_eq!(waiting.since(), Some(since));
        waiting.leave(since);
        waiting.left().await;
    }
}
