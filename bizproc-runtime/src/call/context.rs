//! The step that called, and where its reply goes.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::{Client, EventToken};
use crate::store::{CallHead, StoredReply};

/// Stores replies until they are sent.
#[async_trait]
pub(crate) trait ReplySink: Send + Sync {
    /// Stores the reply of a call, unless it has one. Returns whether this is the reply it has.
    async fn save(&self, token: &EventToken, reply: StoredReply) -> Result<bool>;
}

/// The step that called, and the means to reply to it.
#[derive(Clone)]
pub(crate) struct CallContext {
    pub(crate) head: Arc<CallHead>,
    pub(crate) portal: Arc<Portal>,
    pub(crate) client: Client,
    /// Without it replies are sent immediately.
    pub(crate) replies: Option<Arc<dyn ReplySink>>,
    /// When the next line may go into the workflow's log.
    pub(crate) next_line: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl CallContext {
    /// Stores the reply, or sends it when there is no store.
    pub(crate) async fn reply(&self, reply: StoredReply) -> Result<()> {
        let token = &self.head.event_token;
        if let Some(replies) = &self.replies {
            let is_first = replies.save(token, reply).await?;
            return is_first.then_some(()).ok_or_else(already_replied);
        }
        if !self.head.expects_reply {
            return Ok(());
        }
        self.client
            .event_send(token, &reply.return_values, reply.log_message.as_deref())
            .await
    }
}

fn already_replied() -> Error {
    let message = "the call already has a reply; the first reply stands";
    Error::new(ErrorKind::Handler, message)
}
