//! The HTTP side: what portals post, and what they are answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shares;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::accept::accept;
use super::service::Running;
use super::{health, install, meter};
use crate::definition::DEFAULT_HANDLER_PATH;
use crate::error::{Error, Kind, Result};

/// The longest body of a request, in bytes, unless [`App::body_limit`](super::App::body_limit)
/// says otherwise; what is longer is refused unread.
///
/// The platform names no limit. A text property holds at most 64 KiB on the portal.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;

/// The path, below the public address, that takes installations and other events.
pub const INSTALL_PATH: &str = "/install";

pub(super) fn router(running: &Arc<Running>) -> Router {
    let shared = &running.shared;
    let base = shared.public_url.path().trim_end_matches('/');
    let paths = shared
        .routes
        .values()
        .map(|route| route.definition.handler_path());
    let mut router = Router::new().route(&format!("{base}{INSTALL_PATH}"), post(take_event));
    // A robot that was taken away is still called until the portal is told.
    let paths = paths.chain([DEFAULT_HANDLER_PATH]);
    for path in paths.collect::<BTreeSet<_>>() {
        router = router.route(&format!("{base}{path}"), post(take_call));
    }
    router = router.merge(health::routes(base));
    let router = router.with_state(Arc::clone(running));
    #[cfg(feature = "operator")]
    let router = router.merge(super::operator::router(running));
    router
}

/// The longest path of a robot, in characters.
const PATH_CHARS: usize = 200;

/// Paths that the router can hold: checked before it is made, because making it panics.
pub(super) fn check_path(path: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/._-~".contains(c);
    let fault = if path == INSTALL_PATH {
        "it takes the portals' events"
    } else if path.starts_with("/-/") {
        "paths below `/-/` are the application's own"
    } else if path.chars().count() > PATH_CHARS {
        "it has more than 200 characters, and portals store addresses of at most 1000"
    } else if !path.starts_with('/') || !path.chars().all(allowed) {
        "a path begins with `/` and contains latin letters, digits, `/`, `.`, `_`, `-` and `~`"
    } else {
        return Ok(());
    };
    let message = format!("`{path}` cannot take the calls of a robot: {fault}");
    Err(Error::new(Kind::Configuration, message))
}

/// Goes on when the portal hangs up: a call is not said again.
async fn take_call(Shares(running): Shares<Arc<Running>>, body: Body) -> Response {
    let body = match read(body, running.shared.settings.body_limit).await {
        Ok(body) => body,
        Err(error) => {
            meter::refused(&error);
            return answer(Err(error));
        }
    };
    let shared = Arc::clone(&running.shared);
    let accepted = tokio::spawn(async move { accept(&shared, body).await }).await;
    answer(accepted.unwrap_or_else(|panicked| {
        Err(Error::new(Kind::Store, "the call was not kept").with_source(panicked))
    }))
}

/// Goes on when the portal hangs up: an event is not said again.
async fn take_event(Shares(running): Shares<Arc<Running>>, body: Body) -> Response {
    let body = match read(body, running.shared.settings.body_limit).await {
        Ok(body) => body,
        Err(error) => return answer(Err(error)),
    };
    let shared = Arc::clone(&running.shared);
    let taken = tokio::spawn(async move { install::take(&shared, &body).await }).await;
    answer(taken.unwrap_or_else(|panicked| {
        Err(Error::new(Kind::Store, "the event was not carried out").with_source(panicked))
    }))
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>> {
    to_bytes(body, limit).await.map(Vec::from).map_err(|error| {
        let too_long = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit exceeded"));
        if too_long {
            let message = format!("the body is longer than {limit} bytes");
            return Error::new(Kind::Request, message).with_status(413);
        }
        Error::new(
            Kind::Request,
            format!("the body could not be read: {error}"),
        )
    })
}

/// The portal never sees an answer; it is for whoever tries the address by hand. Strangers learn
/// what is wrong with their request, and nothing else.
fn answer(result: Result<&'static str>) -> Response {
    let (status, body) = match result {
        Ok(status) => (StatusCode::OK, json!({"status": status})),
        Err(error) => {
            let (status, mut text) = (status_of(&error), error.to_string());
            if status.is_client_error() {
                tracing::warn!(kind = ?error.kind(), "{error}");
            } else {
                tracing::error!(kind = ?error.kind(), "{error}");
                "the request could not be carried out; the program's log says why"
                    .clone_into(&mut text);
            }
            (status, json!({"error": text}))
        }
    };
    let header = [(header::CONTENT_TYPE, "application/json")];
    (status, header, body.to_string()).into_response()
}

fn status_of(error: &Error) -> StatusCode {
    match (error.kind(), error.status()) {
        (Kind::Request, Some(413)) => StatusCode::PAYLOAD_TOO_LARGE,
        (Kind::Request, _) => StatusCode::BAD_REQUEST,
        (Kind::Forged, _) => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
