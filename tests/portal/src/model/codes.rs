//! The codes of the authorisation server.

use std::collections::HashMap;

use jiff::Timestamp;

/// The code that a redirected browser brings to the application: valid once, for half a minute.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
}

/// The codes that were not exchanged yet.
#[derive(Debug, Default)]
pub(crate) struct Codes(pub(crate) HashMap<String, Code>);
