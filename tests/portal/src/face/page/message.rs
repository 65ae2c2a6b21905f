//! A message that went over the wire: its bytes, what they mean, how to send it again.

use serde_json::Value as Json;

use crate::rules::php;

/// A request or a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) title: String,
    pub(crate) raw: String,
    /// Decoded as PHP reads a form, or JSON with line breaks.
    pub(crate) decoded: String,
    /// A command that sends it again; a response has none.
    pub(crate) curl: Option<String>,
}

impl Message {
    /// A request to `url` with a body.
    pub(crate) fn request(url: &str, body: &str) -> Self {
        let is_json = body.trim_start().starts_with('{');
        let kind = if is_json {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        Self {
            title: format!("POST {url}"),
            raw: body.to_owned(),
            decoded: decoded(body),
            curl: Some(format!(
                "curl -sS -X POST {} -H {} --data-raw {}",
                quoted(url),
                quoted(&format!("Content-Type: {kind}")),
                quoted(body)
            )),
        }
    }

    /// What came back: JSON, a page or nothing.
    pub(crate) fn response(status: u64, body: &str) -> Self {
        let json = serde_json::from_str::<Json>(body);
        Self {
            title: format!("Response {status}"),
            raw: body.to_owned(),
            decoded: json.map_or_else(|_| String::new(), |json| format!("{json:#}")),
            curl: None,
        }
    }
}

fn decoded(body: &str) -> String {
    match serde_json::from_str::<Json>(body) {
        Ok(json @ Json::Object(_)) => format!("{json:#}"),
        _ => format!("{:#}", php::parse_str(body.as_bytes()).to_json()),
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn a_request_can_be_sent_again_from_a_shell() {
        let message = Message::request("http://127.0.0.1:1/h", "a=it's&b[]=1");
        assert_eq!(
            message.curl.unwrap(),
            r"curl -sS -X POST 'http://127.0.0.1:1/h' -H 'Content-Type: application/x-www-form-urlencoded' --data-raw 'a=it'\''s&b[]=1'"
        );
        assert!(
            message.decoded.contains("\"b\": [\n"),
            "{}",
            message.decoded
        );
        let json = Message::request("http://127.0.0.1:1/h", r#"{"a":1}"#);
        assert_eq!(json.decoded, "{\n  \"a\": 1\n}");
        assert!(json.curl.unwrap().contains("application/json"));
    }
}
