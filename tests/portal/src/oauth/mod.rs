//! The authorisation server: codes, grants, what a token is worth.

mod authorize;
mod info;
mod token;

use std::collections::HashMap;

use jiff::Timestamp;

pub(crate) use authorize::authorize;
pub(crate) use info::app_info;
pub(crate) use token::exchange;

/// What a redirected browser brings to the application: good for half a minute, once.
#[derive(Debug, Clone)]
struct Code {
    client_id: String,
    user_id: u64,
    expires: Timestamp,
}

/// The codes that nobody has exchanged yet.
#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<String, Code>);
