use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{
    Block, Builder, Culture, Definition, Delivery, Document, Error, Fault, Fire, Install, Kind,
    Record, Run, StartWorkflow, Template, Workflow, application, message, random, rest,
    server::Authority, state::Shared, users::ADMINISTRATOR, workflow,
};

/// A Bitrix24 portal on loopback.
///
/// A handle: clones are the same portal, which ends when the last of them, and the last
/// [`Installation`](crate::Installation) and [`Workflow`](crate::Workflow) of it, is dropped.
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
    #[cfg_attr(
        not(feature = "tls"),
        expect(dead_code, reason = "it has no certificate")
    )]
    authority: Arc<Authority>,
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
    pub(crate) fn new(
        shared: Arc<Shared>,
        authority: Arc<Authority>,
        tasks: Vec<JoinHandle<()>>,
    ) -> Self {
        let inner = Arc::new(Inner {
            shared,
            authority,
            tasks,
        });
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
    /// A method may have `.json` behind it, or `.xml` to be answered in XML.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.shared().client_endpoint()
    }

    /// Where the authorisation server is: `http://127.0.0.1:<another port>`.
    #[must_use]
    pub fn oauth_url(&self) -> &str {
        &self.shared().oauth_url
    }

    /// The certificate of the portal's own authority, in PEM: what a client must trust to call it by `https`.
    ///
    /// Portal and authorisation server speak http and https on the same port. Programs read the file named in
    /// `REQUESTS_CA_BUNDLE` (Python) or `NODE_EXTRA_CA_CERTS` (Node). One that has `oauth.bitrix.info` or
    /// `oauth.bitrix24.tech` built in reaches the portal's own authorisation server with the portal as its proxy
    /// (`HTTPS_PROXY=http://127.0.0.1:<port>`).
    ///
    /// With the feature `tls` only.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn certificate(&self) -> &str {
        self.inner.authority.pem()
    }

    /// The portal's id.
    #[must_use]
    pub fn member_id(&self) -> &str {
        &self.shared().member_id
    }

    /// Installs an application: it gets `ONAPPINSTALL` at this address, or has its page there.
    ///
    /// Whether it can be reached, and what it answers, makes no difference, as on a real portal: both stand in the
    /// history and in [`Installation::told`](crate::Installation::told).
    ///
    /// # Errors
    ///
    /// [`Error::InstallUrl`] if this is no `http` address.
    pub fn install(&self, url: &str) -> Install {
        Install::new(self.clone(), url)
    }

    /// Makes an event happen, for every handler that applications have bound to it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownEvent`] if this portal has no event of this name, [`Error::EventData`] if the data are neither
    /// an object nor a list nor null.
    pub fn fire(&self, event: &str, data: serde_json::Value) -> Fire {
        Fire::new(self.clone(), event, data)
    }

    /// The name of a robot or activity as authors see it: `[<application>] <name>`, in the portal's language.
    #[must_use]
    pub fn display_name(&self, definition: &Definition) -> String {
        let language = &self.shared().settings.language;
        application::display_name(&self.shared().lock(), language, definition)
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

    /// Saves a template; its id.
    ///
    /// # Errors
    ///
    /// [`Error::NotRegistered`] if a step names a code that nobody can have placed, [`Error::Inputs`],
    /// [`Error::NoTimeout`], [`Error::ActivityName`].
    pub fn template(&self, template: Template) -> Result<u64, Error> {
        let shared = self.shared();
        let state = &mut *shared.lock();
        let template = template.store(state, ADMINISTRATOR, shared.now())?;
        Ok(state.templates.add(template))
    }

    /// Starts a workflow of a template on a document.
    ///
    /// The document is put into the portal; a record that is there already gets the fields that were set. Awaiting it
    /// gives [`Error::UnknownTemplate`] or [`Error::DocumentType`] if the two do not fit.
    pub fn start_workflow(&self, template: u64, document: Document) -> StartWorkflow {
        StartWorkflow::new(self.clone(), template, document)
    }

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

    /// Puts a document into the portal; a record that is there already gets the fields that were set.
    pub fn create_document(&self, document: Document) {
        self.shared().lock().documents.put(document);
        self.shared().wake();
    }

    /// A document as it is now, by its `[module, entity, id]`.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use bizproc_portal::{Document, Portal};
    ///
    /// let portal = Portal::start().await?;
    /// portal.create_document(Document::deal(17).field("STAGE_ID", "NEW"));
    /// let deal = portal.document(Document::deal(17).document_id()).unwrap();
    /// assert_eq!(deal.value("STAGE_ID").unwrap(), "NEW");
    /// # Ok::<(), bizproc_portal::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn document(&self, id: [&str; 3]) -> Option<Document> {
        self.shared()
            .lock()
            .documents
            .get(&id.map(str::to_owned))
            .cloned()
    }

    /// Deletes a document; `false` if there is none. Its workflows end as soon as something reaches them.
    pub fn delete_document(&self, id: [&str; 3]) -> bool {
        let shared = self.shared();
        shared.delete_document(&mut shared.lock(), &id.map(str::to_owned))
    }

    /// Moves the portal's clock forward: tokens expire, time-outs pass.
    ///
    /// The application's own clock stays: `ts` and `expires` of later calls lie in its future.
    pub fn advance(&self, by: Duration) {
        self.shared().advance(by);
    }

    /// Refuses every call of an application from now on, for this reason.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use bizproc_portal::{Block, Portal};
    ///
    /// let portal = Portal::start().await?;
    /// portal.block(Block::Plan);
    /// portal.unblock(Block::Plan);
    /// # Ok::<(), bizproc_portal::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn block(&self, block: Block) {
        self.shared().lock().blocks.add(block);
    }

    /// Takes a block away.
    pub fn unblock(&self, block: Block) {
        self.shared().lock().blocks.remove(block);
    }

    /// Hands a message to the sender that an application has registered by `bizproc.provider.add`; what came back.
    ///
    /// It has no `event_token`, and a `message_id` that a robot's call never has.
    ///
    /// # Errors
    ///
    /// [`Error::NoSender`].
    pub async fn send_message(&self, code: &str, to: &str, text: &str) -> Result<Delivery, Error> {
        message::send(self.shared(), code, to, text).await
    }

    /// Changes how the site writes dates, as its administrator may at any time.
    pub fn set_culture(&self, culture: Culture) {
        self.shared().settings.set_culture(culture);
    }

    /// Dismisses a user: tokens of that user are worth nothing any more.
    pub fn dismiss_user(&self, user_id: u64) {
        self.shared().lock().users.dismiss(user_id);
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

    /// Everything that happened so far, in order; the oldest is dropped beyond [`Builder::history_limit`].
    #[must_use]
    pub fn history(&self) -> Vec<Record> {
        self.shared().lock().history.iter().cloned().collect()
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
