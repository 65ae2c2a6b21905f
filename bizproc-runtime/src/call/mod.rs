//! A call of a robot: its input, what is known of the run, and the reply.

mod reply;
mod ticket;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::time::Instant;

pub use reply::{Replied, Reply};
pub use ticket::{Ticket, TicketReply};

pub(crate) use crate::envelope::form;
pub use crate::envelope::{Document, DocumentId, Envelope};
use crate::error::{Error, Result};
use crate::form::Limits;
use crate::portal::Portal;
use crate::property::InputProperties;
use crate::rest::{Client, EventToken};
use crate::robot::Robot;
use crate::store::{CallHead, StoredReply};

/// The time between two lines of one call in its workflow's log.
const LINE_PAUSE: Duration = Duration::from_secs(1);

/// One call of the robot `R`.
///
/// A robot's code gets it and must end with the [`Replied`] that [`Call::reply`] gives: a missing
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
    pub(crate) run: Run,
}

/// Where answers are kept until they are sent.
#[async_trait]
pub(crate) trait Answers: Send + Sync {
    /// Keeps the answer of a call, unless it has one. Returns whether it was this one.
    async fn keep(&self, token: &EventToken, answer: StoredReply) -> Result<bool>;
}

/// What is known of the step that called.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) head: Arc<CallHead>,
    pub(crate) portal: Arc<Portal>,
    pub(crate) client: Client,
    /// Without it answers are sent at once.
    pub(crate) answers: Option<Arc<dyn Answers>>,
    /// When the next line may go into the workflow's log.
    pub(crate) next_line: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl<R: Robot> Call<R> {
    /// Reads a request's body and proves that it comes from `portal`. The reply is sent at once,
    /// without a store: what is lost on the way stays lost. [`App`](crate::App) does better.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`](crate::ErrorKind::BadRequest) when the body is no call,
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) when it is not the portal's,
    /// [`ErrorKind::InvalidProperties`](crate::ErrorKind::InvalidProperties) with every property that does not fit `R`.
    pub fn from_request(body: &[u8], portal: &Arc<Portal>) -> Result<Self> {
        let limits = Limits::default();
        let form = form(body, &limits)?;
        let envelope = Envelope::from_body(body, &limits)?;
        portal.verify(&envelope.auth)?;
        let head = CallHead::from(envelope);
        let token = head.access_token.as_ref().unwrap_or(&portal.access_token);
        let client = Client::with_http(
            crate::rest::http()?,
            portal.client_endpoint.clone(),
            token.clone(),
        );
        let input = R::from_properties(&InputProperties::new(&form, &portal.culture))?;
        Ok(Self {
            input,
            run: Run {
                head: Arc::new(head),
                portal: Arc::clone(portal),
                client,
                answers: None,
                next_line: Arc::default(),
            },
        })
    }

    /// Completes the step with these values. Add [`Reply::log`] for a line in the workflow's log,
    /// then await it.
    pub fn reply(self, values: R::Returns) -> Reply<R> {
        Reply::new(self, values)
    }

    /// Puts the reply off: the robot's code ends, the workflow goes on waiting, and the ticket is
    /// the right to reply later. Return the [`Replied`] from the robot's code when the ticket is
    /// kept; until then a crash has the code run again, with a ticket for the same call.
    ///
    /// When the step [stops waiting](Call::deadline) before the reply, the call ends unanswered.
    ///
    /// A call [by hand](Call::from_request) has no store to reply through; there the ticket's event
    /// token is what [`Client::event_send`] takes.
    pub fn defer(self) -> (Ticket<R::Returns>, Replied) {
        let event_token = self.event_token().clone();
        let member_id = self.run.head.member_id.clone();
        let ticket = Ticket::new(event_token.clone(), member_id);
        (ticket, Replied::deferred(event_token))
    }
}

impl<R> Call<R> {
    /// Writes a line into the workflow's log while the step goes on waiting. People see it when
    /// the template has logging switched on.
    ///
    /// Each line is a request to the portal, of which it takes two a second: a line waits until a
    /// second has passed since the one before.
    ///
    /// # Errors
    ///
    /// As [`Client::activity_log`]. The call can still be replied to.
    pub async fn log(&self, message: impl AsRef<str>) -> Result<()> {
        let mut next_line = self.run.next_line.lock().await;
        if let Some(next_line) = *next_line {
            tokio::time::sleep_until(next_line).await;
        }
        *next_line = Some(Instant::now() + LINE_PAUSE);
        drop(next_line);
        self.run
            .client
            .activity_log(self.event_token(), message.as_ref())
            .await
    }

    /// The document that the workflow runs on.
    ///
    /// Calls of 2015 did not name it.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.run.head.document.as_ref()
    }

    /// The running workflow.
    #[must_use]
    pub fn workflow_id(&self) -> &str {
        &self.run.head.workflow_id
    }

    /// The key of this call: the same for a repeated delivery, another for each pass of a loop.
    #[must_use]
    pub fn event_token(&self) -> &EventToken {
        &self.run.head.event_token
    }

    /// Whether the step waits for the reply. A template's author can switch that off.
    #[must_use]
    pub fn expects_reply(&self) -> bool {
        self.run.head.expects_reply
    }

    /// When the step stops waiting; `None` when it waits for ever.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        self.run.head.deadline
    }

    /// How long the step goes on waiting, zero when it is too late; `None` when it waits for ever.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let left = |deadline: SystemTime| deadline.duration_since(SystemTime::now());
        self.deadline()
            .map(|deadline| left(deadline).unwrap_or_default())
    }

    /// The portal that called.
    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.run.portal
    }

    /// The portal's REST methods, with the token of this call.
    #[must_use]
    pub fn rest(&self) -> &Client {
        &self.run.client
    }
}

impl<R: fmt::Debug> fmt::Debug for Call<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("input", &self.input)
            .field("workflow_id", &self.run.head.workflow_id)
            .field("document", &self.run.head.document)
            .field("portal", &self.run.portal.member_id)
            .finish_non_exhaustive()
    }
}

impl Run {
    /// Keeps the answer for the sender, or sends it when there is no store.
    pub(crate) async fn answer(&self, answer: StoredReply) -> Result<()> {
        let token = &self.head.event_token;
        if let Some(answers) = &self.answers {
            let is_first = answers.keep(token, answer).await?;
            return is_first.then_some(()).ok_or_else(already_answered);
        }
        if !self.head.expects_reply {
            return Ok(());
        }
        self.client
            .event_send(token, &answer.return_values, answer.log_message.as_deref())
            .await
    }
}

fn already_answered() -> Error {
    let message = "the call is already answered; the first answer stands";
    Error::new(crate::ErrorKind::Handler, message)
}
