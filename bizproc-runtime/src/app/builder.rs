use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::app::http::public_url::check as check_public_url;
use crate::app::http::routes::check_path;
use crate::app::http::server;
use crate::app::inbox::journal::Spill;
use crate::app::lifecycle::{signalled, taking_ends};
use crate::app::service::{Service, Shared};
use crate::app::settings::Settings;
use crate::app::worker::handler::{Handler, Route};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::form::Limits;
use crate::property::Culture;
use crate::rest::RateLimit;
use crate::robot::Robot;
use crate::store::{Memory, Store};

/// An application of robots, being put together.
///
/// ```no_run
/// use bizproc_runtime::{App, Call, Replied, Result, Robot};
///
/// /// Ping
/// #[derive(Robot)]
/// #[robot(code = "acme_ping")]
/// struct Ping;
///
/// async fn ping(call: Call<Ping>) -> Result<Replied> {
///     call.reply(()).await
/// }
///
/// # async fn run() -> Result<()> {
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.expect("a free port");
/// App::new("https://app.example/b24").robot(ping).serve(listener).await
/// # }
/// ```
///
/// The application's card is of the kind without an interface ("script only") and names
/// `https://app.example/b24/install` as its install address. When a portal installs it, the robots are registered there, with
/// [`DEFAULT_HANDLER_PATH`](crate::definition::DEFAULT_HANDLER_PATH) or their own `handler` as
/// address. Then the install address is bound to `ONAPPUPDATE` and `ONAPPUNINSTALL`: a portal by itself tells of
/// installations only, and after an update calls come with a new application token.
///
/// What it logs and counts, its health and the operator's page are on the page of the [module](crate::app).
pub struct App {
    public_url: String,
    routes: Vec<Route>,
    store: Arc<dyn Store>,
    pub(in crate::app) settings: Settings,
    spill: Option<PathBuf>,
    http: Option<reqwest::ClientBuilder>,
}

