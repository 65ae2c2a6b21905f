//! The authorisation server's routes, and the portal's one that leads to it.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request as HttpRequest, State as Extract},
    response::Response,
};

use super::{
    MAX_BODY,
    answer::{HTML, error_response, json_response, moved, response, too_large},
    percent_decoded,
};
use crate::{
    history::Answer,
    oauth,
    rest::{self, Request, RestError},
    state::Shared,
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
    let Ok(request) = read(request, "/").await else {
        return too_large();
    };
    let request = request.unwrap_or_default();
    match oauth::exchange(&shared, &mut shared.lock(), &request) {
        Ok(tokens) => json_response(200, &tokens),
        Err(refused) => json_response(refused.status, &refused.to_json()),
    }
}

/// `/rest/app.info`, the only method it has.
pub(super) async fn method(
    Extract(shared): Extract<Arc<Shared>>,
    request: HttpRequest,
) -> Response {
    let start = shared.now();
    let Ok(request) = read(request, "/rest/").await else {
        return too_large();
    };
    let settings = &shared.settings;
    let result = request
        .filter(|request| request.method.eq_ignore_ascii_case("app.info"))
        .ok_or_else(RestError::method_not_found)
        .and_then(|request| oauth::app_info(&shared, &shared.lock(), &request));
    match result {
        Ok(result) => {
            let json = rest::success(&result.into(), start, shared.now(), settings);
            json_response(200, &json)
        }
        Err(error) => error_response(&error, settings),
    }
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
