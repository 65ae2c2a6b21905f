use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::Call;
use super::context::CallContext;
use crate::error::Result;
use crate::rest::EventToken;
use crate::robot::{ReturnValues, Robot};
use crate::store::StoredReply;

/// A reply prepared by [`Call::reply`]; it is stored when awaited.
///
/// Under an [`App`](crate::App) the await ends when the reply is stored; the application then sends
/// it. Without a store the reply is sent, and the await ends with the portal's response.
#[must_use = "a reply is stored when it is awaited: `call.reply(values).await`"]
pub struct Reply<R: Robot> {
    context: CallContext,
    values: R::Returns,
    log_message: Option<String>,
}

impl<R: Robot> Reply<R> {
    pub(super) fn new(call: Call<R>, values: R::Returns) -> Self {
        Self {
            context: call.context,
            values,
            log_message: None,
        }
    }

    /// Adds a line to the workflow's log. Without one the portal writes its own.
    pub fn log(mut self, message: impl Into<String>) -> Self {
        self.log_message = Some(message.into());
        self
    }
}

impl<R: Robot> IntoFuture for Reply<R> {
    type Output = Result<Replied>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Replied>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let return_values = self.values.to_values(&self.context.portal.culture);
        let reply = StoredReply {
            return_values,
            log_message: self.log_message,
        };
        let context = self.context;
        Box::pin(async move {
            context.reply(reply).await?;
            Ok(Replied {
                event_token: context.head.event_token.clone(),
                is_deferred: false,
            })
        })
    }
}

impl<R: Robot> fmt::Debug for Reply<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reply")
            .field("log_message", &self.log_message)
            .finish_non_exhaustive()
    }
}

/// The proof that a call was replied to, or that the reply was deferred; a robot's code returns it.
#[derive(Debug)]
pub struct Replied {
    event_token: EventToken,
    is_deferred: bool,
}

impl Replied {
    pub(super) fn deferred(event_token: EventToken) -> Self {
        Self {
            event_token,
            is_deferred: true,
        }
    }

    /// The call that was replied to.
    #[must_use]
    pub fn event_token(&self) -> &EventToken {
        &self.event_token
    }

    /// Whether the reply comes later, by a ticket.
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        self.is_deferred
    }
}
