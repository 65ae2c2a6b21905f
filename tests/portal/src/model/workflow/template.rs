//! Templates: what an author sets up, and what the portal stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::model::workflow::program::Program;
use crate::model::workflow::step::Step;
use crate::rules::php::{Array, Value};

/// A template: the steps of a workflow, and what they share.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Document, Portal, RestActivity, Step, Template};
/// use serde_json::json;
///
/// # let portal = Portal::start().await?;
/// let template = Template::new("Hash the title")
///     .parameter("salt", "pepper")
///     .step(RestActivity::new("md5", json!({"inputString": "{=Template:salt}{=Document:TITLE}"})).named("Md5"))
///     .step(Step::set_document(json!({"UF_CRM_HASH": "{=Md5:outputString}"})));
/// let template = portal.template(template)?;
/// let workflow = portal.start_workflow(template, Document::deal(17)).await?;
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) document_type: [String; 3],
    pub(crate) parameters: Array,
    pub(crate) variables: Array,
    pub(crate) constants: Array,
    pub(crate) steps: Vec<Step>,
    pub(crate) is_automation: bool,
    /// Whether its workflows stay alive after the last step until they are released.
    pub(crate) holds: bool,
}

impl Template {
    /// A template without steps for deals.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            document_type: ["crm", "CCrmDocumentDeal", "DEAL"].map(str::to_owned),
            parameters: Array::new(),
            variables: Array::new(),
            constants: Array::new(),
            steps: Vec::new(),
            is_automation: false,
            holds: false,
        }
    }

    /// The kind of its documents, `[module, entity, type]`; deals by default.
    #[must_use]
    pub fn document_type(mut self, document_type: [&str; 3]) -> Self {
        self.document_type = document_type.map(str::to_owned);
        self
    }

    /// Its description.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        text.clone_into(&mut self.description);
        self
    }

    /// Adds a parameter, `{=Template:NAME}`, with its default.
    #[must_use]
    pub fn parameter(mut self, name: &str, default: impl Into<Json>) -> Self {
        self.parameters.insert(name, default.into());
        self
    }

    /// Adds a variable, `{=Variable:NAME}`, with its first value.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    /// A constant, `{=Constant:NAME}`.
    #[must_use]
    pub fn constant(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.constants.insert(name, value.into());
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// Adds steps.
    #[must_use]
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    /// Makes it the template of a stage's robots, which `bizproc.workflow.template.list` omits.
    #[must_use]
    pub fn automation(mut self) -> Self {
        self.is_automation = true;
        self
    }

    pub(crate) fn all_steps(&self) -> &[Step] {
        &self.steps
    }
}

/// `AUTO_EXECUTE` of the templates that hold robots.
pub(crate) const AUTOMATION: i64 = 8;

/// A template as the portal stores it.
#[derive(Debug, Clone)]
pub(crate) struct StoredTemplate {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) document_type: [String; 3],
    pub(crate) auto_execute: i64,
    pub(crate) parameters: Array,
    pub(crate) variables: Array,
    pub(crate) constants: Array,
    pub(crate) program: Arc<Program>,
    /// The application that added it.
    pub(crate) owner: Option<String>,
    pub(crate) user_id: u64,
    pub(crate) modified: Timestamp,
    /// Whether it was changed since it came from a file.
    pub(crate) is_modified: bool,
    /// Whether it is deleted when its only workflow ends.
    pub(crate) is_temporary: bool,
}

impl StoredTemplate {
    /// Returns the parameters of a start: the given ones, and the defaults of the others.
    ///
    /// Names that the template does not have are dropped.
    pub(crate) fn parameters(&self, given: &Array) -> Array {
        let value = |name: &str, default: &Value| given.get(name).unwrap_or(default).clone();
        self.parameters
            .iter()
            .map(|(name, default)| (name.clone(), value(&name.to_text(), default)))
            .collect()
    }
}

/// The templates of a portal by their ids.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    stored: BTreeMap<u64, StoredTemplate>,
    last: u64,
}

impl Templates {
    pub(crate) fn add(&mut self, template: StoredTemplate) -> u64 {
        self.last += 1;
        self.stored.insert(self.last, template);
        self.last
    }

    pub(crate) fn get(&self, id: u64) -> Option<&StoredTemplate> {
        self.stored.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut StoredTemplate> {
        self.stored.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: u64) {
        self.stored.remove(&id);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &StoredTemplate)> {
        self.stored.iter().map(|(id, template)| (*id, template))
    }
}
