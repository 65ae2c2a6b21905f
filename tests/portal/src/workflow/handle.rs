use std::time::Duration;

use super::{Outcome, engine, instance::Instance};
use crate::{Error, Portal, history::Delivery};

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

    /// Whether its step still waits for a reply.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.read(|instance| Some(instance.waits()))
            .unwrap_or_default()
    }

    /// Waits until the handler was called and has answered (or could not be reached).
    ///
    /// # Errors
    ///
    /// [`Error::NotCalled`] if that does not happen in time.
    pub async fn called(&self, within: Duration) -> Result<Delivery, Error> {
        self.wait(within, |instance| instance.call.clone())
            .await
            .ok_or_else(|| Error::NotCalled {
                workflow_id: self.id.clone(),
                waited: within,
            })
    }

    /// Waits until the step closes: by a reply, by its time-out, at once if it does not wait.
    ///
    /// The workflow ends with its step, unless its run [`goes_on`](crate::Run::goes_on). Where the two differ, the
    /// outcome has how the step closed: a step that was replied to is that, even if a later one failed.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if that does not happen in time.
    pub async fn closed(&self, within: Duration) -> Result<Outcome, Error> {
        self.wait(within, |instance| {
            let how = instance.closed.clone()?;
            Some(instance.outcome(&self.id, how))
        })
        .await
        .ok_or_else(|| self.still_waiting(within))
    }

    /// Waits until the workflow ends.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if its step waits all the time, [`Error::GoesOn`] if the workflow outlives it.
    pub async fn finished(&self, within: Duration) -> Result<Outcome, Error> {
        self.wait(within, |instance| {
            let ending = instance.ending.clone()?;
            Some(instance.outcome(&self.id, ending))
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
        engine::let_end(shared, &mut shared.lock(), &self.id);
    }

    /// Ends the workflow as an administrator does; the application is not told.
    pub fn kill(&self) {
        let shared = self.portal.shared();
        engine::kill(shared, &mut shared.lock(), &self.id);
    }

    fn still_waiting(&self, waited: Duration) -> Error {
        Error::StillWaiting {
            workflow_id: self.id.clone(),
            waited,
            log: self.log(),
        }
    }

    fn read<T>(&self, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        self.portal
            .shared()
            .lock()
            .workflows
            .get(&self.id)
            .and_then(look)
    }

    async fn wait<T>(&self, within: Duration, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        let mut changes = self.portal.shared().changes();
        let found = async {
            loop {
                if let Some(found) = self.read(&look) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(within, found).await.ok().flatten()
    }
}
