//! What a workflow or a step ended with.

use serde_json::{Map, Value as Json};

use crate::model::history::{Body, Ending};

/// The result of a workflow that ended, or of its step that closed.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{Document, Ending, Portal, Step, Template};
///
/// let portal = Portal::start().await?;
/// let template = portal.template(Template::new("Short").step(Step::log("on {=Document:TITLE}")))?;
/// let workflow = portal.start_workflow(template, Document::deal(5)).await?;
/// let done = workflow.wait_finished(Duration::ZERO).await?;
/// assert_eq!((done.ending, done.log), (Ending::Completed, vec!["on Deal #5".to_owned()]));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The workflow.
    pub workflow_id: String,
    /// How it ended.
    pub ending: Ending,
    /// The registered outputs of the application's step that was executed last: what the reply set,
    /// else their defaults.
    ///
    /// Dates that the portal understood are ISO 8601, moments in the server's zone; other dates are
    /// the raw text.
    pub return_values: Map<String, Json>,
    /// The output `IsTimeout`, which the portal adds to every step that can wait.
    pub is_timeout: bool,
    /// The workflow's log.
    pub log: Vec<String>,
    /// The body of the reply that closed the step.
    pub reply: Option<Body>,
}
