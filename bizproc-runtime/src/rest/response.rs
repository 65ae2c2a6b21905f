//! The envelope of every REST response.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::portal::printable;

/// A method's response.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Response<T> {
    /// The method's own result.
    pub result: T,
    /// Where the next page of a list begins.
    pub next: Option<u64>,
    /// How many items a list has.
    pub total: Option<u64>,
    /// The cost of the call.
    pub time: Timing,
}

/// The cost of a call. Every part may be missing, and some portals send whole seconds only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Timing {
    /// When, in epoch seconds by the portal's clock, the response was ready.
    pub finish: Option<f64>,
    /// Seconds from the request's arrival to the response.
    pub duration: Option<f64>,
    /// Seconds that the method itself took.
    pub processing: Option<f64>,
    /// Seconds that this method used of the application's operating limit.
    pub operating: Option<f64>,
    /// When, in epoch seconds, part of the operating limit becomes free.
    pub operating_reset_at: Option<f64>,
}

/// Reads a response. An error comes before a result, whatever the status: the portal passes some
/// errors through with status 200.
pub(super) fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<Response<T>> {
    let invalid =
        |message: String| Error::new(ErrorKind::InvalidResponse, message).with_status(status);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(invalid(format!(
            "the portal answered {status} with an empty body"
        )));
    }
    let Ok(Value::Object(envelope)) = serde_json::from_slice::<Value>(body) else {
        let start = String::from_utf8_lossy(body.get(..300).unwrap_or(body));
        let text = start.trim();
        let what = if text.starts_with('<') {
            "a page"
        } else {
            "no JSON map"
        };
        return Err(invalid(format!(
            "the portal answered {status} with {what}: `{}`",
            printable(text)
        )));
    };
    if let Some(error) = refusal(&envelope, status) {
        return Err(error);
    }
    let Some(result) = envelope.get("result") else {
        let message = format!("the portal answered {status} with neither `result` nor `error`");
        return Err(invalid(message));
    };
    let result = T::deserialize(result)
        .map_err(|error| invalid(format!("the result has another type: {error}")))?;
    let number_at = |key: &str| envelope.get(key).and_then(number);
    let time = envelope
        .get("time")
        .and_then(|time| Timing::deserialize(time).ok());
    Ok(Response {
        result,
        next: number_at("next"),
        total: number_at("total"),
        time: time.unwrap_or_default(),
    })
}

/// Portals write whole numbers as numbers or as texts.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The error of an envelope, or of one command of a batch.
pub(super) fn refusal(envelope: &Map<String, Value>, status: u16) -> Option<Error> {
    let (code, description) = error_code(envelope)?;
    Some(Error::portal(code, &description, status))
}

/// The code and the description of an envelope's error.
pub(super) fn error_code(envelope: &Map<String, Value>) -> Option<(String, String)> {
    let error = envelope.get("error")?;
    let (code, description) = match error {
        Value::Object(error) => (error.get("code"), error.get("message")),
        error => (Some(error), envelope.get("error_description")),
    };
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let code = text(code);
    let is_beside_result = code.is_empty() && envelope.contains_key("result");
    (!is_beside_result).then(|| (code, printable(&text(description)).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        read::<Value>(status, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn results_of_any_type_are_read() {
        let body = r#"{"result":["a"],"next":50,"total":"73","time":{"start":1738148752,"operating":0.5,"operating_reset_at":1738149352}}"#;
        let response = read::<Vec<String>>(200, body.as_bytes()).unwrap();
        assert_eq!(response.result, ["a"]);
        assert_eq!((response.next, response.total), (Some(50), Some(73)));
        assert_eq!(response.time.operating, Some(0.5));
        assert!(read::<bool>(200, br#"{"result":true}"#).unwrap().result);
        assert!(
            read::<Option<u8>>(200, br#"{"result":null}"#)
                .unwrap()
                .result
                .is_none()
        );
    }

    #[test]
    fn errors_have_their_code_at_any_status() {
        let text = r#"{"error":"ACCESS_DENIED","error_description":"Access denied!"}"#;
        for status in [200, 400, 403] {
            assert!(error(status, text).has_code("access_denied"));
        }
        assert_eq!(
            error(400, r#"{"error":404,"error_description":"x"}"#).code(),
            Some("404")
        );
        assert_eq!(
            error(400, r#"{"error":"","error_description":"engine"}"#).code(),
            Some("")
        );
        let newer = r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION","message":"no"}}"#;
        assert_eq!(error(400, newer).code(), Some("BITRIX_REST_V3_EXCEPTION"));
    }

    #[test]
    fn what_is_invalid_says_what_it_is() {
        for (status, body, expected) in [
            (200, "", "the portal answered 200 with an empty body"),
            (
                502,
                "<html>Bad gateway</html>",
                "the portal answered 502 with a page: `<html>",
            ),
            (200, "ok", "the portal answered 200 with no JSON map: `ok`"),
            (200, "[]", "the portal answered 200 with no JSON map: `[]`"),
            (
                200,
                "{}",
                "the portal answered 200 with neither `result` nor `error`",
            ),
        ] {
            let error = error(status, body);
            assert!(error.to_string().starts_with(expected), "{error}");
            assert_eq!(
                (error.kind(), error.status()),
                (ErrorKind::InvalidResponse, Some(status))
            );
        }
        let error = read::<bool>(200, br#"{"result":"yes"}"#).unwrap_err();
        assert!(
            error.to_string().contains("the result has another type"),
            "{error}"
        );
    }
}
