//! Running one step.

use std::pin::Pin;
use std::time::Duration;

use crate::engine::workflow::start::Begin;
use crate::face::installation::Installation;
use crate::face::portal::Portal;
use crate::face::workflow::Workflow;
use crate::model::document::Document;
use crate::model::users::ADMINISTRATOR;
use crate::model::workflow::rest_activity::RestActivity;
use crate::model::workflow::template::Template;
use crate::rules::error::Error;
use crate::rules::php::Array;

/// A run that is being set up; `.await` starts it as a workflow of an automation template with one
/// step.
///
/// Where the platform calls handlers [inside the step](crate::CallDispatch::InsideStep), the start
/// completes only when the handler has responded.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Document, Portal};
/// use serde_json::json;
///
/// let portal = Portal::start().await?;
/// let workflow = portal
///     .run("md5", json!({"inputString": "{=Document:TITLE}"}))
///     .document(Document::deal(42))
///     .run_as(4)
///     .await?;
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a run starts when it is awaited"]
pub struct Run {
    portal: Portal,
    activity: RestActivity,
    document: Document,
    keeps_running: bool,
}

impl Run {
    pub(crate) fn new(portal: Portal, code: &str, inputs: serde_json::Value) -> Self {
        Self {
            portal,
            activity: RestActivity::new(code, inputs),
            document: Document::default(),
            keeps_running: false,
        }
    }

    fn with(mut self, change: impl FnOnce(RestActivity) -> RestActivity) -> Self {
        self.activity = change(self.activity);
        self
    }

    /// The application, if several have the code; by default the first that has it.
    pub fn application(self, application: &Installation) -> Self {
        self.with(|activity| activity.application(application))
    }

    /// The document; [`Document::deal`] 17 by default.
    ///
    /// It is added to the portal; an existing record gets the fields that were set.
    pub fn document(mut self, document: Document) -> Self {
        self.document = document;
        self
    }

    pub(crate) fn of_client(self, client_id: &str) -> Self {
        self.with(|activity| activity.of_client(client_id))
    }

    /// The step's *Run as*: whose tokens the handler gets, instead of those of `AUTH_USER_ID`.
    pub fn run_as(self, user_id: u64) -> Self {
        self.with(|activity| activity.run_as(user_id))
    }

    /// The author's choice for an activity whose `USE_SUBSCRIPTION` is empty; on by default.
    pub fn wait_for_response(self, wait: bool) -> Self {
        self.with(|activity| activity.wait_for_response(wait))
    }

    /// The time-out of an activity that waits, rounded up to whole seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|activity| activity.timeout(timeout))
    }

    /// The time-out as the author types it: a number and `s`, `m`, `h` or `d`; any other unit means
    /// seconds.
    pub fn timeout_as_typed(self, value: &str, unit: &str) -> Self {
        self.with(|activity| activity.timeout_as_typed(value, unit))
    }

    /// The workflow's status while the step waits, instead of `Waiting for application response`.
    pub fn status_message(self, text: &str) -> Self {
        self.with(|activity| activity.status_message(text))
    }

    /// Keeps the workflow alive after its step has closed, as if more steps followed.
    ///
    /// Until [`Workflow::end`] or [`Workflow::kill`], a late reply then meets a step that does not
    /// wait, which older platforms treat differently from a workflow that is gone. A reply during
    /// [`Fault::NextStepFails`] ends it too.
    ///
    /// [`Fault::NextStepFails`]: crate::Fault::NextStepFails
    pub fn keep_running(mut self) -> Self {
        self.keeps_running = true;
        self
    }

    pub(crate) fn start(self) -> Result<Workflow, Error> {
        let shared = self.portal.shared();
        let state = &mut *shared.lock();
        let mut template = Template::new(&self.activity.code)
            .document_type(self.document.document_type())
            .step(self.activity)
            .automation();
        template.holds = self.keeps_running;
        let mut stored = template.store(state, ADMINISTRATOR, shared.now())?;
        stored.is_temporary = true;
        let template_id = state.templates.add(stored);
        let begin = Begin {
            template_id,
            document: self.document,
            parameters: Array::new(),
            user_id: ADMINISTRATOR,
        };
        let (id, _) = begin.begin(shared, state)?;
        Ok(Workflow::new(self.portal.clone(), id))
    }
}

impl IntoFuture for Run {
    type Output = Result<Workflow, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let workflow = self.start()?;
            workflow.step_left().await;
            Ok(workflow)
        })
    }
}

impl RestActivity {
    /// The application, if several have the code.
    #[must_use]
    pub fn application(self, application: &Installation) -> Self {
        self.of_client(application.client_id())
    }
}

impl Portal {
    /// Runs a robot or activity in a workflow of one step.
    ///
    /// The inputs are stored as an author would leave them: texts, lists of texts, expressions. A
    /// missing input gets its default, an unregistered one is dropped.
    ///
    /// A robot that is no longer registered is still in its template: the workflow ends with
    /// [`Ending::Failed`](crate::Ending::Failed).
    pub fn run(&self, code: &str, inputs: serde_json::Value) -> Run {
        Run::new(self.clone(), code, inputs)
    }
}
