//! A new call with its secrets encrypted.

use std::time::SystemTime;

use crate::error::Result;
use crate::store::model::NewCall;
use crate::store::rules::Entry;
use crate::store::sql::cipher::{Cipher, Sealed, body_label, head_label};
use crate::store::sql::head;

#[derive(Debug)]
pub(in crate::store) struct SealedCall {
    pub(in crate::store) entry: Entry,
    pub(in crate::store) head: Sealed,
    pub(in crate::store) body: Sealed,
}

impl SealedCall {
    /// The database gives the call its number.
    pub(in crate::store) fn new(cipher: &Cipher, call: NewCall, now: SystemTime) -> Result<Self> {
        let token = &call.head.event_token;
        let head = cipher.seal(&head_label(token), head::to_json(&call.head)?)?;
        let body = cipher.seal(&body_label(token), call.body)?;
        Ok(Self {
            entry: Entry::new(0, call.head, now),
            head,
            body,
        })
    }
}
