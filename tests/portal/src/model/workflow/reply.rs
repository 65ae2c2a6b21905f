//! A reply on its way to its workflow.

use crate::model::history::Body;
use crate::rules::php::Value;
use crate::rules::token::EventToken;

/// A reply on its way to its workflow.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) token: EventToken,
    pub(crate) values: Option<Value>,
    pub(crate) log: String,
    pub(crate) body: Body,
}
