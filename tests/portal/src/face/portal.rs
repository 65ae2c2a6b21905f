//! The handle of a portal.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::engine::application::name;
use crate::face::server::tls::Authority;
use crate::model::block::Block;
use crate::model::document::Document;
use crate::model::history::{Delivery, Record};
use crate::model::registry::Definition;
use crate::model::shared::Shared;
use crate::model::users::ADMINISTRATOR;
use crate::model::workflow::template::Template;
use crate::rules::error::Error;
use crate::rules::random;
use crate::rules::registration::kind::Kind;
use crate::rules::settings::Culture;
use crate::wire::message;

/// A Bitrix24 portal on loopback.
///
/// A handle: clones are the same portal. It ends when the last clone,
/// [`Installation`](crate::Installation) and [`Workflow`](crate::Workflow) of it is dropped.
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
}

/// A handle that does not keep the portal alive, for the portal's own server.
#[derive(Debug, Clone)]
pub(crate) struct WeakPortal(Weak<Inner>);

impl WeakPortal {
    /// Returns `None` while the portal is being dropped.
    pub(crate) fn upgrade(&self) -> Option<Portal> {
        self.0.upgrade().map(|inner| Portal { inner })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Portal {
    pub(crate) fn new(shared: Arc<Shared>, authority: Arc<Authority>) -> Self {
        let inner = Arc::new(Inner { shared, authority });
        Self { inner }
    }

    /// Makes a handle that does not keep the portal alive.
    pub(crate) fn downgrade(&self) -> WeakPortal {
        WeakPortal(Arc::downgrade(&self.inner))
    }

    /// The portal's url, `http://127.0.0.1:<port>`, which is also its page.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared().url
    }

    /// The endpoint of its REST methods: the url and `/rest/`.
    ///
    /// A method's name may end in `.json`, or in `.xml` for a response in XML.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.shared().client_endpoint()
    }

    /// The authorisation server's url, `http://127.0.0.1:<another port>`.
    #[must_use]
    pub fn oauth_url(&self) -> &str {
        &self.shared().oauth_url
    }

    /// The certificate of the portal's own authority, in PEM, which a client must trust to call it
    /// by `https`.
    ///
    /// The portal and its authorisation server serve http and https on the same port. Programs read
    /// the file named in `REQUESTS_CA_BUNDLE` (Python) or `NODE_EXTRA_CA_CERTS` (Node). A program
    /// that has `oauth.bitrix.info` or `oauth.bitrix24.tech` built in reaches the portal's own
    /// authorisation server with the portal as its proxy (`HTTPS_PROXY=http://127.0.0.1:<port>`).
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

    /// The name of a robot or activity as authors see it: `[<application>] <name>`, in the portal's
    /// language.
    #[must_use]
    pub fn display_name(&self, definition: &Definition) -> String {
        let language = &self.shared().settings.language;
        name::display_name(&self.shared().lock(), language, definition)
    }

    /// Creates a webhook of a user: an endpoint to append methods to. It belongs to no application.
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
    /// [`Error::NotRegistered`] if that does not happen within `timeout`; it names the applications
    /// that were not reached.
    pub async fn wait_registered(
        &self,
        code: &str,
        timeout: Duration,
    ) -> Result<Definition, Error> {
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
        let found = tokio::time::timeout(timeout, found).await.ok().flatten();
        found.ok_or_else(|| self.shared().lock().not_registered(code))
    }

    /// Saves a template and returns its id.
    ///
    /// # Errors
    ///
    /// [`Error::NotRegistered`] if a step names a code that no author can have placed,
    /// [`Error::Inputs`], [`Error::NoTimeout`], [`Error::ActivityName`].
    pub fn template(&self, template: Template) -> Result<u64, Error> {
        let shared = self.shared();
        let state = &mut *shared.lock();
        let stored = template.store(state, ADMINISTRATOR, shared.now())?;
        Ok(state.templates.add(stored))
    }

    /// Adds a document to the portal; an existing record gets the fields that were set.
    pub fn create_document(&self, document: Document) {
        self.shared().lock().documents.put(document);
        self.shared().wake();
    }

    /// Returns a document's current state by its `[module, entity, id]`.
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

    /// Deletes a document; `false` if there is none. Its workflows end as soon as a request reaches
    /// them.
    pub fn delete_document(&self, id: [&str; 3]) -> bool {
        let shared = self.shared();
        shared.delete_document(&mut shared.lock(), &id.map(str::to_owned))
    }

    /// Moves the portal's clock forward, so that tokens expire and time-outs pass.
    ///
    /// The application's own clock stays, so `ts` and `expires` of later calls lie in its future.
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

    /// Removes a block.
    pub fn unblock(&self, block: Block) {
        self.shared().lock().blocks.remove(block);
    }

    /// Hands a message to the sender that an application has registered by `bizproc.provider.add`,
    /// and returns what came back.
    ///
    /// Unlike a robot's call, it has a `message_id` and no `event_token`.
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

    /// Dismisses a user, whose tokens become invalid.
    pub fn dismiss_user(&self, user_id: u64) {
        self.shared().lock().users.dismiss(user_id);
    }

    /// Returns everything that happened so far, in order; the oldest records are dropped beyond
    /// [`history_limit`](crate::Builder::history_limit).
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Portal;

    #[tokio::test]
    async fn the_clock_never_goes_back() {
        let portal = Portal::start().await.unwrap();
        let mut before = portal.shared().now();
        for by in [Duration::from_secs(1), Duration::MAX, Duration::MAX] {
            portal.advance(by);
            let now = portal.shared().now();
            assert!(now >= before, "{now} after {before}");
            before = now;
        }
    }
}
