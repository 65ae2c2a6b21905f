use axum::http::{HeaderMap, header};

use crate::php::{self, Array, Value};

/// A REST request, read but not yet judged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// The method as it was written, without `.json` or `.xml`.
    pub(crate) method: String,
    /// The user and the code of a webhook address.
    pub(crate) webhook: Option<(String, String)>,
    /// The token of an `Authorization: Bearer` header.
    pub(crate) bearer: Option<String>,
    /// The query, overridden by the body.
    pub(crate) params: Array,
    /// Where a list is to begin; −1 is not to count it.
    pub(crate) start: i64,
}

impl Request {
    /// Reads everything below `/rest/`; `None` if the path has no form the portal knows.
    pub(crate) fn read(
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Self> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (method, webhook) = match *segments.as_slice() {
            [method] => (method, None),
            [user, code, method] => (method, Some((user.to_owned(), code.to_owned()))),
            _ => return None,
        };
        let mut params = from_query_and_body(query, headers, body);
        // Paging is the server's business: the method never sees these.
        let start = params.remove("start").map_or(0, |value| value.to_int());
        params.remove("state");
        let without_format = [".json", ".xml"]
            .iter()
            .find_map(|format| method.strip_suffix(format));
        Some(Self {
            method: without_format.unwrap_or(method).to_owned(),
            webhook,
            bearer: bearer(headers),
            params,
            start,
        })
    }
}

/// The parameters of a request; a malformed JSON body is passed over in silence, as on the server.
fn from_query_and_body(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Array {
    let query = php::parse_str(query.unwrap_or_default().as_bytes());
    let content_type = content_type(headers);
    let body = if content_type.contains("json") {
        serde_json::from_slice::<serde_json::Value>(body)
            .map(Value::from)
            .unwrap_or_default()
    } else if content_type.is_empty() || content_type.contains("form-urlencoded") {
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
    params
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}
