#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::app::http::{check_path, check_public_url};
use crate::app::inbox::Journal;
#[cfg(feature = "operator")]
use crate::app::operator::Keys;
use crate::app::service::Service;
use crate::app::settings::Settings;
use crate::app::wiring::{Ingredients, start};
use crate::app::worker::{AnyRobot, Handler, Robots};
use crate::definition::Definition;
use crate::error::Result;
use crate::form::Limits;
use crate::property::Culture;
use crate::rest::{RateLimit, http, http_from};
use crate::robot::Robot;
use crate::store::{Memory, Store};

/// Builds an application of robots.
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
/// `https://app.example/b24/install` as its install address. When a portal installs it, the robots
/// are registered there, with [`DEFAULT_HANDLER_PATH`](crate::definition::DEFAULT_HANDLER_PATH) or
/// their own `handler` as address. Then the install address is bound to `ONAPPUPDATE` and
/// `ONAPPUNINSTALL`: by itself a portal reports installations only, and after an update calls come
/// with a new application token.
///
/// Logs, metrics, health and the operator's page are described in the [module](crate::app).
pub struct App {
    public_url: String,
    robots: Vec<AnyRobot>,
    store: Arc<dyn Store>,
    settings: Settings,
    journal: Option<PathBuf>,
    http: Option<reqwest::ClientBuilder>,
}

