//! The HTTP server: listeners, routes, answers.

mod answer;
mod connection;
mod oauth;
mod rest;
#[cfg(feature = "tls")]
mod tls;
mod tunnel;
#[cfg(not(feature = "tls"))]
mod without_tls;

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware::from_fn_with_state, routing::any};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{files, page, php, state::Shared};

#[cfg(feature = "tls")]
pub(crate) use tls::Authority;
#[cfg(not(feature = "tls"))]
pub(crate) use without_tls::Authority;

/// Larger bodies are refused; PHP's usual limit for a form is smaller.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long an error of accepting may last before it is met again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The portal itself.
pub(crate) fn portal(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/rest/", any(rest::route))
        .route("/rest/{*path}", any(rest::route))
        .route("/oauth/authorize", any(oauth::authorize))
        .route("/oauth/authorize/", any(oauth::authorize))
        .merge(page::router())
        .merge(files::router())
        .fallback(answer::not_found)
        .layer(from_fn_with_state(Arc::clone(&shared), tunnel::connect))
        .with_state(shared)
}

/// The authorisation server, which stands for itself.
pub(crate) fn authorisation(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/token", any(oauth::token))
        .route("/oauth/token/", any(oauth::token))
        .route("/rest/{*method}", any(oauth::method))
        .fallback(answer::not_found)
        .layer(from_fn_with_state(Arc::clone(&shared), oauth::unless_away))
        .with_state(shared)
}

/// Serves until the task is dropped; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, authority: Arc<Authority>, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // An error here is the peer's (a connection that was reset at once) or the machine's (no free descriptor),
        // which may last; the listener itself lives on.
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

/// PHP decodes a path as it decodes a form, but a `+` stays a `+`.
fn percent_decoded(path: &str) -> String {
    php::urldecode(path.replace('+', "%2B").as_bytes())
}
