//! The parameters of templates that come as files.

use crate::methods::workflow::workflows::triple;
use crate::rules::base64;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::RestError;

/// A refusal of a parameter.
pub(crate) fn invalid(text: &str) -> RestError {
    RestError::new(400, "ERROR_TEMPLATE_VALIDATION_FAILURE", text)
}

/// `DOCUMENT_TYPE`.
pub(crate) fn document_type(params: &Array) -> Result<[String; 3], RestError> {
    triple(params.get("DOCUMENT_TYPE")).ok_or_else(|| invalid("Incorrect field DOCUMENT_TYPE!"))
}

/// `NAME`.
pub(crate) fn name(value: Option<&Value>) -> Result<String, RestError> {
    value
        .filter(|name| name.is_truthy())
        .map(Value::to_text)
        .ok_or_else(|| invalid("Empty template name!"))
}

/// `AUTO_EXECUTE`: a digit from 0 to 3, as text; a number is refused.
pub(crate) fn auto_execute(value: &Value) -> Result<i64, RestError> {
    value
        .as_text()
        .filter(|text| matches!(*text, "0" | "1" | "2" | "3"))
        .map(|_| value.to_int())
        .ok_or_else(|| invalid("Incorrect field AUTO_EXECUTE!"))
}

/// `TEMPLATE_DATA`: the name of a file and its content in base64. This portal does not read the
/// content.
pub(crate) fn template_data(value: Option<&Value>) -> Result<(), RestError> {
    let parts: Vec<&str> = value
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::values)
        .filter_map(Value::as_text)
        .collect();
    match parts.as_slice() {
        [name, content] if !name.is_empty() && is_file(content) => Ok(()),
        _ => Err(invalid("Incorrect field TEMPLATE_DATA!")),
    }
}

fn is_file(base64: &str) -> bool {
    base64::decode(base64).is_some_and(|content| !content.is_empty())
}
