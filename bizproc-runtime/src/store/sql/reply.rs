//! How a column holds a reply.

use crate::error::{Error, ErrorKind, Result};
use crate::store::model::{StoredReply, Transition};
use crate::store::sql::value::{SqlResult, damaged};

pub(in crate::store) fn to_text(reply: &StoredReply) -> Result<String> {
    serde_json::to_string(reply).map_err(|error| {
        Error::new(ErrorKind::Store, "the reply cannot be written as JSON").with_source(error)
    })
}

pub(in crate::store) fn from_text(text: &str) -> SqlResult<StoredReply> {
    serde_json::from_str(text).map_err(damaged)
}

/// The text of the reply that a transition stores, if it does.
pub(in crate::store) fn from_transition(transition: &Transition) -> Result<Option<String>> {
    match transition {
        Transition::Reply(reply) => to_text(reply).map(Some),
        _ => Ok(None),
    }
}
