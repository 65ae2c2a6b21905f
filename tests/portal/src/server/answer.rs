//! Answers as they go back: JSON, a page, a cut connection.

use axum::{
    body::Body as HttpBody,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value as Json;

use crate::{
    history::Answer,
    rest::{self, RestError},
};

pub(super) const JSON: &str = "application/json; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// Marks an answer whose connection is to be closed instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut;

pub(super) async fn not_found() -> Response {
    let page = Answer {
        status: 404,
        body: "<html><body><h1>404 Not Found</h1></body></html>\n".into(),
    };
    response(&page, HTML)
}

pub(super) fn too_large() -> Response {
    error_response(&RestError::new(
        413,
        "INTERNAL_SERVER_ERROR",
        "Request body too large",
    ))
}

pub(super) fn error_response(error: &RestError) -> Response {
    json_response(error.status, &rest::failure(error))
}

pub(super) fn json_response(status: u16, json: &Json) -> Response {
    response(
        &Answer {
            status,
            body: json.to_string().into(),
        },
        JSON,
    )
}

pub(super) fn response(answer: &Answer, kind: &'static str) -> Response {
    let mut response = HttpBody::from(answer.body.as_bytes().to_vec()).into_response();
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

pub(super) fn cut() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut);
    response
}
