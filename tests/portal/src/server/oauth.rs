//! The authorisation server's routes.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request as HttpRequest, State as Extract},
    response::Response,
};

use super::{
    MAX_BODY,
    answer::{error_response, json_response, too_large},
    percent_decoded,
};
use crate::{
    rest::{self, Request, RestError, Success},
    state::Shared,
};

pub(super) async fn route(Extract(shared): Extract<Arc<Shared>>, request: HttpRequest) -> Response {
    let start = shared.now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    let path = percent_decoded(
        parts
            .uri
            .path()
            .strip_prefix("/oauth/rest/")
            .unwrap_or_default(),
    );
    let request = Request::read(&path, parts.uri.query(), &parts.headers, &body)
        .filter(|request| request.method.eq_ignore_ascii_case("app.info"));
    let result = request
        .ok_or_else(RestError::method_not_found)
        .and_then(|request| rest::authorisation_server_app_info(&shared, &shared.lock(), &request));
    match result {
        Ok(result) => {
            let success = Success { result, page: None };
            json_response(
                200,
                &rest::success(&success, start, shared.now(), &shared.settings),
            )
        }
        Err(error) => error_response(&error),
    }
}
