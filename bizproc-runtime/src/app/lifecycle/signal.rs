//! The signal to shut down.

/// Waits for the signal to shut down: SIGTERM, which service managers send, or Ctrl-C.
pub(crate) async fn shutdown_signal() {
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
        // Without a signal handler the system ends the program.
        std::future::pending::<()>().await;
    }
}
