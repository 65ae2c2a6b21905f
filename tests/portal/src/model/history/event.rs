//! What can happen on a portal.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::history::message::{Body, Delivery, HttpResponse};
use crate::model::history::text::as_text_if_any;

/// Something that happened on a portal.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Event, Outgoing, Portal};
///
/// let portal = Portal::start().await?;
/// // No one listens there.
/// portal.install("http://127.0.0.1:1/event").await?;
/// for record in portal.history() {
///     if let Event::Installed { request, .. } = record.event {
///         assert!(matches!(request.outcome, Outgoing::Failed(_)));
///     }
/// }
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The page of an application was opened: its installation, or what its user sees later.
    Opened {
        /// The application.
        client_id: String,
        /// What the portal posted, and the page.
        request: Delivery,
    },
    /// An application was installed and notified (`ONAPPINSTALL`).
    ///
    /// This event and the next two are recorded once for each notified handler. If there is none,
    /// they are recorded once: the request was not sent, and its outcome says why.
    Installed {
        /// The application.
        client_id: String,
        /// The request it got.
        request: Delivery,
    },
    /// An application was updated (`ONAPPUPDATE`, unless the portal is set to another event).
    Updated {
        /// The application.
        client_id: String,
        /// The request it got.
        request: Delivery,
    },
    /// An application was uninstalled (`ONAPPUNINSTALL`).
    Uninstalled {
        /// The application.
        client_id: String,
        /// The request it got.
        request: Delivery,
    },
    /// A robot or activity was added.
    Registered {
        /// Its code.
        code: String,
        /// What is stored now.
        definition: serde_json::Value,
    },
    /// A robot or activity was changed.
    Changed {
        /// Its code.
        code: String,
        /// What is stored now.
        definition: serde_json::Value,
    },
    /// A robot or activity was deleted by its application.
    Deleted {
        /// Its code.
        code: String,
    },
    /// A workflow was started; its steps follow.
    WorkflowStarted {
        /// The workflow.
        workflow_id: String,
        /// Its template.
        template_id: u64,
        /// The template's name.
        template: String,
        /// Its document, `[module, entity, id]`.
        document_id: [String; 3],
        /// Who started it.
        user_id: u64,
    },
    /// A workflow reached a step of an application.
    Started {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// The robot or activity.
        code: String,
    },
    /// The handler was called; the workflow does not see its response.
    ///
    /// It is recorded when the call is sent; its outcome is filled in when the handler has
    /// responded, which [`Workflow::wait_called`](crate::Workflow::wait_called) waits for.
    Called {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// The request and what came back.
        request: Delivery,
    },
    /// The call was lost, because a test asked for it.
    CallLost {
        /// The workflow.
        workflow_id: String,
    },
    /// The call was not made, because the portal is set not to make it.
    CallWithheld {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// Why.
        reason: String,
    },
    /// A REST method was called; `bizproc.event.send` is [`Event::Replied`].
    Requested {
        /// The method; for an unknown method, or a request above the limit, the path as it was
        /// written.
        method: String,
        /// The workflow named by an event token, if there is a valid one.
        workflow_id: Option<String>,
        /// Its parameters as PHP reads them: those of the address, overridden by those of the body.
        params: serde_json::Value,
        /// The body of the request; in a batch, the command.
        body: Body,
        /// The portal's response; `None` if the connection was cut.
        response: Option<HttpResponse>,
    },
    /// An event was sent to a handler that an application had bound.
    ///
    /// Like a call, it is recorded when it is sent.
    Fired {
        /// The application.
        client_id: String,
        /// The event's name.
        name: String,
        /// The handler, as `event_handler_id` names it.
        handler_id: i64,
        /// The request and what came back.
        request: Delivery,
    },
    /// An event was lost on its way to a handler, because the queue is set to lose some.
    EventLost {
        /// The application.
        client_id: String,
        /// The event's name.
        name: String,
        /// The handler.
        handler_id: i64,
    },
    /// A message was handed to the sender of an application.
    MessageSent {
        /// The application.
        client_id: String,
        /// The sender.
        code: String,
        /// The request and what came back.
        request: Delivery,
    },
    /// An event was put into the queue that an application reads by `event.offline.get`.
    Queued {
        /// The application.
        client_id: String,
        /// The event's name.
        name: String,
        /// Its record, by `MESSAGE_ID`.
        message_id: String,
    },
    /// The authorisation server was asked for tokens, or about one.
    AuthorisationServerAsked {
        /// `/oauth/token/`, or `/rest/app.info`.
        path: String,
        /// The parameters, secrets included.
        params: serde_json::Value,
        /// Its response.
        response: HttpResponse,
    },
    /// The application sent `bizproc.event.send`.
    Replied {
        /// The workflow named by the token, if the token is valid.
        workflow_id: Option<String>,
        /// Its parameters as PHP reads them: those of the address, overridden by those of the body.
        params: serde_json::Value,
        /// The body of the request; in a batch, the command.
        body: Body,
        /// The portal's response, in a batch to this command; `None` if the connection was cut.
        response: Option<HttpResponse>,
    },
    /// Fields of a document were set: by a step, or by a method.
    DocumentChanged {
        /// The document, `[module, entity, id]`.
        document_id: [String; 3],
        /// The fields that were set.
        fields: serde_json::Value,
    },
    /// A document was deleted.
    DocumentDeleted {
        /// The document, `[module, entity, id]`.
        document_id: [String; 3],
    },
    /// A step that belongs to no application and takes no time was executed.
    Executed {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// What kind of step, `SetVariableActivity`.
        activity: String,
    },
    /// A workflow waits: for a reply, for a time, for a task.
    Waiting {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// When it continues by itself.
        #[serde(serialize_with = "as_text_if_any")]
        deadline: Option<Timestamp>,
    },
    /// The deadline had passed, but the workflow was locked.
    Postponed {
        /// The workflow.
        workflow_id: String,
        /// The step that waits.
        activity_name: String,
        /// When it is tried again; `None` if it is not.
        #[serde(serialize_with = "as_text_if_any")]
        until: Option<Timestamp>,
    },
    /// A reply set the outputs of a step.
    Returned {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// All its outputs.
        return_values: serde_json::Value,
    },
    /// A step of an application closed.
    StepClosed {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// How.
        how: Ending,
    },
    /// Users were given a task.
    TaskGiven {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// The task.
        task_id: u64,
        /// The users who are asked to complete it.
        users: Vec<u64>,
    },
    /// A user completed a task.
    TaskCompleted {
        /// The workflow.
        workflow_id: String,
        /// The step.
        activity_name: String,
        /// The task.
        task_id: u64,
        /// Who.
        user_id: u64,
        /// 1 is yes, 2 no, 3 ok, 4 cancelled.
        status: i64,
    },
    /// A line was written to a workflow's log.
    Logged {
        /// The workflow.
        workflow_id: String,
        /// The step that wrote it, or whose application did.
        activity_name: String,
        /// The line.
        text: String,
    },
    /// A workflow ended.
    Finished {
        /// The workflow.
        workflow_id: String,
        /// How.
        ending: Ending,
        /// The outputs of the application's step that was executed last.
        return_values: serde_json::Value,
    },
}

