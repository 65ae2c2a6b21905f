//! The worker: claims calls from the store and runs the robots' code, within the limits.

mod attempt;
mod handler;
mod permits;
mod replies;
mod robots;
mod unknown;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::app::backoff::store_delay;
use crate::app::leases::Leases;
use crate::app::lifecycle::Lifecycle;
use crate::app::portals::Portals;
use crate::app::settings::RunSettings;
use crate::error::Result;
use crate::portal::Portal;
use crate::store::{CallToRun, NewCall, Store};
use attempt::Runner;
pub(crate) use handler::AnyRobot;
pub use handler::Handler;
use permits::RunPermits;
pub(crate) use robots::Robots;

/// Claims calls from the store and runs the robots' code.
pub(crate) struct Worker {
    store: Arc<dyn Store>,
    robots: Arc<Robots>,
    leases: Arc<Leases>,
    lifecycle: Arc<Lifecycle>,
    runner: Arc<Runner>,
    permits: Arc<RunPermits>,
    /// The store is to be searched for calls that were not notified.
    search: Notify,
}

impl Worker {
    pub(crate) fn new(
        store: &Arc<dyn Store>,
        robots: &Arc<Robots>,
        portals: &Arc<Portals>,
        leases: &Arc<Leases>,
        lifecycle: &Arc<Lifecycle>,
        settings: RunSettings,
    ) -> Self {
        let limits = robots.codes().into_iter().map(|code| {
            let own = settings.concurrency_for.get(code).copied();
            (code, own.unwrap_or(settings.concurrency))
        });
        Self {
            store: Arc::clone(store),
            robots: Arc::clone(robots),
            leases: Arc::clone(leases),
            lifecycle: Arc::clone(lifecycle),
            permits: RunPermits::new(settings.concurrency, limits),
            runner: Arc::new(Runner::new(store, portals, settings)),
            search: Notify::new(),
        }
    }

    /// Starts calls until a shutdown begins.
    pub(crate) async fn run(self: Arc<Self>) {
        let subscription = self.store.notifier().subscribe();
        while !self.lifecycle.is_draining() {
            match self.claim().await {
                // There may be more.
                Ok(started) if started > 0 => continue,
                Ok(_) => {}
                Err(error) => {
                    store_delay("claim calls", &error).await;
                    continue;
                }
            }
            tokio::select! {
                () = subscription.runnable() => {}
                () = self.permits.released() => {}
                () = self.search.notified() => self.dead_letter_unknown().await,
            }
        }
    }

    /// Has the store searched for calls that were not notified: another process left them, or this
    /// program has no such robot.
    pub(crate) fn search(&self) {
        self.search.notify_one();
    }

    /// The number of calls that run now.
    #[cfg(feature = "metrics")]
    pub(crate) fn running(&self) -> usize {
        self.permits.in_use()
    }

    /// Waits until no call runs; `false` when that takes longer than until the deadline.
    pub(crate) async fn drained(&self, deadline: Instant) -> bool {
        let ended = tokio::time::timeout_at(deadline, self.permits.all_released());
        ended.await.is_ok()
    }

    /// Runs a call that could not be persisted.
    pub(crate) fn run_unpersisted(&self, call: NewCall, portal: Arc<Portal>) {
        let code = &call.head.code;
        let Some(robot) = self.robots.get(code) else {
            tracing::error!("{}", self.robots.unknown(code));
            return;
        };
        let runner = Arc::clone(&self.runner);
        let robot = Arc::clone(robot);
        self.lifecycle
            .spawn_awaited(async move { runner.run_unpersisted(&robot, call, portal).await });
    }

    /// Claims as many calls as can run, and starts them. Returns how many.
    async fn claim(&self) -> Result<usize> {
        let available = self.permits.available();
        if available.total == 0 || available.robots.is_empty() {
            return Ok(0);
        }
        let claimed = self
            .store
            .claim_runs(&available.quotas(), available.total, Leases::expiry())
            .await?;
        // A shutdown that began meanwhile has counted the permits in use, and waits for no others.
        if self.lifecycle.is_draining() {
            let claims: Vec<_> = claimed.into_iter().map(|call| call.claim).collect();
            self.store.release_claims(&claims).await?;
            return Ok(0);
        }
        let count = claimed.len();
        for call in claimed {
            self.start(call);
        }
        Ok(count)
    }

    fn start(&self, run: CallToRun) {
        let held = self.leases.hold(run.claim.clone());
        let Some(robot) = self.robots.get(&run.call.head.code) else {
            return;
        };
        let permit = self.permits.acquire(robot.definition.code());
        let robot = Arc::clone(robot);
        let runner = Arc::clone(&self.runner);
        let leases = Arc::clone(&self.leases);
        self.lifecycle.spawn(async move {
            let _permit = permit;
            runner.run_claimed(&robot, run, held, &leases).await;
        });
    }
}
