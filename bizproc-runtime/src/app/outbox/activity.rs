//! What the senders are doing, for a shutdown that waits for them.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The claims and requests of all senders that are in flight.
#[derive(Default)]
pub(super) struct Activity {
    in_flight: TaskTracker,
    changed: Notify,
}

/// Marks a claim, and then the request with what it claimed, as in flight.
#[must_use = "the request is in flight until this is dropped"]
pub(super) struct InFlight {
    activity: Arc<Activity>,
    token: Option<TaskTrackerToken>,
}

impl Activity {
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        InFlight {
            activity: Arc::clone(self),
            token: Some(self.in_flight.token()),
        }
    }

    /// Whether nothing is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Waits until something ends that is in flight when this is called, or later.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Before the notification, whose receiver asks whether anything is in flight.
        drop(self.token.take());
        self.activity.changed.notify_waiters();
    }
}
