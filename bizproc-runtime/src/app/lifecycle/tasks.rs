//! The tasks of an application, and when they end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::sync::lock;

/// Runs the application's tasks, and ends them at a shutdown.
///
/// Every task belongs to one of three kinds, by what a shutdown owes it:
///
/// | | a shutdown waits for it | then cancels it |
/// |---|---|---|
/// | [`spawn`](Lifecycle::spawn) | no: its owner knows when it is done | yes |
/// | [`spawn_awaited`](Lifecycle::spawn_awaited) | within its limit | yes |
/// | [`spawn_uncancelled`](Lifecycle::spawn_uncancelled) | within its limit | no |
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    is_draining: AtomicBool,
    has_failed: AtomicBool,
    stop: Mutex<CancellationToken>,
    awaited: TaskTracker,
}

impl Lifecycle {
    /// Runs a task until it ends or the application stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = lock(&self.stop).clone();
        tokio::spawn(async move {
            tokio::select! {
                // The cancellation first: if the task were polled once more, it could claim replies, or
                // start tasks that nothing cancels any more.
                biased;
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs a task without which the application does not work.
    pub(crate) fn spawn_critical(
        self: &Arc<Self>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.spawn(self.critical(task));
    }

    /// Runs a task that a shutdown waits for.
    pub(crate) fn spawn_awaited(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn(self.awaited.track_future(task));
    }

    /// Runs a task that a shutdown waits for and never cancels: half of its work is worse than none.
    pub(crate) fn spawn_uncancelled(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.awaited.spawn(task);
    }

    /// Waits until no task is left that a shutdown waits for.
    pub(crate) async fn awaited_ended(&self) {
        self.awaited.close();
        self.awaited.wait().await;
    }

    /// Makes it known that a shutdown has begun.
    pub(crate) fn begin_shutdown(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether a shutdown has begun.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Whether a critical task ended before a shutdown.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Cancels the tasks that run now. Later ones run: the routes accept calls until they are
    /// dropped, and a call that could not be persisted runs immediately.
    pub(crate) fn cancel_tasks(&self) {
        let stop = std::mem::take(&mut *lock(&self.stop));
        stop.cancel();
    }

    /// The task, which marks the application as failed if it ends, even by a panic.
    pub(crate) fn critical<T>(self: &Arc<Self>, task: T) -> impl Future<Output = ()> + use<T>
    where
        T: Future<Output = ()>,
    {
        let guard = ExitGuard(Arc::clone(self));
        async move {
            let _guard = guard;
            task.await;
        }
    }
}

/// Marks the application as failed when it is dropped before a shutdown.
struct ExitGuard(Arc<Lifecycle>);

impl Drop for ExitGuard {
    fn drop(&mut self) {
        if !self.0.is_draining() {
            self.0.has_failed.store(true, Ordering::Relaxed);
        }
    }
}

/// Cancels the tasks when it is dropped. Whatever accepts calls holds it: a router whose tasks had
/// ended would accept calls that never run.
#[derive(Debug)]
pub(crate) struct StopGuard(Arc<Lifecycle>);

impl StopGuard {
    pub(crate) fn new(lifecycle: &Arc<Lifecycle>) -> Arc<Self> {
        Arc::new(Self(Arc::clone(lifecycle)))
    }
}

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.cancel_tasks();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn a_cancelled_task_is_not_polled_again() {
        let lifecycle = Lifecycle::default();
        let ready = Arc::new(Notify::new());
        let has_continued = Arc::new(AtomicBool::new(false));
        let task = {
            let ready = Arc::clone(&ready);
            let has_continued = Arc::clone(&has_continued);
            async move {
                ready.notified().await;
                has_continued.store(true, Ordering::Relaxed);
            }
        };
        lifecycle.spawn(task);
        yield_now().await;
        // Both before the task's turn: it is ready, and it is cancelled.
        ready.notify_one();
        lifecycle.cancel_tasks();
        for _ in 0..3 {
            yield_now().await;
        }
        assert!(!has_continued.load(Ordering::Relaxed));
    }
}
