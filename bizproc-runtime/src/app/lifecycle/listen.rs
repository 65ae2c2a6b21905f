//! A listening socket, which a service manager may hand over.

use tokio::net::{TcpListener, ToSocketAddrs};

use crate::error::{Error, ErrorKind, Result};

/// Binds a listener to this address, or takes the one that a service manager hands over
/// (`LISTEN_FDS`, as systemd's socket units do): that one stays open while the program restarts,
/// so that no portal is refused in between.
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
/// [`ErrorKind::Configuration`] when the address cannot be bound, or the inherited descriptor is no
/// TCP socket.
pub async fn bind(address: impl ToSocketAddrs) -> Result<TcpListener> {
    let failed = |error: std::io::Error| {
        let message = format!("the application cannot listen for portals: {error}");
        Error::new(ErrorKind::Configuration, message).with_source(error)
    };
    let inherited = listenfd::ListenFd::from_env().take_tcp_listener(0);
    match inherited.map_err(failed)? {
        Some(listener) => {
            listener.set_nonblocking(true).map_err(failed)?;
            TcpListener::from_std(listener).map_err(failed)
        }
        None => TcpListener::bind(address).await.map_err(failed),
    }
}
