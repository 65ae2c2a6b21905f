//! The issued tokens and webhooks.

use std::collections::HashMap;

use jiff::Timestamp;

/// The contents of an access token.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
    /// How many events led to it: 1 if it came with an event, more if a call with such a token
    /// raised that event.
    pub(crate) chain: u8,
}

/// The contents of a refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshGrant {
    pub(crate) client_id: String,
    pub(crate) user_id: u64,
    pub(crate) expires: Timestamp,
}

/// The issued tokens and webhooks.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) tokens: HashMap<String, Grant>,
    pub(crate) refresh_tokens: HashMap<String, RefreshGrant>,
    pub(crate) webhooks: HashMap<String, u64>,
}

impl Grants {
    /// Lets an access token expire.
    pub(crate) fn expire(&mut self, token: &str, now: Timestamp) {
        if let Some(grant) = self.tokens.get_mut(token) {
            grant.expires = now;
        }
    }
}
