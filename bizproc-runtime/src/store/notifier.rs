//! How a store notifies its process of work.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use tokio::sync::Notify;

use crate::sync::lock;

/// Notifies the parts of a program that do the work of a store.
///
/// Every [`Store`](crate::store::Store) has one and calls [`Notifier::runnable`],
/// [`Notifier::sendable`] and [`Notifier::due`] after the change is stored. A notification too many
/// is harmless; a missing one delays the work until the store is polled, every half minute.
#[derive(Debug, Default)]
pub struct Notifier {
    subscriptions: Mutex<Vec<Weak<Subscription>>>,
}

/// What can be done with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notification {
    Runnable,
    /// To the portal with this member id.
    Sendable(String),
    Due(SystemTime),
}

/// What one subscriber has yet to look at; [`Notifier::subscribe`] makes one.
#[derive(Debug, Default)]
pub struct Subscription {
    runnable: Notify,
    sendable: Notify,
    portals: Mutex<BTreeSet<String>>,
    due: Notify,
    /// Until when the subscriber sleeps.
    asleep_until: Mutex<Option<SystemTime>>,
}

impl Notifier {
    /// A notifier without subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notifies of a call that can be run.
    pub fn runnable(&self) {
        self.each(|subscription| subscription.runnable.notify_one());
    }

    /// Notifies of a reply that can be sent to this portal.
    pub fn sendable(&self, member_id: &str) {
        self.each(|subscription| {
            lock(&subscription.portals).insert(member_id.to_owned());
            subscription.sendable.notify_one();
        });
    }

    /// Notifies of a call that is due at this time.
    pub fn due(&self, at: SystemTime) {
        self.each(|subscription| {
            let asleep_until = *lock(&subscription.asleep_until);
            if asleep_until.is_none_or(|until| at < until) {
                subscription.due.notify_one();
            }
        });
    }

    pub(super) fn notify(&self, notification: &Notification) {
        match notification {
            Notification::Runnable => self.runnable(),
            Notification::Sendable(member_id) => self.sendable(member_id),
            Notification::Due(at) => self.due(*at),
        }
    }

    /// Subscribes to everything from now on, until the subscription is dropped.
    ///
    /// ```
    /// # async fn wait(notifier: &bizproc_runtime::store::Notifier) {
    /// let subscription = notifier.subscribe();
    /// notifier.sendable("member id");
    /// assert!(subscription.sendable().await.contains("member id"));
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap()
    /// #     .block_on(wait(&Default::default()));
    /// ```
    pub fn subscribe(&self) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription::default());
        lock(&self.subscriptions).push(Arc::downgrade(&subscription));
        subscription
    }

    fn each(&self, notify: impl Fn(&Subscription)) {
        lock(&self.subscriptions).retain(|subscription| match subscription.upgrade() {
            Some(subscription) => {
                notify(&subscription);
                true
            }
            None => false,
        });
    }
}

impl Subscription {
    /// Waits until a call can be run. Notifications that came together count as one.
    pub async fn runnable(&self) {
        self.runnable.notified().await;
    }

    /// Waits for portals that replies can be sent to, and returns their member ids.
    pub async fn sendable(&self) -> BTreeSet<String> {
        loop {
            let portals = std::mem::take(&mut *lock(&self.portals));
            if !portals.is_empty() {
                return portals;
            }
            self.sendable.notified().await;
        }
    }

    /// Waits until a call becomes due before this time.
    pub async fn due_before(&self, until: Option<SystemTime>) {
        *lock(&self.asleep_until) = until;
        self.due.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn every_subscriber_is_notified_of_everything_once() {
        let notifier = Notifier::new();
        let first = notifier.subscribe();
        let second = notifier.subscribe();
        notifier.runnable();
        notifier.runnable();
        notifier.sendable("b");
        notifier.sendable("a");
        notifier.sendable("b");
        for subscription in [&first, &second] {
            subscription.runnable().await;
            let again = tokio::time::timeout(Duration::ZERO, subscription.runnable()).await;
            assert!(again.is_err(), "two notifications are one");
            let portals = subscription.sendable().await;
            assert_eq!(portals, ["a", "b"].map(str::to_owned).into());
            let again = tokio::time::timeout(Duration::ZERO, subscription.sendable()).await;
            assert!(again.is_err());
        }
        drop(first);
        notifier.runnable();
        assert_eq!(lock(&notifier.subscriptions).len(), 1);
    }

    #[tokio::test]
    async fn a_sleeper_is_woken_only_for_what_is_due_earlier() {
        let notifier = Notifier::new();
        let subscription = notifier.subscribe();
        let now = SystemTime::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        // What came before the sleep is looked at.
        notifier.due(at(5));
        subscription.due_before(Some(at(9))).await;
        for (due, wakes) in [(9, false), (12, false), (8, true)] {
            notifier.due(at(due));
            let sleep = subscription.due_before(Some(at(9)));
            let woken = tokio::time::timeout(Duration::ZERO, sleep).await;
            assert_eq!(woken.is_ok(), wakes, "{due}");
        }
    }
}
