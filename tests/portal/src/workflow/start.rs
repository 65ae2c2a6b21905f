//! Starting a workflow.

use std::{pin::Pin, sync::Arc};

use indexmap::IndexMap;
use tokio::sync::watch;

use super::{Workflow, engine, engine::Exception, instance::Instance};
use crate::{
    Document, Error, Portal,
    history::Event,
    php::{Array, Value},
    random,
    state::{Shared, State},
    users::ADMINISTRATOR,
};

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

    /// A parameter of the template; one that it does not have is dropped.
    pub fn parameter(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.begin
            .parameters
            .insert(name, Value::from(value.into()));
        self
    }

    /// Who starts it, the administrator unless said otherwise.
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
            workflow.comes_out_of_step().await;
            Ok(workflow)
        })
    }
}

/// What is to be started on what.
#[derive(Debug, Clone)]
pub(super) struct Begin {
    pub(super) template_id: u64,
    pub(super) document: Document,
    pub(super) parameters: Array,
    pub(super) user_id: u64,
}

impl Begin {
    /// Starts the workflow on a copy of the template; its id, and what became of its first steps.
    pub(super) fn begin(
        self,
        shared: &Shared,
        state: &mut State,
    ) -> Result<(String, Result<(), Exception>), Error> {
        let unknown = Error::UnknownTemplate {
            id: self.template_id,
        };
        let template = state.templates.get(self.template_id).ok_or(unknown)?;
        if template.document_type != *self.document.kind() {
            return Err(Error::DocumentType {
                template: template.document_type.join(", "),
                document: self.document.kind().join(", "),
            });
        }
        let now = shared.now();
        let id = random::workflow_id(now);
        let instance = Instance {
            id: id.clone(),
            template_id: self.template_id,
            template_name: template.name.clone(),
            program: Arc::clone(&template.program),
            document_id: self.document.key().clone(),
            document_type: self.document.kind().clone(),
            parameters: template.parameters(&self.parameters),
            variables: template.variables.clone(),
            constants: template.constants.clone(),
            started: now,
            started_by: self.user_id,
            modified: now,
            status: String::new(),
            position: 0,
            loops: IndexMap::new(),
            runs: IndexMap::new(),
            outputs: IndexMap::new(),
            last_run: None,
            waiting: None,
            inside: None,
            exception: None,
            locked_until: None,
            is_stored: false,
            is_let_go: false,
            log: Vec::new(),
            ending: None,
            is_deleted: false,
            changed: watch::Sender::new(()),
        };
        let started = Event::WorkflowStarted {
            workflow_id: id.clone(),
            template_id: instance.template_id,
            template: instance.template_name.clone(),
            document_id: instance.document_id.clone(),
            user_id: self.user_id,
        };
        state.documents.put(self.document);
        state.workflows.insert(id.clone(), instance);
        shared.record(state, started);
        let result = engine::go_on(shared, state, &id);
        Ok((id, result))
    }
}