impl App {
    /// An application that portals reach at this public address, such as
    /// `https://app.example/b24`. Its routes are below that path.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            robots: Vec::new(),
            store: Arc::new(Memory::new()),
            settings: Settings::default(),
            journal: None,
            http: None,
        }
    }

    /// Adds a robot with its code, an `async fn` from its [`Call`](crate::Call) to
    /// [`Replied`](crate::Replied).
    ///
    /// The code may run more than once for a call: after an error or after a crash. After
    /// [`max_attempts`](App::max_attempts) the workflow continues without values, with the error in
    /// its log.
    #[must_use]
    pub fn robot<R, H>(mut self, handler: H) -> Self
    where
        R: Robot + Send + 'static,
        R::Returns: Send,
        H: Handler<R>,
    {
        // The derive checks its own struct, but not a generic one.
        const { R::DEFINITION.checked() };
        self.robots.push(AnyRobot::new(handler));
        self
    }

    /// Stores calls and portals here instead of in memory.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// Writes calls to this file when the store fails, until it works again; best on another disk than
    /// the store. Without a journal such a call runs immediately, and a crash would lose it.
    ///
    /// While the store fails, the file holds whole calls, including tokens.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Trusts one more authorisation server, such as a portal emulator's host.
    #[must_use]
    pub fn trust_oauth_host(mut self, host: impl Into<String>) -> Self {
        self.settings.installations.oauth_hosts.push(host.into());
        self
    }

    /// Accepts installations of this application only, by the `client_id` on its card. Set it:
    /// without it a portal's first installation may be any application's.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.settings.installations.client_id = Some(client_id.into());
        self
    }

    /// The secret on the application's card (`client_secret`), with which expired access tokens are
    /// renewed. It is sent to the authorisation server of a portal's installation and nowhere else.
    ///
    /// ```
    /// # fn secret() -> String { String::new() }
    /// use bizproc_runtime::App;
    ///
    /// let app = App::new("https://app.example").client_id("local.1a2b3c").client_secret(secret());
    /// ```
    #[must_use]
    pub fn client_secret(mut self, client_secret: impl Into<SecretString>) -> Self {
        self.settings.installations.client_secret = Some(client_secret.into());
        self
    }

    /// How portals write dates; it applies to portals that install the application from now on.
    #[must_use]
    pub fn culture(mut self, culture: Culture) -> Self {
        self.settings.installations.culture = culture;
        self
    }

    /// The limits of one request's form.
    #[must_use]
    pub fn form_limits(mut self, limits: Limits) -> Self {
        self.settings.runs.form_limits = limits;
        self
    }

    /// How many calls run at the same time; 64 by default. The others wait in the store, and those
    /// whose step stops waiting first run first. A slow robot leaves one run to each of the others.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.runs.concurrency = calls.max(1);
        self
    }

    /// How many calls of the robot `R` run at the same time; [`concurrency`](App::concurrency) by
    /// default.
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
        self.settings
            .runs
            .concurrency_for
            .insert(code, calls.max(1));
        self
    }

    /// How often a robot's code runs for one call, with growing delays, before the workflow continues
    /// with the failure; three times by default.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.runs.max_attempts = attempts.max(1);
        self
    }

    /// How long one run of a robot's code may take; ten minutes by default, or until the step stops
    /// waiting. A run that takes longer is cancelled and counts as failed.
    #[must_use]
    pub fn handler_timeout(mut self, limit: Duration) -> Self {
        self.settings.runs.handler_timeout = limit;
        self
    }

    /// Delays after which a delivered reply is sent again; 15 seconds, then 6 minutes by default.
    /// Portals since 2026 acknowledge a reply before applying it and silently drop it if the workflow
    /// is busy; a duplicate is harmless.
    #[must_use]
    pub fn redelivery(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.replies.redelivery = delays.into_iter().collect();
        self
    }

    /// How long completed calls are kept to detect duplicates; one week by default. Their bodies are
    /// deleted immediately.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.settings.retention = retention;
        self
    }

    /// The longest body of a request, in bytes;
    /// [`DEFAULT_BODY_LIMIT`](crate::app::DEFAULT_BODY_LIMIT) by default.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.http.body_limit = bytes;
        self
    }

    /// How long a client may take to send the head of a request, to send its body, and to read the
    /// response; 30 seconds each by default. In an axum server of your own it applies to bodies.
    #[must_use]
    pub fn client_timeout(mut self, limit: Duration) -> Self {
        self.settings.http.client_timeout = limit;
        self
    }

    /// How many connections [`App::serve`] has open at the same time; 512 by default. Each uses a
    /// descriptor of the process. Further clients wait in the listen queue until a connection closes.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.settings.http.max_connections = connections.max(1);
        self
    }

    /// How many requests are sent to each portal; [`RateLimit::STANDARD`] by default.
    #[must_use]
    pub fn rate_limit(mut self, rate: RateLimit) -> Self {
        self.settings.replies.rate_limit = rate;
        self
    }

    /// Calls portals with an HTTP client of these settings, such as proxies and certificates. Time
    /// limits and the refusal of redirects are set on top of them.
    #[must_use]
    pub fn http_client(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Some(builder);
        self
    }

    /// Adds the operator's page at `{public address}/-/calls`, behind this password: the number of
    /// calls in each stage, paused portals, dead letters, and the buttons that resume and retry.
    ///
    /// The browser asks for the password by HTTP Basic, with any user name. It has at least 16
    /// characters: let a password manager make it. After wrong passwords the page refuses new
    /// clients for a growing time, up to a minute; a browser that was let in before does not wait.
    /// The page names portals, robots, workflows' errors and the ids of return values, but shows no
    /// values and no tokens.
    ///
    /// ```
    /// use bizproc_runtime::App;
    ///
    /// let app = App::new("https://app.example/b24");
    /// let app = match std::env::var("OPERATOR_PASSWORD") {
    ///     Ok(password) => app.operator_password(password),
    ///     Err(_) => app, // no page
    /// };
    /// ```
    #[cfg(feature = "operator")]
    #[must_use]
    pub fn operator_password(mut self, password: impl Into<SecretString>) -> Self {
        self.settings.operator_password = Some(password.into());
        self
    }

    /// The definitions of the robots, in the order they were added.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.robots.iter().map(|robot| &robot.definition)
    }

    /// Starts the workers on the current runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): two robots with one code or one settings page, a path that cannot
    /// receive calls, a public address that portals refuse.
    /// [`Definition::assert_unique`](crate::definition::Definition::assert_unique) finds the first at compile
    /// time.
    pub fn start(self) -> Result<Service> {
        let public_url = check_public_url(&self.public_url)?;
        let http = self.http.map_or_else(http, http_from)?;
        for robot in &self.robots {
            check_path(robot.definition.handler())?;
        }
        let robots = Robots::new(self.robots)?;
        if self.settings.installations.client_id.is_none() {
            tracing::warn!(
                "no `App::client_id`: a portal's first installation may be any application's"
            );
        }
        let journal = self.journal.as_deref().map(Journal::open).transpose()?;
        #[cfg(feature = "operator")]
        let keys = self
            .settings
            .operator_password
            .as_ref()
            .map(Keys::new)
            .transpose()?;
        let parts = start(Ingredients {
            public_url,
            robots,
            store: self.store,
            settings: self.settings,
            http,
            journal,
        });
        Ok(Service::new(
            parts,
            #[cfg(feature = "operator")]
            keys,
        ))
    }

    /// How long a shutdown may take; 20 seconds by default. Service managers kill a program that takes
    /// longer than they allow: Kubernetes after 30 seconds, systemd after 90.
    #[must_use]
    pub fn shutdown_timeout(mut self, limit: Duration) -> Self {
        self.settings.shutdown_timeout = limit;
        self
    }

    /// Serves the routes on a listener until SIGTERM or Ctrl-C, and then [shuts
    /// down](Service::shutdown). Calls are accepted until the shutdown is complete, so that none is
    /// lost in between. Calls that a slow store is just accepting have half a minute more.
    ///
    /// # Errors
    ///
    /// As [`App::start`].
    pub async fn serve(self, listener: tokio::net::TcpListener) -> Result<()> {
        let limit = self.settings.shutdown_timeout;
        let settings = self.settings.http.clone();
        let service = self.start()?;
        service.serve(listener, settings, limit).await;
        Ok(())
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> = self.definitions().map(Definition::code).collect();
        formatter
            .debug_struct("App")
            .field("public_url", &self.public_url)
            .field("robots", &codes)
            .finish_non_exhaustive()
    }
}
