//! What is to be done now and then: wake what waits for a time, forget what is old, search for
//! work that no signal told of.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::app::backoff::store_pause;
use crate::app::service::Shared;

/// How often the store is searched for work that no signal told of: what another process left.
const SEARCH: Duration = Duration::from_secs(30);

/// How often old calls are forgotten, and how many at a time.
const FORGET: Duration = Duration::from_mins(1);
const FORGOTTEN_AT_ONCE: usize = 1_000;

/// Wakes what waits in the store when its time comes.
pub(in crate::app) async fn wake(shared: Arc<Shared>) {
    let inbox = shared.store.notifier().subscribe();
    loop {
        let next = match shared.store.release_due(SystemTime::now()).await {
            Ok(next) => next,
            Err(error) => {
                store_pause("nothing that is due", &error).await;
                continue;
            }
        };
        let pause = next.map(|next| next.duration_since(SystemTime::now()).unwrap_or_default());
        let pause = pause.map_or(SEARCH, |pause| pause.min(SEARCH));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = inbox.due_before(next) => {}
        }
    }
}

/// Has the store searched, at the start and again and again.
pub(in crate::app) async fn search(shared: Arc<Shared>) {
    loop {
        shared.searched.notify_one();
        match shared.store.portals_with_replies().await {
            Ok(portals) => {
                let notifier = shared.store.notifier();
                for portal in portals {
                    notifier.sendable(&portal);
                }
            }
            Err(error) => tracing::error!("the store is not searched: {error}"),
        }
        tokio::time::sleep(SEARCH).await;
    }
}

/// Forgets settled calls when they are old.
pub(in crate::app) async fn forget(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(FORGET).await;
        let retention = shared.settings.retention;
        let Some(before) = SystemTime::now().checked_sub(retention) else {
            continue;
        };
        loop {
            match shared
                .store
                .purge_completed(before, FORGOTTEN_AT_ONCE)
                .await
            {
                Ok(forgotten) if forgotten >= FORGOTTEN_AT_ONCE => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!("old calls are not forgotten: {error}");
                    break;
                }
            }
        }
    }
}

/// Prolongs the leases of what this process works on.
pub(in crate::app) async fn beat(shared: Arc<Shared>) {
    shared.claims.beat(&*shared.store).await;
}
