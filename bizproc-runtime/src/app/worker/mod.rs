//! Takes calls from the store and has the robots' code run, within the bounds.

pub(in crate::app) mod attempt;
pub(in crate::app) mod handler;
pub(in crate::app) mod permits;

pub use handler::Handler;

use std::sync::Arc;

use crate::app::backoff::store_pause;
use crate::app::leases::Claims;
use crate::app::service::Shared;
use crate::error::Result;
use crate::portal::printable;
use crate::store::{CallToRun, RunQuota, Transition};

/// How many calls of robots that this program does not have are given up at a time.
const STRAY_CALLS: usize = 100;

pub(in crate::app) async fn run(shared: Arc<Shared>) {
    let inbox = shared.store.notifier().subscribe();
    while !shared.health.is_draining() {
        match claim(&shared).await {
            // There may be more.
            Ok(claimed) if claimed > 0 => continue,
            Ok(_) => {}
            Err(error) => {
                store_pause("no calls", &error).await;
                continue;
            }
        }
        tokio::select! {
            () = inbox.runnable() => {}
            () = shared.seats.freed() => {}
            () = shared.searched.notified() => bury_strays(&shared).await,
        }
    }
}

async fn claim(shared: &Arc<Shared>) -> Result<usize> {
    let free = shared.seats.free();
    if free.total == 0 || free.slots.is_empty() {
        return Ok(0);
    }
    let lease = Claims::lease();
    let claimed = shared
        .store
        .claim_runs(&free.slots(), free.total, lease)
        .await?;
    // Whoever drains has seen no run of these, and waits for none.
    if shared.health.is_draining() {
        let claims = claimed.into_iter().map(|call| call.claim);
        shared
            .store
            .release_claims(&claims.collect::<Vec<_>>())
            .await?;
        return Ok(0);
    }
    let count = claimed.len();
    for call in claimed {
        start(shared, call);
    }
    Ok(count)
}

fn start(shared: &Arc<Shared>, call: CallToRun) {
    let held = shared.claims.hold(call.claim.clone());
    let Some(route) = shared.routes.get(call.call.head.code.as_str()) else {
        return;
    };
    let seat = shared.seats.take(route.definition.code());
    let (of_run, route) = (Arc::clone(shared), Arc::clone(route));
    shared.spawn(async move {
        attempt::work_on(&of_run, &route, call).await;
        drop((held, seat));
    });
}

/// Gives calls up whose robot this program does not have: an operator must know.
async fn bury_strays(shared: &Shared) {
    if let Err(error) = try_bury_strays(shared).await {
        store_pause("no calls", &error).await;
    }
}

async fn try_bury_strays(shared: &Shared) -> Result<()> {
    let codes = shared.store.runnable_robots().await?;
    let unknown = codes
        .iter()
        .filter(|code| !shared.routes.contains_key(code.as_str()));
    let slots = unknown.map(|code| RunQuota {
        code,
        max: STRAY_CALLS,
    });
    let slots = slots.collect::<Vec<_>>();
    if slots.is_empty() {
        return Ok(());
    }
    let lease = Claims::lease();
    for stray in shared.store.claim_runs(&slots, STRAY_CALLS, lease).await? {
        let error = shared.unknown_robot(&stray.call.head.code);
        tracing::error!(
            portal = stray.call.head.member_id,
            robot = %printable(&stray.call.head.code),
            outcome = "dead",
            event = ?stray.call.head.event_token,
            "given up: {error}"
        );
        let next = Transition::DeadLetter(error.to_string());
        shared.finish(&stray.claim, next).await;
    }
    Ok(())
}
