//! A whole application: robots and their code, the routes that portals call, the workers.

mod events;
mod handler;
mod install;
mod routes;
mod sender;
mod service;
mod worker;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use handler::Handler;
pub use routes::{BODY_BYTES, INSTALL_PATH};
pub use service::Service;

use crate::definition::Definition;
use crate::error::{Error, Kind, Result};
use crate::form::Limits;
use crate::property::Culture;
use crate::robot::Robot;
use crate::store::{Memory, Store};
use handler::Route;

/// The authorisation servers of the platform: the only hosts that may vouch for an installation.
const OAUTH_HOSTS: [&str; 2] = ["oauth.bitrix.info", "oauth.bitrix24.tech"];

/// How many calls run at the same time, unless [`App::concurrency`] says otherwise.
const CONCURRENCY: usize = 64;

/// How often a robot's code is tried, unless [`App::attempts`] says otherwise.
const ATTEMPTS: usize = 3;

/// How long one run of a robot's code may take, unless [`App::time_limit`] says otherwise.
const TIME_LIMIT: Duration = Duration::from_mins(10);

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
pub struct App {
    public_url: String,
    routes: Vec<Route>,
    store: Arc<dyn Store>,
    oauth_hosts: Vec<String>,
    client_id: Option<String>,
    culture: Culture,
    limits: Limits,
    concurrency: usize,
    attempts: usize,
    time_limit: Duration,
    body_limit: usize,
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
            oauth_hosts: OAUTH_HOSTS.map(str::to_owned).to_vec(),
            client_id: None,
            culture: Culture::default(),
            limits: Limits::default(),
            concurrency: CONCURRENCY,
            attempts: ATTEMPTS,
            time_limit: TIME_LIMIT,
            body_limit: BODY_BYTES,
            http: None,
        }
    }

    /// Adds a robot with its code, an `async fn` from its [`Call`](crate::Call) to
    /// [`Replied`](crate::Replied).
    ///
    /// The code may run more than once for a call: after an error, after a crash. After its
    /// [attempts](App::attempts) the workflow goes on without values, with the error in its log.
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

    /// Trusts one more authorisation server, such as a portal emulator's host.
    #[must_use]
    pub fn oauth_host(mut self, host: impl Into<String>) -> Self {
        self.oauth_hosts.push(host.into());
        self
    }

    /// Accepts installations of this application only, by the `client_id` on its card. Set it:
    /// without it the first installation on a portal may be any application's.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// How portals write dates, for those that are installed from now on.
    #[must_use]
    pub fn culture(mut self, culture: Culture) -> Self {
        self.culture = culture;
        self
    }

    /// What one request's body may hold.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many calls run at the same time; the others wait in the store.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How often a robot's code is tried for one call, with growing pauses, before the workflow is
    /// told that it failed; three times unless set.
    #[must_use]
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How long one run of a robot's code may take, ten minutes unless set; it also ends when the
    /// step stops waiting. A run that does not end is cancelled and counts as failed.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The longest body of a request, in bytes; [`BODY_BYTES`] unless set.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Calls portals through an HTTP client with these settings: proxies, certificates. Time-outs
    /// and the refusal of redirects are set on top of them.
    #[must_use]
    pub fn http(mut self, builder: reqwest::ClientBuilder) -> Self {
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
    /// [`Kind::Configuration`]: two robots with one code or one settings page, a path that cannot
    /// take calls, a public address that portals refuse.
    /// [`Definition::distinct`](crate::definition::Definition::distinct) finds the first at compile
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
            routes::check_path(route.definition.handler_path())?;
            if let Some(page) = route.definition.placement_path()
                && !pages.insert(page)
            {
                let message = format!(
                    "two robots have the settings page `{page}`, and a portal takes an address \
                     once; give each its own"
                );
                return Err(Error::new(Kind::Configuration, message));
            }
            if routes.insert(code, Arc::new(route)).is_some() {
                return Err(Error::new(
                    Kind::Configuration,
                    format!(
                        "two robots have the code `{code}`; robots and activities of an application \
                         share their codes, and each needs its own"
                    ),
                ));
            }
        }
        if self.client_id.is_none() {
            tracing::warn!(
                "no `App::client_id`: a portal's first installation may be any application's"
            );
        }
        Ok(Service::start(service::Shared {
            public_url,
            routes,
            store: self.store,
            oauth_hosts: self.oauth_hosts,
            client_id: self.client_id,
            culture: self.culture,
            limits: self.limits,
            body_limit: self.body_limit,
            concurrency: self.concurrency,
            attempts: self.attempts,
            time_limit: self.time_limit,
            http,
        }))
    }

    /// Serves the routes on a listener until the program ends.
    ///
    /// # Errors
    ///
    /// As [`App::start`].
    pub async fn serve(self, listener: tokio::net::TcpListener) -> Result<()> {
        let service = self.start()?;
        axum::serve(listener, service.router())
            .await
            .map_err(|error| {
                Error::new(Kind::Configuration, format!("the listener failed: {error}"))
                    .with_source(error)
            })
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

/// The portal's rule for handlers (`bizproc.robot.add`, `HANDLER`): a host with a dot in it, and at
/// most 1000 characters. Plain `http` is for loopback only.
fn check_public_url(text: &str) -> Result<Url> {
    const LONGEST: usize = 800;
    let fault = |message: String| Error::new(Kind::Configuration, message);
    let url = crate::portal::endpoint(text)
        .map_err(|error| fault(format!("the public address cannot be used: {error}")))?;
    let dotted = url
        .host_str()
        .and_then(|host| host.find('.'))
        .is_some_and(|dot| dot > 0);
    if !dotted {
        return Err(fault(format!(
            "the public address `{text}` has no dot in its host, and portals refuse it; write \
             `127.0.0.1` instead of `localhost`"
        )));
    }
    let path = url.path().trim_end_matches('/');
    if !path.is_empty() {
        routes::check_path(path).map_err(|error| fault(format!("the public address: {error}")))?;
    }
    if url.query().is_some() || url.fragment().is_some() || text.chars().count() > LONGEST {
        return Err(fault(format!(
            "the public address must have no `?`, no `#` and at most {LONGEST} characters: paths \
             are appended to it"
        )));
    }
    Ok(url)
}
