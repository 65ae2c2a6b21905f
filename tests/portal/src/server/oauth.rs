//! The authorisation server's routes, and the portal's one that leads to it.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request as HttpRequest, State as Extract},
    middleware::Next,
    response::Response,
};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    MAX_BODY,
    answer::{HTML, cut_after, json_response, moved, response, too_large},
    percent_decoded,
};
use crate::{
    Block,
    history::{Answer, Event},
    oauth,
    php::Value,
    rest::{self, Request, RestError},
    state::{Shared, State},
};

const NO_APPLICATION: &str =
    "<html><body><h1>The application is not installed on this portal</h1></body></html>\n";

/// `/oauth/authorize/`: where a browser begins.
pub(super) async fn authorize(
    Extract(shared): Extract<Arc<Shared>>,
    request: HttpRequest,
) -> Response {
    let Ok(request) = read(request, "/").await else {
        return too_large();
    };
    let back = request.and_then(|request| oauth::authorize(&shared, &mut shared.lock(), &request));
    match back {
        Some(location) => moved(&location).0,
        None => response(
            &Answer {
                status: 404,
                body: NO_APPLICATION.into(),
            },
            HTML,
        ),
    }
}

/// `/oauth/token/`: codes and refresh tokens become tokens.
pub(super) async fn token(Extract(shared): Extract<Arc<Shared>>, request: HttpRequest) -> Response {
    let at = shared.now();
    let Ok(request) = read(request, "/").await else {
        return too_large();
    };
    let request = request.unwrap_or_default();
    let state = &mut *shared.lock();
    let (status, json) = match oauth::exchange(&shared, state, &request) {
        Ok(tokens) => (200, tokens),
        Err(refused) => (refused.status, refused.to_json()),
    };
    keep(
        &shared,
        state,
        at,
        "/oauth/token/",
        &request,
        (status, &json),
    );
    json_response(status, &json)
}

/// `/rest/app.info`, the only method it has.
pub(super) async fn method(
    Extract(shared): Extract<Arc<Shared>>,
    request: HttpRequest,
) -> Response {
    let at = shared.now();
    let Ok(request) = read(request, "/rest/").await else {
        return too_large();
    };
    let request = request.unwrap_or_default();
    let settings = &shared.settings;
    let state = &mut *shared.lock();
    let result = if request.method.eq_ignore_ascii_case("app.info") {
        oauth::app_info(&shared, state, &request)
    } else {
        Err(RestError::method_not_found())
    };
    let (status, json) = match result {
        Ok(result) => (
            200,
            rest::success(&result.into(), at, shared.now(), settings),
        ),
        Err(error) => (
            error.status_in(settings.status_profile),
            rest::failure(&error),
        ),
    };
    let path = format!("/rest/{}", request.method);
    keep(&shared, state, at, &path, &request, (status, &json));
    json_response(status, &json)
}

/// Answers nothing while a test has taken the server away.
pub(super) async fn unless_away(
    Extract(shared): Extract<Arc<Shared>>,
    request: HttpRequest,
    next: Next,
) -> Response {
    if shared.lock().blocks.has(Block::NoAuthorisationServer) {
        return cut_after(0, Response::default());
    }
    next.run(request).await
}

/// Writes a request into the history, at the time it came.
fn keep(
    shared: &Shared,
    state: &mut State,
    at: Timestamp,
    path: &str,
    request: &Request,
    (status, json): (u16, &Json),
) {
    let event = Event::AuthorisationServerAsked {
        path: path.to_owned(),
        params: Value::Array(request.params.clone()).to_json(),
        answer: Answer {
            status,
            body: json.to_string().into(),
        },
    };
    shared.record_at(state, at, event);
}

struct TooLarge;

/// Reads a request below a path as a portal reads its own.
async fn read(request: HttpRequest, below: &str) -> Result<Option<Request>, TooLarge> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| TooLarge)?;
    let path = parts.uri.path();
    let path = percent_decoded(path.strip_prefix(below).unwrap_or_default());
    // A method's path has one part; what precedes it at the other routes makes no difference to them.
    let method = path
        .trim_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    Ok(Request::read(method, parts.uri.query(), &parts.headers, &body).await)
}
