//! The authorisation server's routes, and the portal's route that leads to it.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request as HttpRequest, State as Extract};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::engine::oauth::{authorize, exchange, info};
use crate::face::server::request::{MAX_BODY, percent_decoded};
use crate::face::server::response::{HTML, cut_after, json_response, moved, to_axum, too_large};
use crate::model::block::Block;
use crate::model::history::{Event, HttpResponse};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::Value;
use crate::rules::rest_error::RestError;
use crate::wire::rest::envelope;
use crate::wire::rest::request::Request;

const NO_APPLICATION: &str =
    "<html><body><h1>The application is not installed on this portal</h1></body></html>\n";

/// `/oauth/authorize/`: where a browser begins.
pub(crate) async fn authorize(
    Extract(shared): Extract<Arc<Shared>>,
    request: HttpRequest,
) -> Response {
    let Ok(request) = read(request, "/").await else {
        return too_large();
    };
    let back = request
        .and_then(|request| authorize::authorize(&shared, &mut shared.lock(), &request.params));
    match back {
        Some(location) => moved(&location).0,
        None => to_axum(&HttpResponse::new(404, NO_APPLICATION), HTML),
    }
}

/// `/oauth/token/`: codes and refresh tokens become tokens.
pub(crate) async fn token(Extract(shared): Extract<Arc<Shared>>, request: HttpRequest) -> Response {
    let at = shared.now();
    let Ok(request) = read(request, "/").await else {
        return too_large();
    };
    let request = request.unwrap_or_default();
    let state = &mut *shared.lock();
    let (status, json) = match exchange::exchange(&shared, state, &request.params) {
        Ok(tokens) => (200, tokens),
        Err(refused) => (refused.status, refused.to_json()),
    };
    record(
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
pub(crate) async fn method(
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
        info::app_info(&shared, state, request.bearer.as_deref(), &request.params)
    } else {
        Err(RestError::method_not_found())
    };
    let (status, json) = match result {
        Ok(result) => (
            200,
            envelope::success(&result.into(), at, shared.now(), settings),
        ),
        Err(error) => (
            error.status_in(settings.status_profile),
            envelope::failure(&error),
        ),
    };
    let path = format!("/rest/{}", request.method);
    record(&shared, state, at, &path, &request, (status, &json));
    json_response(status, &json)
}

/// Closes connections without a response while a test has switched the server off.
pub(crate) async fn unless_away(
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
fn record(
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
        response: HttpResponse::new(status, json.to_string()),
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
    // A method's path has one part; the other routes ignore what precedes it.
    let method = path
        .trim_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    Ok(Request::read(method, parts.uri.query(), &parts.headers, &body).await)
}
