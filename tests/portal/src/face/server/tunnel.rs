//! `CONNECT`: clients that have the vendor's authorisation server built in reach the portal's
//! through a proxy.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use crate::model::shared::Shared;

/// The vendor's hosts, which lead to the portal's own authorisation server.
const AUTHORISATION_SERVERS: [&str; 2] = ["oauth.bitrix.info", "oauth.bitrix24.tech"];

/// Opens a tunnel to the authorisation server; there is no other.
pub(crate) async fn connect(
    Extract(shared): Extract<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::CONNECT {
        return next.run(request).await;
    }
    let host = request.uri().host().unwrap_or_default();
    if !AUTHORISATION_SERVERS.contains(&host) {
        let text = format!("this proxy leads to {AUTHORISATION_SERVERS:?} only\n");
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let Ok(server) = TcpStream::connect(shared.oauth_domain()).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    // Both ends see what goes wrong with a tunnel.
    shared.spawn(async move {
        let _ = tunnel(request, server).await;
    });
    Response::new(Body::empty())
}

async fn tunnel(request: Request, mut server: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    let client = hyper::upgrade::on(request).await?;
    copy_bidirectional(&mut TokioIo::new(client), &mut server).await?;
    Ok(())
}
