//! The frame of every page, and responses that are not pages of their own.

use std::sync::Arc;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page::Page;
use crate::error::Error;

/// The frame of every page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    /// The path of the public address.
    pub(super) base: String,
    /// Where the application is reached.
    pub(super) host: String,
    /// The token in the buttons' forms; without it there are no buttons.
    pub(super) form_token: Option<String>,
}

impl Frame {
    pub(super) fn new(page: &Page, title: impl Into<String>) -> Self {
        let host = page.public_url().host_str().unwrap_or_default();
        let keys = page.keys.as_ref();
        Self {
            title: title.into(),
            base: page.base().to_owned(),
            host: host.to_owned(),
            form_token: keys.map(|keys| keys.form_token.clone()),
        }
    }
}

/// A page as a response.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    match page.render() {
        Ok(text) => (status, kind, text).into_response(),
        Err(error) => {
            tracing::error!("the operator's page cannot be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Sends the browser to a page, so that reloading repeats nothing.
pub(super) fn see_other(path: &str) -> Response {
    HeaderValue::try_from(path).map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |path| (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
    )
}

#[derive(Debug, Template)]
#[template(path = "operator/refused.html")]
struct Refused<'a> {
    frame: Frame,
    text: &'a str,
}

/// Shows why something was not done.
pub(super) fn refused(page: &Page, status: StatusCode, text: &str) -> Response {
    let frame = Frame::new(page, "That did not work");
    html(status, &Refused { frame, text })
}

/// The store failed.
pub(super) fn failed(page: &Page, error: &Error) -> Response {
    tracing::error!("the operator's page cannot be shown: {error}");
    let text = "The store of calls failed; the program's log says why.";
    refused(page, StatusCode::SERVICE_UNAVAILABLE, text)
}

pub(super) async fn style(Extract(_page): Extract<Arc<Page>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    let style = include_str!("../../../templates/operator/calls.css");
    (kind, style).into_response()
}
