//! The reply that comes later.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::rest::EventToken;
use crate::robot::ReturnValues;
use crate::store::{Store, StoredReply};

/// The right to reply to a call later, from anywhere that has the application's store: after a
/// person has decided, in another process, days later.
///
/// [`Call::defer`](super::Call::defer) returns it. Store it where it is not lost, because a workflow
/// waits for it, and where strangers cannot read it: anyone who has it and may call the portal can
/// reply. Serialised, it is a map with `event_token` and `member_id`.
///
/// ```
/// use bizproc_runtime::call::Ticket;
/// use bizproc_runtime::store::Store;
/// use bizproc_runtime::{Call, Replied, Result, ReturnValues, Robot};
///
/// /// Approval
/// #[derive(Robot)]
/// #[robot(code = "acme_approval", returns = Decision)]
/// struct Approval {
///     question: String,
/// }
///
/// #[derive(ReturnValues)]
/// struct Decision {
///     approved: bool,
/// }
///
/// async fn ask(call: Call<Approval>) -> Result<Replied> {
///     let question = call.input.question.clone();
///     let (ticket, deferred) = call.defer();
///     send_letter(&question, &serde_json::to_string(&ticket).unwrap()).await;
///     Ok(deferred)
/// }
///
/// async fn decided(store: &dyn Store, ticket: &str, approved: bool) -> Result<()> {
///     let ticket: Ticket<Decision> = serde_json::from_str(ticket).unwrap();
///     ticket.reply(store, Decision { approved }).log("decided").await?;
///     Ok(())
/// }
/// # async fn send_letter(question: &str, ticket: &str) {}
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Ticket<V> {
    event_token: EventToken,
    member_id: String,
    #[serde(skip)]
    values: PhantomData<fn() -> V>,
}

impl<V> Ticket<V> {
    pub(super) fn new(event_token: EventToken, member_id: String) -> Self {
        Self {
            event_token,
            member_id,
            values: PhantomData,
        }
    }

    /// The call that is to be replied to.
    #[must_use]
    pub fn event_token(&self) -> &EventToken {
        &self.event_token
    }

    /// The portal that called.
    #[must_use]
    pub fn member_id(&self) -> &str {
        &self.member_id
    }
}

impl<V: ReturnValues> Ticket<V> {
    /// Completes the step with these values. Add [`TicketReply::log`] for a line in the workflow's
    /// log, then await it.
    pub fn reply(self, store: &dyn Store, values: V) -> TicketReply<'_, V> {
        TicketReply {
            ticket: self,
            store,
            values,
            log_message: None,
        }
    }
}

impl<V> fmt::Debug for Ticket<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ticket")
            .field("event_token", &self.event_token)
            .field("member_id", &self.member_id)
            .finish()
    }
}

/// A reply prepared from a [`Ticket`]; it is stored when awaited.
///
/// The await ends when the reply is stored; the application then sends it. It returns `false` when
/// the reply came too late: the call already has a reply, or has ended.
///
/// # Errors
///
/// [`ErrorKind::Store`] when the store fails; [`ErrorKind::UnknownCall`] when it has no such call;
/// [`ErrorKind::Configuration`] when the portal uninstalled the application.
#[must_use = "a reply is stored when it is awaited: `ticket.reply(store, values).await`"]
pub struct TicketReply<'a, V> {
    ticket: Ticket<V>,
    store: &'a dyn Store,
    values: V,
    log_message: Option<String>,
}

impl<V> TicketReply<'_, V> {
    /// Adds a line to the workflow's log. Without one the portal writes its own.
    pub fn log(mut self, message: impl Into<String>) -> Self {
        self.log_message = Some(message.into());
        self
    }
}

impl<'a, V: ReturnValues + Send + 'a> IntoFuture for TicketReply<'a, V> {
    type Output = Result<bool>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self {
                ticket,
                store,
                values,
                log_message,
            } = self;
            // The portal's culture decides how values are written.
            let portal = store.portal(&ticket.member_id).await?.ok_or_else(|| {
                let message = format!(
                    "portal `{}` has uninstalled the application: no workflow waits for this reply",
                    ticket.member_id
                );
                Error::new(ErrorKind::Configuration, message)
            })?;
            let reply = StoredReply {
                return_values: values.to_values(&portal.culture),
                log_message,
            };
            let now = SystemTime::now();
            store.save_reply(&ticket.event_token, reply, now).await
        })
    }
}

impl<V> fmt::Debug for TicketReply<'_, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TicketReply")
            .field("ticket", &self.ticket)
            .field("log_message", &self.log_message)
            .finish_non_exhaustive()
    }
}
