use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use crate::app::backoff::store_pause;
use crate::app::http::body::Bodies;
use crate::app::http::health::{self, Health};
use crate::app::http::routes;
use crate::app::inbox::journal::Spill;
use crate::app::inbox::{self as accept, Proven};
use crate::app::install;
use crate::app::install::subscribe as events;
use crate::app::leases::Claims;
use crate::app::lifecycle as drain;
use crate::app::outbox::sender::{self as lanes, Lanes, PausedPortal};
use crate::app::portals::tokens::Access;
use crate::app::settings::Settings;
use crate::app::telemetry::metrics as meter;
use crate::app::telemetry::outcome;
use crate::app::upkeep as housekeeper;
use crate::app::worker as runner;
use crate::app::worker::handler::Route;
use crate::app::worker::permits::Seats;
use crate::call::Answers;
use crate::definition::{Definition, Registration};
use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Portal, printable};
use crate::registry::{Registered, register};
use crate::rest::{Client, EventToken, Paces};
use crate::store::{CallFilter, CallRecord, Claim, Store, StoredReply, Transition};

/// A running application. Its workers end when it and every router of it are dropped.
///
/// ```no_run
/// # async fn run() -> bizproc_runtime::Result<()> {
/// # let app = bizproc_runtime::App::new("https://app.example/b24");
/// let service = app.start()?;
/// let router = axum::Router::new().merge(service.router()); // beside routes of your own
/// for call in service.calls().await? {
///     println!("{} {:?}", call.code, call.state);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Service {
    pub(in crate::app) running: Arc<Running>,
}

/// What the routes and the workers share.
pub(in crate::app) struct Shared {
    pub(in crate::app) public_url: Url,
    pub(in crate::app) routes: HashMap<&'static str, Arc<Route>>,
    pub(in crate::app) store: Arc<dyn Store>,
    pub(in crate::app) settings: Settings,
    pub(in crate::app) http: reqwest::Client,
    pub(in crate::app) seats: Arc<Seats>,
    pub(in crate::app) claims: Arc<Claims>,
    pub(in crate::app) lanes: Lanes,
    pub(in crate::app) paces: Paces,
    pub(in crate::app) access: Access,
    pub(in crate::app) proven: Proven,
    pub(in crate::app) spill: Option<Spill>,
    pub(in crate::app) bodies: Bodies,
    /// Places for installations that are checked.
    pub(in crate::app) installing: Semaphore,
    pub(in crate::app) health: Health,
    /// The store is to be searched for calls that no signal told of.
    pub(in crate::app) searched: Notify,
    /// Each request that is being taken has a clone.
    pub(in crate::app) taking: Arc<()>,
    /// Each run of a call that nothing keeps has a clone.
    pub(in crate::app) unkept: Arc<()>,
    tasks: Mutex<JoinSet<()>>,
}

/// Keeps the workers alive: a router without workers would accept calls that nobody runs.
pub(in crate::app) struct Running {
    pub(in crate::app) shared: Arc<Shared>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.tasks().abort_all();
    }
}

