//! The frame around every page, and pages as responses.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::face::control::refusal::Refusal;
use crate::model::shared::Shared;

/// The frame around every page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    /// Host and port.
    pub(crate) domain: String,
    /// The portal's clock in milliseconds of Unix time, and for reading.
    pub(crate) now: i64,
    pub(crate) clock: String,
    /// How many faults are switched on.
    pub(crate) faults: usize,
    /// The page itself, for forms that return to it.
    pub(crate) here: String,
}

impl Frame {
    /// Takes the state's lock.
    pub(crate) fn new(shared: &Shared, title: impl Into<String>, here: impl Into<String>) -> Self {
        let faults = shared.lock().faults.iter().map(|entry| entry.times).sum();
        let now = shared.now();
        Self {
            title: title.into(),
            domain: shared.domain().to_owned(),
            now: now.as_millisecond(),
            clock: shared.iso(now).replacen('T', " ", 1),
            faults,
            here: here.into(),
        }
    }
}

/// Responds with a page.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    match page.render() {
        Ok(text) => (status, kind, text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Sends the browser to a page of this portal.
pub(crate) fn see_other(path: &str) -> Response {
    HeaderValue::try_from(path).map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |path| (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
    )
}

#[derive(Debug, Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    frame: Frame,
    text: &'a str,
    back: &'a str,
}

/// Shows a person why something was not done.
pub(crate) fn refused(shared: &Shared, refusal: &Refusal, back: &str) -> Response {
    let page = Refused {
        frame: Frame::new(shared, "That did not work", back),
        text: &refusal.text,
        back,
    };
    html(refusal.status, &page)
}

/// Encodes a segment of a path.
pub(crate) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