impl Event {
    /// Returns the workflow that the event belongs to, if it belongs to one.
    ///
    /// ```
    /// use bizproc_portal::Event;
    ///
    /// let lost = Event::CallLost { workflow_id: "5f1e".to_owned() };
    /// assert_eq!(lost.workflow_id(), Some("5f1e"));
    /// let deleted = Event::Deleted { code: "md5".to_owned() };
    /// assert_eq!(deleted.workflow_id(), None);
    /// ```
    #[must_use]
    pub fn workflow_id(&self) -> Option<&str> {
        match self {
            Self::WorkflowStarted { workflow_id, .. }
            | Self::Started { workflow_id, .. }
            | Self::Called { workflow_id, .. }
            | Self::CallLost { workflow_id, .. }
            | Self::CallWithheld { workflow_id, .. }
            | Self::Executed { workflow_id, .. }
            | Self::Waiting { workflow_id, .. }
            | Self::Postponed { workflow_id, .. }
            | Self::Returned { workflow_id, .. }
            | Self::StepClosed { workflow_id, .. }
            | Self::TaskGiven { workflow_id, .. }
            | Self::TaskCompleted { workflow_id, .. }
            | Self::Logged { workflow_id, .. }
            | Self::Finished { workflow_id, .. } => Some(workflow_id),
            Self::Requested { workflow_id, .. } | Self::Replied { workflow_id, .. } => {
                workflow_id.as_deref()
            }
            Self::Opened { .. }
            | Self::Installed { .. }
            | Self::Updated { .. }
            | Self::Uninstalled { .. }
            | Self::Registered { .. }
            | Self::Changed { .. }
            | Self::Deleted { .. }
            | Self::Fired { .. }
            | Self::EventLost { .. }
            | Self::MessageSent { .. }
            | Self::Queued { .. }
            | Self::AuthorisationServerAsked { .. }
            | Self::DocumentChanged { .. }
            | Self::DocumentDeleted { .. } => None,
        }
    }
}

/// How a workflow ended, or its step closed.
///
/// A workflow that reaches its end has the ending of the last step of an application.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{Document, Ending, Portal, Step, Template};
///
/// let portal = Portal::start().await?;
/// let template = portal.template(Template::new("Short").step(Step::Fail("why".to_owned())))?;
/// let workflow = portal.start_workflow(template, Document::deal(5)).await?;
/// let done = workflow.wait_finished(Duration::ZERO).await?;
/// assert_eq!(done.ending, Ending::Failed("why".to_owned()));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The application replied.
    Replied,
    /// The step does not wait for a reply.
    NotWaiting,
    /// The time-out passed without a reply; the output `IsTimeout` is 1.
    TimedOut,
    /// It reached its end without a step of an application.
    Completed,
    /// It was terminated: by an administrator, a step, or because its document was deleted.
    Terminated,
    /// It was killed.
    Killed,
    /// A step failed, with this message.
    Failed(String),
}