impl Service {
    pub(in crate::app) fn start(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        #[cfg(feature = "metrics")]
        meter::describe();
        #[cfg(feature = "metrics")]
        shared.spawn(meter::watch(Arc::clone(&shared)));
        shared.work(runner::run(Arc::clone(&shared)));
        shared.work(lanes::run(Arc::clone(&shared)));
        shared.work(housekeeper::wake(Arc::clone(&shared)));
        shared.work(housekeeper::search(Arc::clone(&shared)));
        shared.work(housekeeper::forget(Arc::clone(&shared)));
        shared.work(housekeeper::beat(Arc::clone(&shared)));
        if shared.spill.is_some() {
            shared.work(accept::read_back(Arc::clone(&shared)));
        }
        Self {
            running: Arc::new(Running { shared }),
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.running.shared
    }

    /// The routes that portals call, below the path of the public address.
    pub fn router(&self) -> axum::Router {
        routes::router(&self.running)
    }

    /// Lets the application end: begins no more calls, waits for the robots' code that runs, for
    /// the answers that can be sent, and gives back what is left, so that another process or the
    /// next start can have it at once. Calls are accepted until the router is dropped: end your
    /// server last, or use [`App::serve`](crate::app::builder::App::serve), which does all of it.
    ///
    /// Returns whether everything ended within the limit. What did not is ended in the middle; its
    /// calls run again.
    pub async fn shutdown(&self, limit: Duration) -> bool {
        let shared = self.shared();
        let until = Instant::now() + limit;
        shared.health.drain();
        let ran = drain::runs_end(shared, until).await;
        let sent = drain::sends_end(shared, until).await;
        shared.tasks().abort_all();
        shared.claims.release(&*shared.store).await;
        if !(ran && sent) {
            tracing::warn!(
                ?limit,
                "ended in the middle: calls run again, answers are sent again"
            );
        }
        ran && sent
    }

    /// The calls that are kept, with where each stands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`].
    pub async fn calls(&self) -> Result<Vec<CallRecord>> {
        self.shared().store.calls(&CallFilter::default()).await
    }

    /// Tries a call again that was given up: sends its answer when it has one, else runs the
    /// robot's code. Returns whether the call was given up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownCall`]; [`ErrorKind::Store`] when the store fails.
    pub async fn retry(&self, token: &EventToken) -> Result<bool> {
        self.shared().store.retry_dead(token).await
    }

    /// The portals that nothing is sent to for now, because they refuse everything: unpaid,
    /// blocked, without a token that they accept. Their answers wait in the store; they are tried
    /// again after a while, and when the application is installed or updated there.
    #[must_use]
    pub fn paused_portals(&self) -> Vec<PausedPortal> {
        self.shared().lanes.parked()
    }

    /// Sends to a [parked](Service::paused_portals) portal again at once.
    pub fn resume(&self, member_id: &str) {
        self.shared().lanes.unpark(member_id);
    }

    /// Where calls and portals are kept.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared().store
    }

    /// The portals that installed the application.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`].
    pub async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        self.shared().store.portals().await
    }

    /// Registers every robot on one portal and binds the application to its updates and its
    /// uninstallation, as its installation does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the portal is not installed. What becomes of each robot is in
    /// the list, an event that cannot be bound in the log.
    pub async fn register(&self, member_id: &str) -> Result<Vec<Registered>> {
        let portal = self
            .shared()
            .store
            .portal(member_id)
            .await?
            .ok_or_else(|| {
                let message = format!("no portal with the member id `{member_id}` is installed");
                Error::new(ErrorKind::Configuration, message)
            })?;
        Ok(self.shared().register(&portal).await)
    }
}

impl Shared {
    pub(in crate::app) fn new(
        public_url: Url,
        routes: HashMap<&'static str, Arc<Route>>,
        store: Arc<dyn Store>,
        settings: Settings,
        http: reqwest::Client,
        spill: Option<Spill>,
    ) -> Self {
        let bounds = routes.keys().map(|code| {
            let own = settings.concurrency_for.get(code).copied();
            (*code, own.unwrap_or(settings.concurrency))
        });
        let seats = Seats::new(settings.concurrency, bounds);
        let paces = Paces::new(settings.rate_limit, store.shared_rate_limit());
        let bodies = Bodies::new(settings.body_limit, settings.client_timeout);
        let installing = install::places(settings.connections);
        let access = Access::new(
            Arc::clone(&store),
            http.clone(),
            settings.client_secret.clone(),
            settings.oauth_hosts.clone(),
        );
        Self {
            public_url,
            routes,
            store,
            settings,
            http,
            seats,
            claims: Arc::default(),
            lanes: Lanes::default(),
            paces,
            access,
            proven: Proven::default(),
            spill,
            bodies,
            installing,
            health: Health::default(),
            searched: Notify::new(),
            taking: Arc::default(),
            unkept: Arc::default(),
            tasks: Mutex::default(),
        }
    }

    /// Runs something without which the application does not work.
    fn work(self: &Arc<Self>, worker: impl Future<Output = ()> + Send + 'static) {
        self.spawn(health::vital(Arc::clone(self), worker));
    }

