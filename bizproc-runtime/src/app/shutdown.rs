//! What happens at SIGTERM and Ctrl-C, step by step.

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::app::http::serve;
use crate::app::inbox::STORE_TIMEOUT_WITHOUT_JOURNAL;
use crate::app::lifecycle::shutdown_signal;
use crate::app::settings::HttpSettings;
use crate::app::wiring::{Core, Parts};

/// Serves the routes until the signal to shut down, then shuts down, and closes the listener last:
/// a portal calls only once, so calls are accepted until the end.
pub(crate) async fn serve_until_signal(
    parts: &Parts,
    router: Router,
    listener: TcpListener,
    settings: HttpSettings,
    limit: Duration,
) {
    let until_shut_down = async {
        shutdown_signal().await;
        tracing::info!("the shutdown begins and may take {limit:?}");
        shut_down(&parts.core, limit).await;
    };
    serve(listener, router, settings, until_shut_down).await;
    requests_drained(parts).await;
}

/// Starts no more calls, waits for the robots' code that runs and for the replies that can be sent,
/// and releases what is left. Returns whether everything ended within the limit.
pub(crate) async fn shut_down(core: &Core, limit: Duration) -> bool {
    let Core {
        lifecycle,
        worker,
        outbox,
        leases,
        ..
    } = core;
    let deadline = Instant::now() + limit;
    lifecycle.begin_shutdown();
    let is_drained = worker.drained(deadline).await;
    let awaited = tokio::time::timeout_at(deadline, lifecycle.awaited_ended());
    let has_ended = awaited.await.is_ok();
    let is_flushed = outbox.flushed(deadline).await;
    // Before the cancellation: a cancelled task drops its claims without releasing them.
    let held = leases.held();
    lifecycle.cancel_tasks();
    leases.release(&held).await;
    let is_complete = is_drained && has_ended && is_flushed;
    if !is_complete {
        tracing::warn!(
            "the shutdown reached its limit of {limit:?}: calls run again, replies are sent again"
        );
    }
    is_complete
}

/// Waits until the requests that are being handled have ended, and what could not be persisted
/// has run.
async fn requests_drained(parts: &Parts) {
    let ended = async {
        parts.http.drained().await;
        parts.core.lifecycle.awaited_ended().await;
    };
    if tokio::time::timeout(STORE_TIMEOUT_WITHOUT_JOURNAL, ended)
        .await
        .is_err()
    {
        tracing::error!(
            "requests, registrations or token renewals did not end: a call or a renewed token may be \
             lost"
        );
    }
}
