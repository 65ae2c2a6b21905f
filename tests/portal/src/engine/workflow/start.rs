//! Starting a workflow.

use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::watch;

use crate::engine::workflow::run;
use crate::model::document::Document;
use crate::model::history::Event;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::instance::Instance;
use crate::rules::error::Error;
use crate::rules::php::Array;
use crate::rules::random;

/// A start of a template on a document.
#[derive(Debug, Clone)]
pub(crate) struct Begin {
    pub(crate) template_id: u64,
    pub(crate) document: Document,
    pub(crate) parameters: Array,
    pub(crate) user_id: u64,
}

impl Begin {
    /// Starts the workflow on a copy of the template; returns its id and the result of its first
    /// steps.
    pub(crate) fn begin(
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
            in_step: None,
            exception: None,
            locked_until: None,
            is_stored: false,
            is_released: false,
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
        let result = run::proceed(shared, state, &id);
        Ok((id, result))
    }
}