    /// Runs something until it ends or the application does.
    pub(in crate::app) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// No code that holds the lock can panic.
    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a claim; `false` when it was lost. The store is asked until it answers: what is not
    /// kept is lost.
    pub(in crate::app) async fn finish(&self, claim: &Claim, next: Transition) -> bool {
        loop {
            match self
                .store
                .finish(claim, next.clone(), SystemTime::now())
                .await
            {
                Ok(finished) => {
                    if finished {
                        meter::finished(&next);
                    }
                    return finished;
                }
                Err(error) => store_pause("what became of a call", &error).await,
            }
        }
    }

    pub(in crate::app) async fn register(&self, portal: &Portal) -> Vec<Registered> {
        let mut at = Registration::new(self.public_url.as_str());
        if let Some(user) = portal.user_id {
            at = at.user_id(user);
        }
        let mut definitions = self
            .routes
            .values()
            .map(|r| r.definition)
            .collect::<Vec<_>>();
        definitions.sort_by_key(Definition::code);
        let registered = register(&self.paced_client(portal), &definitions, &at).await;
        for Registered { code, result } in &registered {
            let portal = &portal.member_id;
            match result {
                Ok(change) => tracing::info!(portal, robot = code, ?change, "registered"),
                Err(error) => tracing::error!(portal, robot = code, "not registered: {error}"),
            }
        }
        events::bind(self, portal).await;
        registered
    }

    /// The code of a call that no robot answers to.
    pub(in crate::app) fn unknown_robot(&self, code: &str) -> Error {
        let mut codes = self.routes.keys().copied().collect::<Vec<_>>();
        codes.sort_unstable();
        let (code, codes) = (printable(code), codes.join("`, `"));
        Error::new(
            ErrorKind::BadRequest,
            format!(
                "the application has no robot `{code}`, only `{codes}`; the call is kept and its \
                 workflow waits: add the robot and try the call again, or end the workflow on the \
                 portal and delete the registration"
            ),
        )
    }

    /// The robot's code as a label: one of the application's, never the portal's text.
    pub(in crate::app) fn robot_label(&self, code: &str) -> &'static str {
        let route = self.routes.get(code);
        route.map_or(outcome::UNKNOWN_ROBOT, |route| route.definition.code())
    }

    /// A client of the portal with the token stored at installation.
    pub(in crate::app) fn client(&self, portal: &Portal) -> Client {
        let (endpoint, token) = (portal.client_endpoint.clone(), portal.access_token.clone());
        Client::with_http(self.http.clone(), endpoint, token)
    }

    /// The same, called no faster than the portal allows; whoever sends answers keeps the pace
    /// itself.
    pub(in crate::app) fn paced_client(&self, portal: &Portal) -> Client {
        self.client(portal).paced(self.paces.of(&portal.member_id))
    }

    /// The portal of a call; `None` when it uninstalled the application. The store is asked until
    /// it answers: that it does not is no fault of the call.
    pub(in crate::app) async fn portal_of(&self, member_id: &str) -> Option<Arc<Portal>> {
        loop {
            match self.store.portal(member_id).await {
                Ok(portal) => return portal,
                Err(error) => store_pause("no portal", &error).await,
            }
        }
    }
}

#[async_trait]
impl Answers for Shared {
    /// The store is asked until it answers, for as long as the robot's code may run: that it does not
    /// is no fault of the code, which would have to run again.
    async fn keep(&self, token: &EventToken, answer: StoredReply) -> Result<bool> {
        let mut may_be_kept = false;
        loop {
            let kept = self
                .store
                .save_reply(token, answer.clone(), SystemTime::now());
            match kept.await {
                // The one that was first may be this one, from before the store failed.
                Ok(is_first) => return Ok(is_first || may_be_kept),
                Err(error) if error.kind() == ErrorKind::Store => {
                    store_pause("no room for an answer", &error).await;
                    may_be_kept = true;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Service")
            .field("public_url", &self.shared().public_url.as_str())
            .field("robots", &self.shared().routes.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
