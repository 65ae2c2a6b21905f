//! Responses: JSON, a page, a cut connection.

use axum::body::Body as HttpBody;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use crate::model::history::HttpResponse;
use crate::rules::rest_error::RestError;
use crate::wire::rest::envelope;

pub(crate) const JSON: &str = "application/json; charset=utf-8";

pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// Marks a response whose connection is closed after this many bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CutAfter(pub(crate) usize);

pub(crate) async fn not_found() -> Response {
    let page = HttpResponse::new(404, "<html><body><h1>404 Not Found</h1></body></html>\n");
    to_axum(&page, HTML)
}

pub(crate) fn too_large() -> Response {
    let error = RestError::new(413, "INTERNAL_SERVER_ERROR", "Request body too large");
    json_response(error.status, &envelope::failure(&error))
}

pub(crate) fn json_response(status: u16, json: &Json) -> Response {
    to_axum(&HttpResponse::new(status, json.to_string()), JSON)
}

/// Turns a response, whose content is of this kind, into one that axum sends.
pub(crate) fn to_axum(response: &HttpResponse, kind: &'static str) -> Response {
    let mut sent = HttpBody::from(response.body.as_bytes().to_vec()).into_response();
    *sent.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = sent.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    sent
}

/// The beginning of a response.
pub(crate) fn cut_after(bytes: usize, mut whole: Response) -> Response {
    whole.extensions_mut().insert(CutAfter(bytes));
    whole
}

/// A redirection, and how the history shows it.
pub(crate) fn moved(location: &str) -> (Response, Option<HttpResponse>) {
    let response = HttpResponse::new(302, "");
    let mut redirection = to_axum(&response, HTML);
    match HeaderValue::from_str(location) {
        Ok(location) => {
            redirection.headers_mut().insert(header::LOCATION, location);
        }
        // A header cannot hold every address.
        Err(_) => *redirection.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    (redirection, Some(response))
}

/// Responds to the preflight request of a browser on a page of another host: everything is allowed.
pub(crate) fn preflight() -> Response {
    let response = HttpResponse::new(204, "");
    let mut allowed = to_axum(&response, HTML);
    let headers = allowed.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, X-Requested-With",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    allowed
}

/// The newer protocol below `/rest/api/` has an envelope of its own, and no method of workflows has
/// moved there.
pub(crate) fn rest_3_has_no_such_method() -> Response {
    let error = json!({"error": {
        "code": "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION",
        "message": "Method not found",
    }});
    json_response(404, &error)
}
