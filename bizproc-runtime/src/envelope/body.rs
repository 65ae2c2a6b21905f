//! The body of a call as a tree.

use crate::error::{Error, ErrorKind, Result};
use crate::form::{Form, Limits};

/// Reads a body. Portals send forms; a body that begins with `{` is read as JSON.
pub(crate) fn form<'a>(body: &'a [u8], limits: &Limits) -> Result<Form<'a>> {
    tracing::trace!("a body is parsed");
    if is_json(body) {
        return json(body, limits);
    }
    Ok(Form::decode(body, limits))
}

/// Reads a body except its properties: they come first, and too many of them would hide who calls.
pub(super) fn without_properties<'a>(body: &'a [u8], limits: &Limits) -> Result<Form<'a>> {
    tracing::trace!("a body is parsed");
    if is_json(body) {
        return json(body, limits);
    }
    Ok(Form::decode_if(body, limits, |pair| !is_property(pair)))
}

fn json(body: &[u8], limits: &Limits) -> Result<Form<'static>> {
    Form::from_json(body, limits)
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()).with_source(error))
}

fn is_json(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

fn is_property(pair: &[u8]) -> bool {
    let rest = pair.strip_prefix(b"properties");
    rest.is_some_and(|rest| rest.starts_with(b"[") || rest.starts_with(b"%5"))
}