impl App {
    /// An application that portals reach under this public address, such as
    /// `https://app.example/b24`. The routes stand below its path.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            routes: Vec::new(),
            store: Arc::new(Memory::new()),
            settings: Settings::default(),
            spill: None,
            http: None,
        }
    }

    /// Adds a robot with its code, an `async fn` from its [`Call`](crate::Call) to
    /// [`Replied`](crate::Replied).
    ///
    /// The code may run more than once for a call: after an error, after a crash. After its
    /// [attempts](App::max_attempts) the workflow goes on without values, with the error in its log.
    #[must_use]
    pub fn robot<R, H>(mut self, handler: H) -> Self
    where
        R: Robot + Send + 'static,
        R::Returns: Send,
        H: Handler<R>,
    {
        // The derive checks this where it stands; of a generic struct it cannot.
        const { R::DEFINITION.checked() };
        self.routes.push(Route::new(handler));
        self
    }

    /// Keeps calls and portals in this store instead of in memory.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// Keeps calls in this file when the store does not take them, until it does again. Best on
    /// another disk than the store. Without it such a call runs at once, and a crash would lose it.
    ///
    /// The file holds whole calls, tokens included, as long as the store fails.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.spill = Some(path.into());
        self
    }

    /// Trusts one more authorisation server, such as a portal emulator's host.
    #[must_use]
    pub fn trust_oauth_host(mut self, host: impl Into<String>) -> Self {
        self.settings.oauth_hosts.push(host.into());
        self
    }

    /// Accepts installations of this application only, by the `client_id` on its card. Set it:
    /// without it the first installation on a portal may be any application's.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.settings.client_id = Some(client_id.into());
        self
    }

    /// The secret on the application's card (`client_secret`). With it access tokens that ran out
    /// are renewed; it goes to the authorisation server of a portal's installation and nowhere else.
    ///
    /// ```
    /// # fn secret() -> String { String::new() }
    /// use bizproc_runtime::App;
    ///
    /// let app = App::new("https://app.example").client_id("local.1a2b3c").client_secret(secret());
    /// ```
    #[must_use]
    pub fn client_secret(mut self, client_secret: impl Into<SecretString>) -> Self {
        self.settings.client_secret = Some(client_secret.into());
        self
    }

    /// How portals write dates, for those that are installed from now on.
    #[must_use]
    pub fn culture(mut self, culture: Culture) -> Self {
        self.settings.culture = culture;
        self
    }

    /// What one request's body may hold.
    #[must_use]
    pub fn form_limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// How many calls run at the same time, 64 unless set; the others wait in the store, and those
    /// whose step stops waiting first go first. A robot that is slow leaves one place to each of
    /// the others.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = calls.max(1);
        self
    }

    /// How many calls of the robot `R` run at the same time; as many as of all robots unless set.
    ///
    /// ```
    /// use bizproc_runtime::{App, Robot};
    ///
    /// /// Scan
    /// #[derive(Robot)]
    /// #[robot(code = "acme_scan")]
    /// struct Scan;
    ///
    /// let app = App::new("https://app.example").concurrency_for::<Scan>(2);
    /// ```
    #[must_use]
    pub fn concurrency_for<R: Robot>(mut self, calls: usize) -> Self {
        let code = R::DEFINITION.code();
        self.settings.concurrency_for.insert(code, calls.max(1));
        self
    }

    /// How often a robot's code is tried for one call, with growing pauses, before the workflow is
    /// told that it failed; three times unless set.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.attempts = attempts.max(1);
        self
    }

    /// How long one run of a robot's code may take, ten minutes unless set; it also ends when the
    /// step stops waiting. A run that does not end is cancelled and counts as failed.
    #[must_use]
    pub fn handler_timeout(mut self, limit: Duration) -> Self {
        self.settings.time_limit = limit;
        self
    }

    /// When an answer is said again that the portal took, counted from each time it did; 15
    /// seconds and then 6 minutes unless set. Portals since 2026 take an answer before they apply
    /// it, and drop it when the workflow is busy just then; one that was applied is not harmed by a
    /// repetition.
    #[must_use]
    pub fn redelivery(mut self, pauses: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.redelivery = pauses.into_iter().collect();
        self
    }

    /// How long calls are kept that were settled, a week unless set: so long is a repeated call
    /// known again. Their bodies go at once.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.settings.retention = retention;
        self
    }

    /// The longest body of a request, in bytes; [`DEFAULT_BODY_LIMIT`](crate::app::DEFAULT_BODY_LIMIT) unless set.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = bytes;
        self
    }

    /// How long a client may take for the head of a request, for its body, and for taking the
    /// answer; 30 seconds each unless set. In an axum server of your own it holds for bodies.
    #[must_use]
    pub fn client_timeout(mut self, limit: Duration) -> Self {
        self.settings.client_timeout = limit;
        self
    }

    /// How many connections [`App::serve`] has open at the same time, 512 unless set; each takes a
    /// descriptor of the process. Whoever comes when all are taken waits until one is free.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.settings.connections = connections.max(1);
        self
    }

    /// How many requests every portal gets; [`RateLimit::STANDARD`] unless set.
    #[must_use]
    pub fn rate_limit(mut self, rate: RateLimit) -> Self {
        self.settings.rate_limit = rate;
        self
    }

    /// Calls portals through an HTTP client with these settings: proxies, certificates. Time-outs
    /// and the refusal of redirects are set on top of them.
    #[must_use]
    pub fn http_client(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Some(builder);
        self
    }

    /// The definitions of the robots, in the order they were added.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.routes.iter().map(|route| &route.definition)
    }

    /// Starts the workers on the current runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: two robots with one code or one settings page, a path that cannot
    /// take calls, a public address that portals refuse.
    /// [`Definition::assert_unique`](crate::definition::Definition::assert_unique) finds the first at compile
    /// time.
    pub fn start(self) -> Result<Service> {
        let public_url = check_public_url(&self.public_url)?;
        let http = self
            .http
            .map_or_else(crate::rest::http, crate::rest::http_from)?;
        let mut routes = HashMap::new();
        let mut pages = HashSet::new();
        for route in self.routes {
            let code = route.definition.code();
            check_path(route.definition.handler())?;
            if let Some(page) = route.definition.placement()
                && !pages.insert(page)
            {
                let message = format!(
                    "two robots have the settings page `{page}`, and a portal takes an address \
                     once; give each its own"
                );
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            if routes.insert(code, Arc::new(route)).is_some() {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    format!(
                        "two robots have the code `{code}`; robots and activities of an application \
                         share their codes, and each needs its own"
                    ),
                ));
            }
        }
        if self.settings.client_id.is_none() {
            tracing::warn!(
                "no `App::client_id`: a portal's first installation may be any application's"
            );
        }
        let spill = self.spill.as_deref().map(Spill::open).transpose()?;
        let (store, settings) = (self.store, self.settings);
        #[cfg(feature = "operator")]
        let settings = crate::app::operator::prepare(settings)?;
        let shared = Shared::new(public_url, routes, store, settings, http, spill);
        Ok(Service::start(shared))
    }

    /// How long the application may take to end, 20 seconds unless set. Service managers kill what
    /// takes longer than they allow: Kubernetes after 30 seconds, systemd after 90.
    #[must_use]
    pub fn shutdown_timeout(mut self, limit: Duration) -> Self {
        self.settings.drain = limit;
        self
    }

    /// Serves the routes on a listener until the program is told to end, by SIGTERM or Ctrl-C. Then
    /// it [drains](Service::shutdown); calls are accepted until that is done, so that none is lost in
    /// between. Calls that the store is just asked to keep, when it is slow, have half a minute more.
    ///
    /// # Errors
    ///
    /// As [`App::start`].
    pub async fn serve(self, listener: tokio::net::TcpListener) -> Result<()> {
        let limit = self.settings.drain;
        let bounds = server::Bounds {
            connections: self.settings.connections,
            patience: self.settings.client_timeout,
        };
        let service = self.start()?;
        let drained = async {
            signalled().await;
            tracing::info!(?limit, "told to end");
            service.shutdown(limit).await;
        };
        server::serve(listener, service.router(), bounds, drained).await;
        taking_ends(&service.running.shared).await;
        Ok(())
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = self.definitions().map(Definition::code).collect::<Vec<_>>();
        formatter
            .debug_struct("App")
            .field("public_url", &self.public_url)
            .field("robots", &codes)
            .finish_non_exhaustive()
    }
}
