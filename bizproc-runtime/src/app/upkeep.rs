//! Regular work: releasing calls that are due, searching for calls that were not notified, deleting
//! old calls, setting gauges.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::app::backoff::store_delay;
#[cfg(feature = "metrics")]
use crate::app::outbox::Outbox;
#[cfg(feature = "metrics")]
use crate::app::portals::Portals;
#[cfg(feature = "metrics")]
use crate::app::telemetry::metrics;
use crate::app::worker::Worker;
use crate::store::Store;

/// How often the store is searched for work that was not notified: another process left it.
const SEARCH: Duration = Duration::from_secs(30);

/// How often old calls are deleted, and how many at a time.
const PURGE: Duration = Duration::from_mins(1);
const PURGE_BATCH: usize = 1_000;

/// How often the gauges are set.
#[cfg(feature = "metrics")]
const GAUGES: Duration = Duration::from_secs(15);

/// Releases calls whose time has come.
pub(crate) async fn release_due(store: Arc<dyn Store>) {
    let subscription = store.notifier().subscribe();
    loop {
        let next = match store.release_due(SystemTime::now()).await {
            Ok(next) => next,
            Err(error) => {
                store_delay("release calls that are due", &error).await;
                continue;
            }
        };
        let wait = next.map_or(SEARCH, |next| {
            let wait = next.duration_since(SystemTime::now());
            wait.unwrap_or_default().min(SEARCH)
        });
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = subscription.due_before(next) => {}
        }
    }
}

/// Has the store searched for calls and replies that were not notified, first at the start.
pub(crate) async fn search(store: Arc<dyn Store>, worker: Arc<Worker>) {
    loop {
        worker.search();
        match store.portals_with_replies().await {
            Ok(portals) => {
                let notifier = store.notifier();
                for portal in portals {
                    notifier.sendable(&portal);
                }
            }
            Err(error) => tracing::error!("the store cannot be searched: {error}"),
        }
        tokio::time::sleep(SEARCH).await;
    }
}

/// Deletes completed calls that are old.
pub(crate) async fn purge(store: Arc<dyn Store>, retention: Duration) {
    loop {
        tokio::time::sleep(PURGE).await;
        let Some(before) = SystemTime::now().checked_sub(retention) else {
            continue;
        };
        loop {
            match store.purge_completed(before, PURGE_BATCH).await {
                Ok(deleted) if deleted >= PURGE_BATCH => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!("old calls are not deleted: {error}");
                    break;
                }
            }
        }
    }
}

/// Sets the gauges.
#[cfg(feature = "metrics")]
pub(crate) async fn gauges(
    store: Arc<dyn Store>,
    worker: Arc<Worker>,
    outbox: Arc<Outbox>,
    portals: Arc<Portals>,
) {
    loop {
        metrics::set_gauges(
            worker.running(),
            outbox.paused().len(),
            portals.max_utilization(),
        );
        match store.counts().await {
            Ok(counts) => metrics::set_call_gauges(&counts),
            Err(error) => tracing::warn!("the gauges of calls are not set: {error}"),
        }
        tokio::time::sleep(GAUGES).await;
    }
}
