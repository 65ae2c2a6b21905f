//! The HTTP server: connections, routes, answers.

mod answer;
mod oauth;
mod rest;

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::any};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{page, php, state::Shared};

/// Larger bodies are refused; PHP's usual limit for a form is smaller.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long an error of accepting may last before it is met again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
struct ConnectionCut;

/// Serves until the task is dropped; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/rest/", any(rest::route))
        .route("/rest/{*path}", any(rest::route))
        .route("/oauth/rest/{method}", any(oauth::route))
        .merge(page::router())
        .fallback(answer::not_found)
        .with_state(shared);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // An error here is the peer's (a connection that was reset at once) or the machine's (no free descriptor),
        // which may last; the listener itself lives on.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let answer = hyper::service::Service::call(&service, request);
                async move {
                    let Ok(response) = answer.await;
                    let is_cut = response.extensions().get::<answer::Cut>().is_some();
                    if is_cut {
                        Err(ConnectionCut)
                    } else {
                        Ok(response)
                    }
                }
            });
            // What goes wrong with one connection is the peer's to see.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// PHP decodes a path as it decodes a form, but a `+` stays a `+`.
fn percent_decoded(path: &str) -> String {
    php::urldecode(path.replace('+', "%2B").as_bytes())
}
