//! A call of a robot: its input, the step that called, and the reply.

mod context;
mod reply;
mod ticket;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

pub(crate) use context::CallContext;
#[cfg(feature = "server")]
pub(crate) use context::ReplySink;
pub use reply::{Replied, Reply};
pub use ticket::{Ticket, TicketReply};

pub(crate) use crate::envelope::form;
pub use crate::envelope::{Document, DocumentId, Envelope};
use crate::error::Result;
use crate::form::Limits;
use crate::portal::Portal;
use crate::property::InputProperties;
use crate::rest::{Client, EventToken};
use crate::robot::Robot;
use crate::store::CallHead;

/// The time between two lines of one call in its workflow's log.
const LINE_PAUSE: Duration = Duration::from_secs(1);

/// One call of the robot `R`.
///
/// A robot's code receives it and must return the [`Replied`] that [`Call::reply`] gives: a missing
/// reply and a second one do not compile.
///
/// ```
/// use bizproc_runtime::{Call, Replied, Result, ReturnValues, Robot};
///
/// /// Sum
/// #[derive(Robot)]
/// #[robot(code = "acme_sum", returns = Sum)]
/// struct Add {
///     terms: Vec<f64>,
/// }
///
/// #[derive(ReturnValues)]
/// struct Sum {
///     sum: f64,
/// }
///
/// async fn add(call: Call<Add>) -> Result<Replied> {
///     let sum = call.input.terms.iter().sum();
///     call.reply(Sum { sum }).log("added").await
/// }
/// ```
pub struct Call<R> {
    /// What the template's author filled in.
    pub input: R,
    pub(crate) context: CallContext,
}

impl<R: Robot> Call<R> {
    /// Reads a request's body and verifies that it comes from `portal`. The reply is sent
    /// immediately, without a store: a reply lost on its way stays lost. [`App`](crate::App) stores
    /// and retries.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`](crate::ErrorKind::BadRequest) when the body is not a call,
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) when it is not the portal's,
    /// [`ErrorKind::InvalidProperties`](crate::ErrorKind::InvalidProperties) with every property that does not fit `R`.
    pub fn from_request(body: &[u8], portal: &Arc<Portal>) -> Result<Self> {
        let limits = Limits::default();
        let body_form = form(body, &limits)?;
        let envelope = Envelope::from_body(body, &limits)?;
        portal.verify(&envelope.auth)?;
        let head = CallHead::from(envelope);
        let token = head.access_token.as_ref().unwrap_or(&portal.access_token);
        let client = Client::with_http(
            crate::rest::http()?,
            portal.client_endpoint.clone(),
            token.clone(),
        );
        let input = R::from_properties(&InputProperties::new(&body_form, &portal.culture))?;
        Ok(Self {
            input,
            context: CallContext {
                head: Arc::new(head),
                portal: Arc::clone(portal),
                client,
                replies: None,
                next_line: Arc::default(),
            },
        })
    }

    /// Completes the step with these values. Add [`Reply::log`] for a line in the workflow's log,
    /// then await it.
    pub fn reply(self, values: R::Returns) -> Reply<R> {
        Reply::new(self, values)
    }

    /// Defers the reply: the robot's code ends, the workflow continues to wait, and the ticket is the
    /// right to reply later. Return the [`Replied`] from the robot's code after the ticket is stored;
    /// until then a crash makes the code run again, with a ticket for the same call.
    ///
    /// When the step [stops waiting](Call::deadline) before the reply, the call ends without a reply.
    ///
    /// A call [by hand](Call::from_request) has no store to reply through; pass its ticket's event
    /// token to [`Client::event_send`].
    pub fn defer(self) -> (Ticket<R::Returns>, Replied) {
        let event_token = self.event_token().clone();
        let member_id = self.context.head.member_id.clone();
        let ticket = Ticket::new(event_token.clone(), member_id);
        (ticket, Replied::deferred(event_token))
    }
}

impl<R> Call<R> {
    /// Writes a line into the workflow's log while the step continues to wait. People see it when
    /// the template has logging switched on.
    ///
    /// Each line is a request to the portal, which accepts two a second: a line waits until a
    /// second has passed since the line before.
    ///
    /// # Errors
    ///
    /// As [`Client::activity_log`]. The call can still be replied to.
    pub async fn log(&self, message: impl AsRef<str>) -> Result<()> {
        let mut next_line = self.context.next_line.lock().await;
        if let Some(next_line) = *next_line {
            tokio::time::sleep_until(next_line).await;
        }
        *next_line = Some(Instant::now() + LINE_PAUSE);
        drop(next_line);
        self.context
            .client
            .activity_log(self.event_token(), message.as_ref())
            .await
    }

    /// The document that the workflow runs on.
    ///
    /// Calls of 2015 did not name it.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.context.head.document.as_ref()
    }

    /// The running workflow.
    #[must_use]
    pub fn workflow_id(&self) -> &str {
        &self.context.head.workflow_id
    }

    /// The key of this call: the same for a repeated delivery, another for each pass of a loop.
    #[must_use]
    pub fn event_token(&self) -> &EventToken {
        &self.context.head.event_token
    }

    /// Whether the step waits for the reply. A template's author can switch that off.
    #[must_use]
    pub fn expects_reply(&self) -> bool {
        self.context.head.expects_reply
    }

    /// When the step stops waiting; `None` when it waits without a limit.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        self.context.head.deadline
    }

    /// How long the step continues to wait, zero when it is too late; `None` when it waits without a
    /// limit.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let left = |deadline: SystemTime| deadline.duration_since(SystemTime::now());
        self.deadline()
            .map(|deadline| left(deadline).unwrap_or_default())
    }

    /// The portal that called.
    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.context.portal
    }

    /// The portal's REST methods, with the token of this call.
    #[must_use]
    pub fn rest(&self) -> &Client {
        &self.context.client
    }
}

impl<R: fmt::Debug> fmt::Debug for Call<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("input", &self.input)
            .field("workflow_id", &self.context.head.workflow_id)
            .field("document", &self.context.head.document)
            .field("portal", &self.context.portal.member_id)
            .finish_non_exhaustive()
    }
}
