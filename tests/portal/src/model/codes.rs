//! The codes of the authorisation server.

use std::collections::HashMap;

use jiff::Timestamp;

/// What a redirected browser brings to the application: good for half a minute, once.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
}

/// The codes that nobody has exchanged yet.
#[derive(Debug, Default)]
pub(crate) struct Codes(pub(crate) HashMap<String, Code>);
