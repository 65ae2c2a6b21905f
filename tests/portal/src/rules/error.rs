//! What can go wrong while a test drives a portal.

use std::time::Duration;

/// An error that a test meets while it drives a portal.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Error, Portal};
/// use serde_json::json;
///
/// let portal = Portal::start().await?;
/// let error = portal.run("md5", json!({})).await.unwrap_err();
/// assert!(matches!(error, Error::NotRegistered { code, .. } if code == "md5"));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The loopback port cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The HTTP client, or another part that the portal needs, cannot be created.
    #[error("cannot start: {0}")]
    Start(String),
    /// An application cannot be installed at this address.
    #[error("{url:?} is not an address to install an application at: {reason}")]
    InstallUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The portal has no REST method of this name.
    #[error("this portal has no method {method:?}")]
    UnknownMethod {
        /// The name.
        method: String,
    },
    /// A text is not a fault.
    #[error("{text:?} is not a fault: {reason}")]
    FaultText {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such zone.
    #[error("there is no zone {seconds} seconds east of Greenwich; at most 93599 either way")]
    Zone {
        /// The seconds: the server's, or the server's and the users' together.
        seconds: i64,
    },
    /// The application is no longer installed.
    #[error("application {client_id} is not installed; install it again to get a new handle")]
    NotInstalled {
        /// Its client id.
        client_id: String,
    },
    /// The application is still installed.
    #[error("application {client_id} is installed already; uninstall it first")]
    AlreadyInstalled {
        /// Its client id.
        client_id: String,
    },
    /// The page of an application did not respond.
    #[error("the page {url} was not opened: {reason}")]
    PageNotOpened {
        /// The address that was requested.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The portal has no event of this name.
    #[error("this portal has no event {name:?}")]
    UnknownEvent {
        /// The name.
        name: String,
    },
    /// The data of an event are neither an object, nor a list, nor null.
    #[error("the data of an event are an object, not {0}")]
    EventData(serde_json::Value),
    /// No installed application has registered a robot or activity with this code, now or before.
    #[error(
        "no robot or activity {code:?} is registered; registered are {registered:?}{}",
        unreached_applications(unreached)
    )]
    NotRegistered {
        /// The code that was asked for.
        code: String,
        /// The registered codes.
        registered: Vec<String>,
        /// The addresses of installed applications that their last notification did not reach, or
        /// that responded with an error, and the error.
        unreached: Vec<String>,
    },
    /// No application has registered a sender of messages with this code.
    #[error("no sender of messages {code:?} is registered; `bizproc.provider.add` registers one")]
    NoSender {
        /// The code that was asked for.
        code: String,
    },
    /// The inputs of a run are neither an object, nor null, nor an empty list.
    #[error("the inputs of a run are an object from property id to value, not {0}")]
    Inputs(serde_json::Value),
    /// The settings dialog of this step has no time-out.
    #[error("{code:?} cannot have a time-out: only an activity that waits has one, a robot never")]
    NoTimeout {
        /// The code of the robot.
        code: String,
    },
    /// Two steps of a template have the same activity name.
    #[error("two steps are named {name:?}: expressions could not tell them apart")]
    ActivityName {
        /// The name.
        name: String,
    },
    /// The portal has no such template.
    #[error("there is no template {id}")]
    UnknownTemplate {
        /// The id.
        id: u64,
    },
    /// A template is for another kind of document.
    #[error("the template is for documents of {template}, not of {document}")]
    DocumentType {
        /// The kind that the template is for: module, entity and type.
        template: String,
        /// The kind of the document.
        document: String,
    },
    /// The handler was not called in time.
    #[error("workflow {workflow_id} did not call its handler within {waited:?}")]
    NotCalled {
        /// The workflow.
        workflow_id: String,
        /// How long the test waited.
        waited: Duration,
    },
    /// The workflow's step did not close in time.
    #[error("workflow {workflow_id} still waits for a reply after {waited:?}; its log: {log:?}")]
    StillWaiting {
        /// The workflow.
        workflow_id: String,
        /// How long the test waited.
        waited: Duration,
        /// The lines in its log so far.
        log: Vec<String>,
    },
    /// The workflow did not end in time, though no step of it waits for a reply.
    #[error(
        "workflow {workflow_id} did not end within {waited:?}: it pauses, waits for a task, or continues after its step \
         until `Workflow::end`"
    )]
    StillRunning {
        /// The workflow.
        workflow_id: String,
        /// How long the test waited.
        waited: Duration,
    },
}

fn unreached_applications(unreached: &[String]) -> String {
    if unreached.is_empty() {
        String::new()
    } else {
        format!("; applications that may not know of their installation: {unreached:?}")
    }
}
