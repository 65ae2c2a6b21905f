//! A workflow that was started.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::engine::workflow::in_step_dispatch::{read, step_left, wait_for};
use crate::engine::workflow::{lifecycle, run};
use crate::face::portal::Portal;
use crate::model::history::{Delivery, Ending};
use crate::model::workflow::instance::Instance;
use crate::model::workflow::outcome::Outcome;
use crate::model::workflow::step_run::StepRun;
use crate::rules::error::Error;
use crate::rules::php::Value;

/// A workflow that was started.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # use bizproc_portal::Portal;
/// # use serde_json::json;
/// # use std::time::Duration;
/// # let portal = Portal::start().await?;
/// let workflow = portal.run("md5", json!({"inputString": "text"})).await?;
/// let done = workflow.wait_finished(Duration::from_secs(5)).await?;
/// assert_eq!(done.return_values["outputString"], "1cb251ec0d568de6a929b520c4aed8d1");
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Workflow {
    portal: Portal,
    id: String,
}

impl Workflow {
    pub(crate) fn new(portal: Portal, id: String) -> Self {
        Self { portal, id }
    }

    /// The workflow's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The lines in its log so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.read(|instance| Some(instance.log.clone()))
            .unwrap_or_default()
    }

    /// Whether a step of it waits for a reply.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.read(|instance| Some(instance.waits_for_reply()))
            .unwrap_or_default()
    }

    /// The workflow's status while a step waits; empty otherwise.
    #[must_use]
    pub fn status(&self) -> String {
        self.read(|instance| Some(instance.status.clone()))
            .unwrap_or_default()
    }

    /// The current outputs of a step by its activity name; `None` before it was executed.
    #[must_use]
    pub fn outputs(&self, activity_name: &str) -> Option<Map<String, Json>> {
        self.read(|instance| instance.outputs_of(activity_name))
    }

    /// The current value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Json> {
        self.read(|instance| instance.variables.get(name).map(Value::to_json))
    }

    /// Waits until the handler of the last reached step of an application has responded, or could
    /// not be reached.
    ///
    /// # Errors
    ///
    /// [`Error::NotCalled`] if that does not happen within `timeout`.
    pub async fn wait_called(&self, timeout: Duration) -> Result<Delivery, Error> {
        self.wait(timeout, |instance| instance.last_run()?.call.clone())
            .await
            .ok_or_else(|| Error::NotCalled {
                workflow_id: self.id.clone(),
                waited: timeout,
            })
    }

    /// Waits until the last reached step of an application closes: by a reply, by its time-out, or
    /// immediately if it does not wait.
    ///
    /// The workflow ends with its last step, unless [`keep_running`](crate::Run::keep_running) is
    /// set. Where the two differ, the outcome says how the step closed: a step with a reply is
    /// closed by it, even if a later step failed.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if that does not happen within `timeout`.
    pub async fn wait_closed(&self, timeout: Duration) -> Result<Outcome, Error> {
        self.wait(timeout, |instance| {
            let closed = |run: &StepRun| run.closed.clone();
            let how = match instance.last_run() {
                Some(run) => closed(run)?,
                None => instance.ending.clone()?,
            };
            Some(instance.outcome(how))
        })
        .await
        .ok_or_else(|| self.still_waiting(timeout))
    }

    /// Waits until the workflow ends.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if a step still waits for a reply after `timeout`,
    /// [`Error::StillRunning`] if the workflow is alive for another reason.
    pub async fn wait_finished(&self, timeout: Duration) -> Result<Outcome, Error> {
        self.wait(timeout, |instance| {
            let ending = instance.ending.clone()?;
            Some(instance.outcome(ending))
        })
        .await
        .ok_or_else(|| {
            if self.is_waiting() {
                self.still_waiting(timeout)
            } else {
                Error::StillRunning {
                    workflow_id: self.id.clone(),
                    waited: timeout,
                }
            }
        })
    }

    /// Lets a workflow with [`keep_running`](crate::Run::keep_running) end: immediately, or when
    /// its step closes.
    ///
    /// It ends in the way its step closed.
    pub fn end(&self) {
        let shared = self.portal.shared();
        run::release(shared, &mut shared.lock(), &self.id);
    }

    /// Ends the workflow as an administrator does; the application is not notified.
    pub fn kill(&self) {
        let shared = self.portal.shared();
        lifecycle::stop(shared, &mut shared.lock(), &self.id, Ending::Killed);
    }

    /// Waits until no handler is being called inside a step. It does not wait for a call that the
    /// queue delays, which only the clock can release.
    pub(crate) async fn step_left(&self) {
        step_left(self.portal.shared(), &self.id).await;
    }

    fn still_waiting(&self, waited: Duration) -> Error {
        Error::StillWaiting {
            workflow_id: self.id.clone(),
            waited,
            log: self.log(),
        }
    }

    fn read<T>(&self, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        read(self.portal.shared(), &self.id, look)
    }

    async fn wait<T>(&self, timeout: Duration, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        let found = wait_for(self.portal.shared(), &self.id, look);
        tokio::time::timeout(timeout, found).await.ok().flatten()
    }
}

impl Portal {
    /// A workflow by its id, however it was started.
    #[must_use]
    pub fn workflow(&self, id: &str) -> Option<Workflow> {
        let is_known = self.shared().lock().workflows.contains_key(id);
        is_known.then(|| Workflow::new(self.clone(), id.to_owned()))
    }

    /// Every workflow that was started, in this order.
    #[must_use]
    pub fn workflows(&self) -> Vec<Workflow> {
        let state = self.shared().lock();
        let ids = state.workflows.keys();
        ids.map(|id| Workflow::new(self.clone(), id.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::face::portal::Portal;
    use crate::model::application::Application;
    use crate::model::history::Ending;
    use crate::rules::php::Array;
    use crate::rules::registration::kind::Kind;

    /// A portal with a robot of an application that cannot be reached.
    async fn portal() -> (Portal, String) {
        let portal = Portal::start().await.unwrap();
        let installed = portal.install("http://127.0.0.1:1/").await.unwrap();
        let client_id = installed.client_id().to_owned();
        let fields: Array = [
            ("HANDLER", "http://127.0.0.1:1/"),
            ("USE_SUBSCRIPTION", "Y"),
        ]
        .into_iter()
        .collect();
        portal
            .shared()
            .lock()
            .registry
            .register(Kind::Robot, &client_id, "r", fields);
        (portal, client_id)
    }

    async fn ending(change: fn(&mut Application)) -> Option<Ending> {
        let (portal, client_id) = portal().await;
        if let Some(application) = portal.shared().lock().installations.get_mut(&client_id) {
            change(application);
        }
        let workflow = portal.run("r", json!({})).await.unwrap();
        let state = portal.shared().lock();
        state.workflows.get(workflow.id()).unwrap().ending.clone()
    }

    #[tokio::test]
    async fn a_step_of_an_application_that_cannot_be_called_faults() {
        let failed = |text: &str| Some(Ending::Failed(text.to_owned()));
        assert_eq!(ending(|_| {}).await, None);
        let gone = ending(|application| application.installed = false).await;
        assert_eq!(gone, failed("Rest application not found."));
        let unpaid = ending(|application| application.payment_expired = true).await;
        let text = "Rest application status error: payment required";
        assert_eq!(unpaid, failed(text));
    }
}
