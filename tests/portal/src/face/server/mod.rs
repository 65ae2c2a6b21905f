//! The HTTP server: listeners, routes, responses.

mod connection;
mod oauth;
mod request;
mod response;
mod rest;
#[cfg_attr(not(feature = "tls"), path = "without_tls.rs")]
pub(crate) mod tls;
mod tunnel;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::face::server::tls::Authority;
use crate::face::site::Site;
use crate::face::{files, page};
use crate::model::shared::Shared;

/// The pause after an error of accepting, which may persist.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The portal itself.
pub(crate) fn portal(site: Site) -> Router {
    Router::new()
        .route("/rest/", any(rest::route))
        .route("/rest/{*path}", any(rest::route))
        .route("/oauth/authorize", any(oauth::authorize))
        .route("/oauth/authorize/", any(oauth::authorize))
        .merge(page::router())
        .merge(files::router())
        .fallback(response::not_found)
        .layer(from_fn_with_state(
            Arc::clone(&site.shared),
            tunnel::connect,
        ))
        .with_state(site)
}

/// The authorisation server, a server of its own.
pub(crate) fn authorisation(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/token", any(oauth::token))
        .route("/oauth/token/", any(oauth::token))
        .route("/rest/{*method}", any(oauth::method))
        .fallback(response::not_found)
        .layer(from_fn_with_state(Arc::clone(&shared), oauth::unless_away))
        .with_state(shared)
}

/// Serves until the task is dropped; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, authority: Arc<Authority>, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // An error here is the peer's (a connection that was reset immediately) or the machine's
        // (no free descriptor), which may persist; the listener itself stays usable.
        let Ok((stream, address)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        connections.spawn(connection::serve(
            stream,
            address.ip(),
            Arc::clone(&authority),
            router.clone(),
        ));
    }
}
