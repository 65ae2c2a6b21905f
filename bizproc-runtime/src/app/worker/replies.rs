//! Replies on their way from a robot's code into the store.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::app::backoff::store_delay;
use crate::call::ReplySink;
use crate::error::{ErrorKind, Result};
use crate::rest::EventToken;
use crate::store::{Store, StoredReply};

/// Stores the replies of robots' code.
pub(super) struct Replies(pub(super) Arc<dyn Store>);

#[async_trait]
impl ReplySink for Replies {
    /// The store is asked until it answers, for as long as the robot's code may run: its failure is
    /// no fault of the code, which would have to run again.
    async fn save(&self, token: &EventToken, reply: StoredReply) -> Result<bool> {
        let mut may_be_saved = false;
        loop {
            let now = SystemTime::now();
            match self.0.save_reply(token, reply.clone(), now).await {
                // The first reply may be this one, from before the store failed.
                Ok(is_first) => return Ok(is_first || may_be_saved),
                Err(error) if error.kind() == ErrorKind::Store => {
                    store_delay("save a reply", &error).await;
                    may_be_saved = true;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
