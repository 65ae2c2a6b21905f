//! Reading a REST request.

use axum::http::{HeaderMap, header};

use crate::rules::php;
use crate::rules::php::{Array, Value};
use crate::wire::rest::format::Format;

/// A REST request, read but not yet checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// The method as it was written, without `.json` or `.xml`.
    pub(crate) method: String,
    /// The format of the response.
    pub(crate) format: Format,
    /// Whether everything in it is valid text; the response cannot repeat what is not.
    pub(crate) is_text: bool,
    /// The user and the code of a webhook address.
    pub(crate) webhook: Option<(String, String)>,
    /// The token of an `Authorization: Bearer` header.
    pub(crate) bearer: Option<String>,
    /// The query, overridden by the body.
    pub(crate) params: Array,
}

/// Removes the paging parameters, which the method never sees, and returns where a list begins (−1:
/// it is not counted).
pub(crate) fn take_paging(params: &mut Array) -> i64 {
    params.remove("state");
    params.remove("start").map_or(0, |value| value.to_int())
}

impl Request {
    /// Whether a path below `/rest/` belongs to the newer protocol, which has no method of
    /// workflows.
    pub(crate) fn is_of_rest_3(path: &str) -> bool {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        parts.next() == Some("api")
    }

    /// Reads everything below `/rest/`; `None` if the path has no form the portal knows.
    pub(crate) async fn read(
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Self> {
        // Clients that concatenate an endpoint and a method double the slash.
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (method, webhook) = match *segments.as_slice() {
            [method] => (method, None),
            [user, code, method] => (method, Some((user.to_owned(), code.to_owned()))),
            _ => return None,
        };
        let (params, is_text) = from_query_and_body(query, headers, body).await;
        let (method, format) = Format::split(method);
        Some(Self {
            method: method.to_owned(),
            format,
            is_text,
            webhook,
            bearer: bearer(headers),
            params,
        })
    }
}

/// Reads the parameters of a request, and whether its encoded parts are valid text; a malformed
/// JSON body is silently ignored, as on the server.
async fn from_query_and_body(
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> (Array, bool) {
    let encoded = query.unwrap_or_default().as_bytes();
    let mut is_text = php::is_text(encoded);
    let query = php::parse_str(encoded);
    let content_type = header_text(headers);
    // The letter case matters in the boundary of a multipart body, but not in a type.
    let kind = content_type.to_ascii_lowercase();
    let body = if let Ok(boundary) = multer::parse_boundary(content_type) {
        multipart(boundary, body).await
    } else if kind.contains("json") {
        serde_json::from_slice::<serde_json::Value>(body)
            .map(Value::from)
            .unwrap_or_default()
    } else if kind.is_empty() || kind.contains("form-urlencoded") {
        is_text &= php::is_text(body);
        php::parse_str(body)
    } else {
        Value::Null
    };
    let mut params = Array::new();
    for source in [query, body] {
        if let Value::Array(array) = source {
            for (key, value) in array {
                params.insert(key, value);
            }
        }
    }
    (params, is_text)
}

/// The fields of a `multipart/form-data` body, as far as it can be read; files are not parameters.
async fn multipart(boundary: String, body: &[u8]) -> Value {
    let mut parts = multer::Multipart::with_reader(body, boundary);
    let mut variables = Vec::new();
    while let Ok(Some(part)) = parts.next_field().await {
        let name = part.name().map(str::to_owned);
        let is_file = part.file_name().is_some();
        let Ok(value) = part.bytes().await else { break };
        if let (Some(name), false) = (name, is_file) {
            variables.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
    }
    php::from_variables(
        variables
            .iter()
            .map(|(name, value)| (&name[..], &value[..])),
    )
}

/// The `Content-Type`, or nothing.
fn header_text(headers: &HeaderMap) -> &str {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}
