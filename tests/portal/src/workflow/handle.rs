use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::{
    Outcome, engine, inside,
    instance::{Instance, StepRun},
};
use crate::{
    Error, Portal,
    history::{Delivery, Ending},
    php::Value,
    state::Shared,
};

/// A workflow that was started.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # use bizproc_portal::Portal;
/// # use serde_json::json;
/// # use std::time::Duration;
/// # let portal = Portal::start().await?;
/// let workflow = portal.run("md5", json!({"inputString": "text"})).await?;
/// let done = workflow.finished(Duration::from_secs(5)).await?;
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

    /// What it says of itself while a step waits; empty otherwise.
    #[must_use]
    pub fn status(&self) -> String {
        self.read(|instance| Some(instance.status.clone()))
            .unwrap_or_default()
    }

    /// The outputs of a step by its activity name, as they are now; nothing if it was not executed yet.
    #[must_use]
    pub fn outputs(&self, activity_name: &str) -> Option<Map<String, Json>> {
        self.read(|instance| instance.outputs_of(activity_name))
    }

    /// A variable as it is now.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Json> {
        self.read(|instance| instance.variables.get(name).map(Value::to_json))
    }

    /// Waits until the handler of the application's step that was reached last has answered (or could not be reached).
    ///
    /// # Errors
    ///
    /// [`Error::NotCalled`] if that does not happen in time.
    pub async fn called(&self, within: Duration) -> Result<Delivery, Error> {
        self.wait(within, |instance| instance.last_run()?.call.clone())
            .await
            .ok_or_else(|| Error::NotCalled {
                workflow_id: self.id.clone(),
                waited: within,
            })
    }

    /// Waits until the application's step that was reached last closes: by a reply, by its time-out, at once if it does
    /// not wait.
    ///
    /// The workflow ends with its last step, unless its run [`goes_on`](crate::Run::goes_on). Where the two differ, the
    /// outcome has how the step closed: a step that was replied to is that, even if a later one failed.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if that does not happen in time.
    pub async fn closed(&self, within: Duration) -> Result<Outcome, Error> {
        self.wait(within, |instance| {
            let closed = |run: &StepRun| run.closed.clone();
            let how = match instance.last_run() {
                Some(run) => closed(run)?,
                None => instance.ending.clone()?,
            };
            Some(instance.outcome(how))
        })
        .await
        .ok_or_else(|| self.still_waiting(within))
    }

    /// Waits until the workflow ends.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if a step waits for a reply all the time, [`Error::GoesOn`] if the workflow is alive for
    /// another reason.
    pub async fn finished(&self, within: Duration) -> Result<Outcome, Error> {
        self.wait(within, |instance| {
            let ending = instance.ending.clone()?;
            Some(instance.outcome(ending))
        })
        .await
        .ok_or_else(|| {
            if self.is_waiting() {
                self.still_waiting(within)
            } else {
                Error::GoesOn {
                    workflow_id: self.id.clone(),
                    waited: within,
                }
            }
        })
    }

    /// Lets a workflow whose run [`goes_on`](crate::Run::goes_on) end: at once, or when its step closes.
    ///
    /// It ends as its step closed.
    pub fn end(&self) {
        let shared = self.portal.shared();
        engine::let_go(shared, &mut shared.lock(), &self.id);
    }

    /// Ends the workflow as an administrator does; the application is not told.
    pub fn kill(&self) {
        let shared = self.portal.shared();
        engine::stop(shared, &mut shared.lock(), &self.id, Ending::Killed);
    }

    /// Waits until no handler is being called inside of a step; a call that lies in the queue until later is not waited
    /// for, as only the clock can bring it.
    pub(super) async fn comes_out_of_step(&self) {
        inside::comes_out_of_step(self.portal.shared(), &self.id).await;
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

    async fn wait<T>(&self, within: Duration, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        let found = seen(self.portal.shared(), &self.id, look);
        tokio::time::timeout(within, found).await.ok().flatten()
    }
}

fn read<T>(shared: &Shared, id: &str, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
    shared.lock().workflows.get(id).and_then(look)
}

/// Waits until a workflow looks as wanted; `None` if there is no such workflow.
pub(super) async fn seen<T>(
    shared: &Shared,
    id: &str,
    look: impl Fn(&Instance) -> Option<T>,
) -> Option<T> {
    let mut changes = read(shared, id, |instance| Some(instance.changed.subscribe()))?;
    loop {
        if let Some(found) = read(shared, id, &look) {
            return Some(found);
        }
        changes.changed().await.ok()?;
    }
}
