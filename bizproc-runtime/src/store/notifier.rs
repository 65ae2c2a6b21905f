//! What a store tells its process: that there is something to do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use tokio::sync::Notify;

/// Where a store says that there is work, and where those who do it hear of it.
///
/// Every [`Store`](super::Store) has one and calls [`Notifier::run`], [`Notifier::send`] and
/// [`Notifier::due`] after what they speak of is kept. A signal too many is harmless; one that is
/// missing delays the work until the store is searched again, which is done every half minute.
#[derive(Debug, Default)]
pub struct Notifier {
    inboxes: Mutex<Vec<Weak<Subscription>>>,
}

/// Something that a store has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    Run,
    /// To the portal with this member id.
    Send(String),
    Due(SystemTime),
}

/// What one listener has yet to look at; [`Notifier::listen`] gives one.
#[derive(Debug, Default)]
pub struct Subscription {
    run: Notify,
    send: Notify,
    portals: Mutex<BTreeSet<String>>,
    due: Notify,
    /// Until when the listener sleeps.
    asleep_until: Mutex<Option<SystemTime>>,
}

impl Notifier {
    /// Notifier that nobody listens to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A call can be run.
    pub fn runnable(&self) {
        self.each(|inbox| inbox.run.notify_one());
    }

    /// An answer to this portal can be sent.
    pub fn sendable(&self, member_id: &str) {
        self.each(|inbox| {
            lock(&inbox.portals).insert(member_id.to_owned());
            inbox.send.notify_one();
        });
    }

    /// A call is to be looked at again then.
    pub fn due(&self, at: SystemTime) {
        self.each(|inbox| {
            let asleep_until = *lock(&inbox.asleep_until);
            if asleep_until.is_none_or(|until| at < until) {
                inbox.due.notify_one();
            }
        });
    }

    pub(super) fn give(&self, sign: &Sign) {
        match sign {
            Sign::Run => self.runnable(),
            Sign::Send(member_id) => self.sendable(member_id),
            Sign::Due(at) => self.due(*at),
        }
    }

    /// Hears of everything from now on, until the inbox is dropped.
    ///
    /// ```
    /// # async fn wait(notifier: &bizproc_runtime::store::Notifier) {
    /// let inbox = notifier.subscribe();
    /// notifier.sendable("member id");
    /// assert!(inbox.sendable().await.contains("member id"));
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap()
    /// #     .block_on(wait(&Default::default()));
    /// ```
    pub fn subscribe(&self) -> Arc<Subscription> {
        let inbox = Arc::new(Subscription::default());
        lock(&self.inboxes).push(Arc::downgrade(&inbox));
        inbox
    }

    fn each(&self, tell: impl Fn(&Subscription)) {
        lock(&self.inboxes).retain(|inbox| match inbox.upgrade() {
            Some(inbox) => {
                tell(&inbox);
                true
            }
            None => false,
        });
    }
}

impl Subscription {
    /// Waits until a call can be run. One notice stands for all that came since the last one.
    pub async fn runnable(&self) {
        self.run.notified().await;
    }

    /// Waits for portals that answers can be sent to, by their member ids.
    pub async fn sendable(&self) -> BTreeSet<String> {
        loop {
            let portals = std::mem::take(&mut *lock(&self.portals));
            if !portals.is_empty() {
                return portals;
            }
            self.send.notified().await;
        }
    }

    /// Waits until a call is to be looked at earlier than this.
    pub async fn due_before(&self, until: Option<SystemTime>) {
        *lock(&self.asleep_until) = until;
        self.due.notified().await;
    }
}

/// No code that holds one of these locks can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn every_listener_hears_of_everything_once() {
        let notifier = Notifier::new();
        let (first, second) = (notifier.subscribe(), notifier.subscribe());
        notifier.runnable();
        notifier.runnable();
        notifier.sendable("b");
        notifier.sendable("a");
        notifier.sendable("b");
        for inbox in [&first, &second] {
            inbox.runnable().await;
            let again = tokio::time::timeout(Duration::ZERO, inbox.runnable()).await;
            assert!(again.is_err(), "two notices are one");
            assert_eq!(inbox.sendable().await, ["a", "b"].map(str::to_owned).into());
            assert!(
                tokio::time::timeout(Duration::ZERO, inbox.sendable())
                    .await
                    .is_err()
            );
        }
        drop(first);
        notifier.runnable();
        assert_eq!(lock(&notifier.inboxes).len(), 1);
    }

    #[tokio::test]
    async fn a_sleeper_is_woken_for_what_comes_earlier_only() {
        let notifier = Notifier::new();
        let inbox = notifier.subscribe();
        let now = SystemTime::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        // What came before the sleep is looked at.
        notifier.due(at(5));
        inbox.due_before(Some(at(9))).await;
        for (due, wakes) in [(9, false), (12, false), (8, true)] {
            notifier.due(at(due));
            let woken = tokio::time::timeout(Duration::ZERO, inbox.due_before(Some(at(9)))).await;
            assert_eq!(woken.is_ok(), wakes, "{due}");
        }
    }
}
