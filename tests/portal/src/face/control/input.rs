//! The input of a request to the portal itself.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};

use crate::face::control::refusal::Refusal;
use crate::rules::php;
use crate::rules::php::{Array, Value};

/// The input of a request to the portal itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Input {
    fields: Array,
    /// A form comes from a person, who is sent back to a page.
    is_form: bool,
}

impl Input {
    /// Reads JSON, or a form if the content type does not say JSON.
    pub(crate) fn read(content_type: &str, body: &[u8]) -> Result<Self, Refusal> {
        if !content_type.contains("json") {
            return Ok(Self {
                fields: php::parse_str(body).as_array().cloned().unwrap_or_default(),
                is_form: true,
            });
        }
        let json = serde_json::from_slice::<serde_json::Value>(body)
            .map_err(|error| Refusal::bad(format!("the body is not JSON: {error}")))?;
        match Value::from(json) {
            Value::Array(fields) => Ok(Self {
                fields,
                is_form: false,
            }),
            _ => Err(Refusal::bad("the body is not a JSON object")),
        }
    }

    pub(crate) fn fields(&self) -> &Array {
        &self.fields
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.isset(name)
    }

    /// Returns a text that is present and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = self.value(name).map(Value::to_text);
        text.filter(|text| !text.is_empty())
    }

    pub(crate) fn needed(&self, name: &str) -> Result<String, Refusal> {
        self.text(name)
            .ok_or_else(|| Refusal::bad(format!("`{name}` is missing")))
    }

    /// A number, however it is written.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let read = |text: String| {
            let number = text.trim().parse();
            number.map_err(|_| Refusal::bad(format!("`{name}` is not a valid number: {text:?}")))
        };
        self.text(name).map(read).transpose()
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        let off = ["", "0", "false", "N"];
        self.text(name)
            .is_some_and(|text| !off.contains(&text.as_str()))
    }

    /// Returns the page of this portal to go back to.
    pub(crate) fn back(&self) -> Option<String> {
        let back = self.text("back").filter(|_| self.is_form)?;
        // A path, and not `//host` or `/\host`, which browsers read as another site.
        let mut bytes = back.bytes();
        let is_path = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
        (is_path && back.bytes().all(|byte| byte.is_ascii_graphic())).then_some(back)
    }
}

/// Larger bodies are refused.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Reads the body of a request, JSON or a form.
pub(crate) async fn read(request: Request) -> Result<Input, Refusal> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = to_bytes(request.into_body(), MAX_BODY)
        .await
        .map_err(|_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"))?;
    Input::read(&kind, &body)
}

#[cfg(test)]
mod tests {
    use super::Input;

    fn form(body: &str) -> Input {
        Input::read("application/x-www-form-urlencoded", body.as_bytes()).unwrap()
    }

    #[test]
    fn json_and_forms_say_the_same() {
        let json =
            Input::read("application/json; charset=utf-8", br#"{"n": 5, "t": "x"}"#).unwrap();
        for input in [json, form("n=5&t=x")] {
            assert_eq!(input.number::<u64>("n").unwrap(), Some(5));
            assert_eq!(input.text("t").as_deref(), Some("x"));
            assert!(input.number::<u64>("t").is_err());
            assert!(input.needed("missing").is_err());
        }
        assert!(Input::read("application/json", b"[").is_err());
        assert!(Input::read("application/json", b"5").is_err());
    }

    #[test]
    fn one_goes_back_to_this_portal_only() {
        assert_eq!(form("back=/a%3Fb").back().as_deref(), Some("/a?b"));
        for foreign in [
            "//evil.example",
            "/%5Cevil.example",
            "https://evil.example",
            "/a%0D%0Ab",
            "",
        ] {
            assert_eq!(form(&format!("back={foreign}")).back(), None, "{foreign}");
        }
        let json = Input::read("application/json", br#"{"back": "/"}"#).unwrap();
        assert_eq!(json.back(), None);
    }
}
