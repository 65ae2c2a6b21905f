use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{
    Builder, Definition, Error, Fault, Installation, Kind, Record, Run, Workflow, install, random,
    rest, state::Shared, workflow,
};

/// A Bitrix24 portal on loopback.
///
/// A handle: clones are the same portal, which ends when the last of them, and the last [`Installation`] and
/// [`Workflow`](crate::Workflow) of it, is dropped.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
///
/// let portal = Portal::builder().language("de").start().await?;
/// assert!(portal.endpoint().starts_with("http://127.0.0.1:"));
/// assert!(portal.robots().is_empty());
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Portal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// A handle that does not keep the portal alive: what the portal's own server has.
#[derive(Debug)]
pub(crate) struct WeakPortal(Weak<Inner>);

impl WeakPortal {
    /// Nothing while the portal is being dropped.
    pub(crate) fn upgrade(&self) -> Option<Portal> {
        self.0.upgrade().map(|inner| Portal { inner })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.stop();
    }
}

impl Portal {
    /// A handle of a portal that these tasks serve.
    pub(crate) fn new(shared: Arc<Shared>, tasks: Vec<JoinHandle<()>>) -> Self {
        let inner = Arc::new(Inner { shared, tasks });
        inner.shared.set_portal(WeakPortal(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Starts a portal with the default settings on a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if there is no port to listen on.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// A portal with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where the portal is: `http://127.0.0.1:<port>`, and its page.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared().url
    }

    /// Where its REST methods are: the url and `/rest/`.
    ///
    /// A method may have `.json` or `.xml` behind it; the answer is JSON in either case, which a real portal's is not.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.shared().client_endpoint()
    }

    /// The portal's id.
    #[must_use]
    pub fn member_id(&self) -> &str {
        &self.shared().member_id
    }

    /// Installs an application: it gets `ONAPPINSTALL` at this address.
    ///
    /// Whether it can be reached, and what it answers, makes no difference, as on a real portal: both stand in the
    /// history and in [`Installation::told`].
    ///
    /// # Errors
    ///
    /// [`Error::InstallUrl`] if this is no `http` address.
    pub async fn install(&self, url: &str) -> Result<Installation, Error> {
        install::install(self, url).await
    }

    /// A webhook of a user: an endpoint to append methods to. It has no application behind it.
    #[must_use]
    pub fn webhook(&self, user_id: u64) -> String {
        let code = random::alphanumeric(16).to_lowercase();
        self.shared()
            .lock()
            .grants
            .webhooks
            .insert(code.clone(), user_id);
        format!("{}{user_id}/{code}/", self.endpoint())
    }

    /// The registered robots of all applications, in order of registration.
    #[must_use]
    pub fn robots(&self) -> Vec<Definition> {
        self.definitions(Kind::Robot)
    }

    /// The registered activities of all applications, in order of registration.
    #[must_use]
    pub fn activities(&self) -> Vec<Definition> {
        self.definitions(Kind::Activity)
    }

    /// Waits until an application has registered a robot or activity with this code.
    ///
    /// # Errors
    ///
    /// [`Error::NotRegistered`] if that does not happen in time; it names the applications that were not reached.
    pub async fn registered(&self, code: &str, within: Duration) -> Result<Definition, Error> {
        let mut changes = self.shared().changes();
        let found = async {
            loop {
                let all = [self.robots(), self.activities()].concat();
                if let Some(found) = all.into_iter().find(|known| known.code == code) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        let found = tokio::time::timeout(within, found).await.ok().flatten();
        found.ok_or_else(|| self.shared().lock().not_registered(code))
    }

    /// Runs a robot or activity in a workflow of one step.
    ///
    /// The inputs are what the step has stored, as an author left them: texts, lists of texts, expressions. An input
    /// that is not given has its default, one that is not registered is dropped.
    ///
    /// A robot that was registered once and is not any more still stands in its template: the workflow ends with
    /// [`Ending::Failed`](crate::Ending::Failed).
    pub fn run(&self, code: &str, inputs: serde_json::Value) -> Run {
        Run::new(self.clone(), code, inputs)
    }

    /// The workflow with this id, such as one that was started on the portal's page.
    #[must_use]
    pub fn workflow(&self, id: &str) -> Option<Workflow> {
        let is_known = self.shared().lock().workflows.contains_key(id);
        is_known.then(|| Workflow::new(self.clone(), id.to_owned()))
    }

    /// Moves the portal's clock forward: tokens expire, time-outs pass.
    ///
    /// The application's own clock stays: `ts` and `expires` of later calls lie in its future.
    pub fn advance(&self, by: Duration) {
        self.shared().advance(by);
    }

    /// Switches a fault on, for so many times; faults of answers strike `bizproc.event.send`.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.shared()
            .lock()
            .faults
            .add(workflow::REPLY, fault, times);
        self.shared().wake();
    }

    /// Switches a fault of the answers to one method on; the method's name may be in any letter case.
    ///
    /// Faults of calls and workflows concern no method: they strike as if switched on with [`Portal::fault`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownMethod`] if the portal has no such method, whose fault would never strike.
    pub fn fault_in(&self, method: &str, fault: Fault, times: usize) -> Result<(), Error> {
        let method =
            rest::find(&self.shared().settings, method).ok_or_else(|| Error::UnknownMethod {
                method: method.to_owned(),
            })?;
        self.shared().lock().faults.add(method.name, fault, times);
        self.shared().wake();
        Ok(())
    }

    /// Switches every fault off.
    pub fn clear_faults(&self) {
        self.shared().lock().faults.clear();
        self.shared().wake();
    }

    /// Everything that happened so far, in order.
    #[must_use]
    pub fn history(&self) -> Vec<Record> {
        self.shared().lock().history.clone()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    fn definitions(&self, kind: Kind) -> Vec<Definition> {
        let state = self.shared().lock();
        state
            .registry
            .iter()
            .filter(|row| row.kind == kind)
            .map(Definition::from)
            .collect()
    }
}
