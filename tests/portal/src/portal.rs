use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use crate::{
    Culture, Definition, Error, Fault, Installation, Kind, Platform, Record, Run, dates, install,
    random, rest, server, settings::Settings, state::Shared, token::Signer, workflow,
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
    tasks: [JoinHandle<()>; 2],
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

    /// Where the portal is: `http://127.0.0.1:<port>`.
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

    /// Moves the portal's clock forward: tokens expire, time-outs pass.
    ///
    /// The application's own clock stays: `ts` and `expires` of later calls lie in its future.
    pub fn advance(&self, by: Duration) {
        self.shared().advance(by);
    }

    /// Switches a fault on, for so many times; faults of answers strike `bizproc.event.send`.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.shared().lock().faults.add(rest::REPLY, fault, times);
    }

    /// Switches a fault of the answers to one method on; the method's name may be in any letter case.
    ///
    /// Faults of calls and workflows concern no method: they strike as if switched on with [`Portal::fault`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownMethod`] if the portal has no such method, whose fault would never strike.
    pub fn fault_in(&self, method: &str, fault: Fault, times: usize) -> Result<(), Error> {
        let method = rest::find(method).ok_or_else(|| Error::UnknownMethod {
            method: method.to_owned(),
        })?;
        self.shared().lock().faults.add(method.name, fault, times);
        Ok(())
    }

    /// Switches every fault off.
    pub fn clear_faults(&self) {
        self.shared().lock().faults.clear();
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

/// The settings of a portal that is about to start.
#[derive(Debug, Clone, Default)]
#[must_use = "a portal starts with `start`"]
pub struct Builder {
    settings: Settings,
    port: u16,
}

impl Builder {
    /// The portal's language, `en` by default.
    pub fn language(mut self, language: &str) -> Self {
        language.clone_into(&mut self.settings.language);
        self
    }

    /// The platform's version, the newest by default.
    pub fn platform(mut self, platform: Platform) -> Self {
        self.settings.platform = platform;
        self
    }

    /// What applications may do; `crm,bizproc,placement` by default.
    pub fn scope<'a>(mut self, scope: impl IntoIterator<Item = &'a str>) -> Self {
        self.settings.scope = scope.into_iter().map(str::to_owned).collect();
        self
    }

    /// How the site writes dates, `31.12.2025` by default.
    pub fn culture(mut self, culture: Culture) -> Self {
        self.settings.culture = culture;
        self
    }

    /// The server's zone in seconds east of Greenwich, three hours by default.
    pub fn server_offset(mut self, seconds: i32) -> Self {
        self.settings.server_offset = seconds;
        self
    }

    /// How many seconds the users' clocks are ahead of the server's, none by default.
    pub fn user_offset(mut self, seconds: i32) -> Self {
        self.settings.user_offset = seconds;
        self
    }

    /// How long a handler may take to answer, 15 seconds by default.
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.settings.delivery_timeout = timeout;
        self
    }

    /// A fixed port, instead of a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts the portal.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if the port is taken, [`Error::Zone`] if the server's or the users' zone does not exist,
    /// [`Error::Start`] if the HTTP client cannot be made.
    pub async fn start(self) -> Result<Portal, Error> {
        dates::check_zones(&self.settings)?;
        let address = format!("127.0.0.1:{}", self.port);
        let refuse = |source| Error::Listen {
            address: address.clone(),
            source,
        };
        let listener = TcpListener::bind(&address).await.map_err(refuse)?;
        let url = format!("http://{}", listener.local_addr().map_err(refuse)?);
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(self.settings.delivery_timeout)
            .user_agent("bizproc-portal")
            .build()
            .map_err(|error| Error::Start(error.to_string()))?;
        let signer = Signer::new(&random::hex32())
            .ok_or_else(|| Error::Start("the key for event tokens is refused".to_owned()))?;
        let (replies, mut waiting) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(self.settings, url, http, signer, replies));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        let background = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Some(reply) = waiting.recv().await {
                    // The caller was told `true` already: what goes wrong now nobody hears.
                    let _ = workflow::apply(&shared, &mut shared.lock(), reply);
                }
            }
        });
        Ok(Portal {
            inner: Arc::new(Inner {
                shared,
                tasks: [server, background],
            }),
        })
    }
}
