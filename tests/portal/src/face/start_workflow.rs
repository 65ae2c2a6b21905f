//! Starting a workflow of a template.

use std::pin::Pin;

use crate::engine::workflow::start::Begin;
use crate::face::portal::Portal;
use crate::face::workflow::Workflow;
use crate::model::document::Document;
use crate::model::users::ADMINISTRATOR;
use crate::rules::error::Error;
use crate::rules::php::{Array, Value};

/// A workflow that is being started; `.await` starts it.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # use bizproc_portal::{Document, Portal, Step, Template};
/// # let portal = Portal::start().await?;
/// let greeting = Template::new("Greeting").parameter("whom", "world").step(Step::log("Hello, {=Template:whom}"));
/// let template = portal.template(greeting)?;
/// let workflow = portal.start_workflow(template, Document::deal(17)).parameter("whom", "deal").await?;
/// assert_eq!(workflow.log(), ["Hello, deal"]);
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a workflow starts when this is awaited"]
pub struct StartWorkflow {
    portal: Portal,
    begin: Begin,
}

impl StartWorkflow {
    pub(crate) fn new(portal: Portal, template_id: u64, document: Document) -> Self {
        Self {
            portal,
            begin: Begin {
                template_id,
                document,
                parameters: Array::new(),
                user_id: ADMINISTRATOR,
            },
        }
    }

    /// Sets a parameter of the template; an unknown one is dropped.
    pub fn parameter(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.begin
            .parameters
            .insert(name, Value::from(value.into()));
        self
    }

    /// The user who starts it; the administrator by default.
    pub fn user(mut self, user_id: u64) -> Self {
        self.begin.user_id = user_id;
        self
    }
}

impl IntoFuture for StartWorkflow {
    type Output = Result<Workflow, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let id = {
                let shared = self.portal.shared();
                self.begin.begin(shared, &mut shared.lock())?.0
            };
            let workflow = Workflow::new(self.portal, id);
            workflow.step_left().await;
            Ok(workflow)
        })
    }
}

impl Portal {
    /// Starts a workflow of a template on a document.
    ///
    /// The document is added to the portal; an existing record gets the fields that were set.
    /// Awaiting the start gives [`Error::UnknownTemplate`], or [`Error::DocumentType`] if template
    /// and document do not fit.
    pub fn start_workflow(&self, template: u64, document: Document) -> StartWorkflow {
        StartWorkflow::new(self.clone(), template, document)
    }
}
