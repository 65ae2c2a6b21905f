//! The pause of a portal that refuses everything.

use std::sync::Mutex;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::app::backoff::{PORTAL_PAUSE_BACKOFF, delay_after};
use crate::sync::lock;

/// Whether nothing is sent to a portal, why, and until when.
#[derive(Debug)]
pub(super) struct Pause {
    member_id: String,
    state: Mutex<State>,
    resumed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Stays after its time until the portal accepts a reply: the next request is an attempt.
    current: Option<Current>,
    /// How many pauses there were in a row.
    pauses: u32,
}

#[derive(Debug)]
struct Current {
    reason: String,
    until: Instant,
}

impl Pause {
    pub(super) fn new(member_id: &str) -> Self {
        Self {
            member_id: member_id.to_owned(),
            state: Mutex::default(),
            resumed: Notify::new(),
        }
    }

    /// Pauses the portal, each time in a row for longer.
    pub(super) fn begin(&self, reason: &str) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        // Requests that were in flight together are refused together, and count once.
        if state
            .current
            .as_ref()
            .is_some_and(|current| current.until > now)
        {
            return;
        }
        let retry_in = delay_after(PORTAL_PAUSE_BACKOFF, state.pauses);
        state.pauses += 1;
        let portal = &self.member_id;
        tracing::error!(portal, ?retry_in, "the portal is paused: {reason}");
        state.current = Some(Current {
            reason: reason.to_owned(),
            until: now + retry_in,
        });
    }

    /// Ends the pause, because something about the portal has changed.
    pub(super) fn resume(&self) {
        lock(&self.state).current = None;
        self.resumed.notify_one();
    }

    /// The portal accepted a reply.
    pub(super) fn mark_healthy(&self) {
        *lock(&self.state) = State::default();
    }

    /// Why the portal is paused, if it is.
    pub(super) fn reason(&self) -> Option<String> {
        let state = lock(&self.state);
        state.current.as_ref().map(|current| current.reason.clone())
    }

    /// Waits until something may be sent to the portal.
    pub(super) async fn wait_resumed(&self) {
        loop {
            let until = lock(&self.state)
                .current
                .as_ref()
                .map(|current| current.until);
            let Some(until) = until.filter(|until| *until > Instant::now()) else {
                return;
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = self.resumed.notified() => {}
            }
        }
    }
}
