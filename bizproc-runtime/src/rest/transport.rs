//! HTTP as portals and authorisation servers are called with.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The platform cuts a request after 60 seconds; waiting longer gives nothing.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(65);
/// The longest response that is read, in bytes. The platform's pages have fifty items.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;

/// The HTTP client that portals and authorisation servers are called with. Redirects are not
/// followed: a renamed portal answers 302, and a followed POST would become a GET.
pub(crate) fn http() -> Result<reqwest::Client> {
    http_from(reqwest::Client::builder())
}

/// As [`http`], on top of settings of the user's own.
pub(crate) fn http_from(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder
        .user_agent(concat!("bizproc-runtime/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| {
            let message = format!("no HTTP client can be made: {error}");
            Error::new(ErrorKind::Configuration, message).with_source(error)
        })
}

/// Sends a request and reads the whole response.
pub(crate) async fn exchange(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>)> {
    let mut response = request.send().await.map_err(transport_error)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            let message = format!("the response is longer than {MAX_RESPONSE_BYTES} bytes");
            return Err(Error::new(ErrorKind::InvalidResponse, message).with_status(status));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// Without the address, which may have secrets in it.
fn transport_error(with_url: reqwest::Error) -> Error {
    let error = with_url.without_url();
    let (kind, message) = if error.is_builder() {
        (ErrorKind::Configuration, "the request cannot be made")
    } else if error.is_connect() {
        (
            ErrorKind::Connect,
            "the server was not reached; nothing was sent",
        )
    } else if error.is_timeout() {
        (
            ErrorKind::NoResponse,
            "no response came in time; the request may have been executed",
        )
    } else {
        (
            ErrorKind::NoResponse,
            "the connection broke; the request may have been executed",
        )
    };
    let cause = innermost(&error);
    Error::new(kind, format!("{message} ({cause})")).with_source(error)
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
