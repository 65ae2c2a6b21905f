//! Ending without losing or hurrying anything: notifier, sockets that outlive the process.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::time::Instant;

use crate::app::inbox::LONG_PATIENCE;
use crate::app::service::Shared;
use crate::error::{Error, ErrorKind, Result};

/// How often it is looked whether everything has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until no robot's code runs any more; `false` when that takes too long.
pub(in crate::app) async fn runs_end(shared: &Shared, until: Instant) -> bool {
    while shared.seats.taken() > 0 || Arc::strong_count(&shared.unkept) > 1 {
        if !look_again(until).await {
            return false;
        }
    }
    true
}

/// Waits until what was being taken is kept, or has run when nothing keeps it.
pub(in crate::app) async fn taking_ends(shared: &Shared) {
    let until = Instant::now() + LONG_PATIENCE;
    let are_busy = || [&shared.taking, &shared.unkept].map(|busy| Arc::strong_count(busy) > 1);
    while are_busy().contains(&true) {
        if !look_again(until).await {
            tracing::error!("requests are still being taken, and are given up: calls may be lost");
            return;
        }
    }
}

/// Waits until no answer can be sent any more; `false` when that takes too long.
pub(in crate::app) async fn sends_end(shared: &Shared, until: Instant) -> bool {
    loop {
        let waiting = shared
            .store
            .portals_with_replies()
            .await
            .unwrap_or_default();
        let is_parked = |portal: &String| shared.lanes.is_parked(portal);
        if shared.lanes.are_quiet() && waiting.iter().all(is_parked) {
            return true;
        }
        if !look_again(until).await {
            return false;
        }
    }
}

/// Waits for a moment; `false` when the time is over.
async fn look_again(until: Instant) -> bool {
    tokio::time::sleep(LOOK).await;
    Instant::now() < until
}

/// Waits until the program is told to end: by SIGTERM, as service managers do, or by Ctrl-C.
pub(in crate::app) async fn signalled() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted => {}
            }
            return;
        }
    }
    if interrupted.await.is_err() {
        // Where there are no signals, something else stops the program.
        std::future::pending::<()>().await;
    }
}

/// A listener at this address, or the one that a service manager hands over (`LISTEN_FDS`, as
/// systemd's socket units do): that one stays open while the program restarts, so that no portal
/// is ever refused.
///
/// ```no_run
/// # async fn run(app: bizproc_runtime::App) -> bizproc_runtime::Result<()> {
/// let listener = bizproc_runtime::app::bind("0.0.0.0:8080").await?;
/// app.serve(listener).await
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::Configuration`] when the address cannot be listened on, or what was handed over is no
/// TCP socket.
pub async fn bind(address: impl ToSocketAddrs) -> Result<TcpListener> {
    let failed = |error: std::io::Error| {
        let message = format!("the application cannot listen for portals: {error}");
        Error::new(ErrorKind::Configuration, message).with_source(error)
    };
    let handed = listenfd::ListenFd::from_env().take_tcp_listener(0);
    match handed.map_err(failed)? {
        Some(listener) => {
            listener.set_nonblocking(true).map_err(failed)?;
            TcpListener::from_std(listener).map_err(failed)
        }
        None => TcpListener::bind(address).await.map_err(failed),
    }
}
