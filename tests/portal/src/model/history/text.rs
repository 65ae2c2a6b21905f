//! How moments are written in JSON.

use jiff::Timestamp;
use serde::Serializer;

#[allow(clippy::ref_option, reason = "serde gives a reference to the field")]
pub(crate) fn as_text_if_any<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => as_text(at, serializer),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
