//! The HTTP side: what portals post, and what they are answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shares;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::http::body::Received;
use crate::app::http::health;
use crate::app::inbox::accept;
use crate::app::install;
use crate::app::service::Running;
use crate::app::telemetry::metrics as meter;
use crate::definition::DEFAULT_HANDLER_PATH;
use crate::error::{Error, ErrorKind, Result};

/// The longest body of a request, in bytes, unless [`App::body_limit`](crate::app::builder::App::body_limit)
/// says otherwise; what is longer is refused unread.
///
/// The platform names no limit. A text property holds at most 64 KiB on the portal.
pub const DEFAULT_BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The path, below the public address, that takes installations and other events.
pub const INSTALL_PATH: &str = "/install";

pub(in crate::app) fn router(running: &Arc<Running>) -> Router {
    let shared = &running.shared;
    let base = shared.public_url.path().trim_end_matches('/');
    let paths = shared
        .routes
        .values()
        .map(|route| route.definition.handler());
    let mut router = Router::new().route(&format!("{base}{INSTALL_PATH}"), post(take_event));
    // A robot that was taken away is still called until the portal is told.
    let paths = paths.chain([DEFAULT_HANDLER_PATH]);
    for path in paths.collect::<BTreeSet<_>>() {
        router = router.route(&format!("{base}{path}"), post(take_call));
    }
    router = router.merge(health::routes(base));
    let router = router.with_state(Arc::clone(running));
    #[cfg(feature = "operator")]
    let router = router.merge(crate::app::operator::router(running));
    router
}

/// The longest path of a robot, in characters.
const PATH_CHARS: usize = 200;

/// Paths that the router can hold: checked before it is made, because making it panics.
pub(in crate::app) fn check_path(path: &str) -> Result<()> {
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
    Err(Error::new(ErrorKind::Configuration, message))
}

async fn take_call(Shares(running): Shares<Arc<Running>>, body: Body) -> Response {
    let Received { bytes, room } = match running.shared.bodies.read(body).await {
        Ok(body) => body,
        Err(error) => {
            meter::refused(&error);
            return answer(Err(error));
        }
    };
    let shared = Arc::clone(&running.shared);
    let accepting = async move { accept(&shared, bytes).await };
    answer(to_the_end(&running, room, accepting).await)
}

async fn take_event(Shares(running): Shares<Arc<Running>>, body: Body) -> Response {
    let Received { bytes, room } = match running.shared.bodies.read(body).await {
        Ok(body) => body,
        Err(error) => return answer(Err(error)),
    };
    let shared = Arc::clone(&running.shared);
    let installing = async move { install::take(&shared, &bytes).await };
    answer(to_the_end(&running, room, installing).await)
}

/// Takes a request to the end, though the portal hangs up or the program is told to end: nothing is
/// said again. The body has its room until then.
async fn to_the_end(
    running: &Running,
    room: Option<OwnedSemaphorePermit>,
    taking: impl Future<Output = Result<&'static str>> + Send + 'static,
) -> Result<&'static str> {
    let counted = Arc::clone(&running.shared.taking);
    let task = tokio::spawn(async move {
        let taken = taking.await;
        drop((room, counted));
        taken
    });
    task.await.unwrap_or_else(|panicked| {
        let message = "the request was not taken";
        Err(Error::new(ErrorKind::Store, message).with_source(panicked))
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
        (ErrorKind::BadRequest, Some(408)) => StatusCode::REQUEST_TIMEOUT,
        (ErrorKind::BadRequest, Some(413)) => StatusCode::PAYLOAD_TOO_LARGE,
        (ErrorKind::BadRequest, Some(503)) => StatusCode::SERVICE_UNAVAILABLE,
        (ErrorKind::BadRequest, _) => StatusCode::BAD_REQUEST,
        (ErrorKind::Unauthenticated, _) => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;
    use proptest::prelude::*;

    use super::*;
    use crate::App;
    use crate::portal::{Portal, parse_endpoint};
    use crate::store::Memory;

    /// What bodies are made of that come far.
    const PARTS: &[&str] = &[
        "&",
        "&",
        "=",
        "=",
        "[",
        "]",
        "%",
        "%5B",
        "%5D",
        "%FF",
        "%0",
        "+",
        "{",
        "}",
        "\"",
        ":",
        ",",
        "event_token=t",
        "code=nothing",
        "workflow_id=w",
        "ts=18446744073709551615",
        "auth[member_id]=m",
        "auth[application_token]=a",
        "auth[access_token]=x",
        "auth[server_endpoint]=https://evil.example/",
        "auth[client_endpoint]=http://[::1]/",
        "event=ONAPPINSTALL",
        "event=ONAPPUPDATE",
        "event=ONAPPUNINSTALL",
        "event=ONSOMETHING",
        "properties[x]=1",
        "properties[][][]=1",
        "timeout_duration=99999999999999999999",
        "{\"auth\":{\"member_id\":\"m\",\"application_token\":\"a\"},\"event_token\":\"t\"",
    ];

    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let part = proptest::sample::select(PARTS).prop_map(|part| part.as_bytes().to_vec());
        let bytes = proptest::collection::vec(any::<u8>(), 0..8);
        let parts = proptest::collection::vec(prop_oneof![8 => part, 1 => bytes], 0..40);
        prop_oneof![
            2 => parts.clone().prop_map(|parts| parts.join(&b'&')),
            2 => parts.prop_map(|parts| parts.concat()),
            1 => proptest::collection::vec(any::<u8>(), 0..2000),
        ]
    }

    fn portal() -> Portal {
        let address = |text| parse_endpoint(text).unwrap();
        // Nobody is there, and nobody is asked: no installation names a server that may vouch.
        let (client, server) = (address("http://[::1]:1/"), address("https://[::1]:1/"));
        let mut portal = Portal::new("m", "c", client, server);
        portal.application_token = "a".into();
        portal
    }

    #[test]
    fn no_body_is_the_applications_fault() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _inside = runtime.enter();
        let app = App::new("https://app.example").store(Arc::new(Memory::new()));
        let service = app.start().unwrap();
        let install = || {
            let saved = runtime.block_on(service.store().save_portal(portal().into()));
            saved.unwrap();
        };
        install();
        let application = TowerToHyperService::new(service.router());
        let paths = proptest::sample::select(&[INSTALL_PATH, DEFAULT_HANDLER_PATH][..]);
        proptest!(|(body in bodies(), path in paths)| {
            let request = Request::post(path).body(Body::from(body)).unwrap();
            let answer = runtime.block_on(application.call(request));
            let status = answer.unwrap().status();
            prop_assert!(!status.is_server_error(), "{status}");
        });
        // Some of them uninstalled it, which is their right.
        install();
        let body = "event_token=u&code=nothing&workflow_id=w&auth[member_id]=m\
                    &auth[application_token]=a";
        let request = Request::post(DEFAULT_HANDLER_PATH).body(Body::from(body));
        let answer = runtime.block_on(application.call(request.unwrap()));
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
}
