//! Setting up a portal.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::face::portal::Portal;
use crate::face::server;
use crate::face::server::tls::Authority;
use crate::face::site::Site;
use crate::model::shared::{Addresses, Shared};
use crate::rules::error::Error;
use crate::rules::settings::{
    BatchRefusal, CallTokens, Culture, DismissedOwner, Edition, InstallEvent, Platform, Queue,
    RatePlan, Settings, StatusProfile, UpdateEvent,
};
use crate::rules::token::Signer;
use crate::rules::{dates, random};
use crate::wire::{outbox, replies};

/// The settings of a portal that is about to start.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{Culture, Edition, Platform, Portal, Queue};
///
/// let portal = Portal::builder()
///     .platform(Platform::v24())
///     .edition(Edition::SelfHosted)
///     .language("de")
///     .culture(Culture::DayMonthYear)
///     .queue(Queue { delay: Duration::from_secs(30), ..Queue::default() })
///     .start()
///     .await?;
/// # let _ = portal;
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a portal starts with `start`"]
pub struct Builder {
    settings: Settings,
    port: u16,
    oauth_port: u16,
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

    /// The scopes of applications; `crm,bizproc,placement` by default.
    pub fn scope<'a>(mut self, scope: impl IntoIterator<Item = &'a str>) -> Self {
        self.settings.scope = scope.into_iter().map(str::to_owned).collect();
        self
    }

    /// How the site writes dates, `31.12.2025` by default.
    pub fn culture(self, culture: Culture) -> Self {
        self.settings.set_culture(culture);
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

    /// Cloud or self-hosted; the cloud by default.
    pub fn edition(mut self, edition: Edition) -> Self {
        self.settings.edition = edition;
        self
    }

    /// The plan's features. `bizproc`, which is among the defaults, includes every method of
    /// workflows; `crm_automation_lead`, `crm_automation_deal`, `crm_automation_order` and
    /// `tasks_automation` include robots only. `rest_offline_extended` and `rest_auth_connector`,
    /// also among the defaults, extend offline events. A self-hosted portal has all features.
    pub fn features<'a>(mut self, features: impl IntoIterator<Item = &'a str>) -> Self {
        self.settings.features = features.into_iter().map(str::to_owned).collect();
        self
    }

    /// Whether the portal uses `https` in the addresses it sends; it serves both schemes on its
    /// port in any case.
    ///
    /// With the feature `tls` only.
    #[cfg(feature = "tls")]
    pub fn https(mut self, https: bool) -> Self {
        self.settings.https = https;
        self
    }

    /// Whether webhooks are refused over plain http, as on a real portal; off by default.
    pub fn https_required(mut self, required: bool) -> Self {
        self.settings.https_required = required;
        self
    }

    /// The source whose HTTP statuses errors of the REST core have; the server itself by default.
    pub fn status_profile(mut self, profile: StatusProfile) -> Self {
        self.settings.status_profile = profile;
        self
    }

    /// How a batch refuses more than fifty commands; one by one by default.
    pub fn batch_overflow(mut self, refusal: BatchRefusal) -> Self {
        self.settings.batch_overflow = refusal;
        self
    }

    /// How a batch refuses commands that it does not allow; one by one by default.
    pub fn batch_forbidden(mut self, refusal: BatchRefusal) -> Self {
        self.settings.batch_forbidden = refusal;
        self
    }

    /// How many requests are admitted; the standard plan's limit by default, no limit on a
    /// self-hosted portal.
    pub fn rate_plan(mut self, plan: RatePlan) -> Self {
        self.settings.rate_plan = Some(plan);
        self
    }

    /// The seconds that one method may work for one application in ten minutes, `None` for no
    /// limit; 480 by default, no limit on a self-hosted portal.
    pub fn operating_limit(mut self, seconds: Option<u32>) -> Self {
        self.settings.operating_limit = Some(seconds.unwrap_or(0));
        self
    }

    /// Whether an update of an application wipes its registrations; it does by default.
    pub fn update_wipes_registrations(mut self, wipes: bool) -> Self {
        self.settings.update_wipes_registrations = wipes;
        self
    }

    /// The event that notifies an application of its update; `ONAPPUPDATE` by default.
    pub fn update_event(mut self, event: UpdateEvent) -> Self {
        self.settings.update_event = event;
        self
    }

    /// When an application receives `ONAPPINSTALL`, at its first and every later installation;
    /// immediately by default.
    ///
    /// A real portal may delay it. The application is installed in any case, as
    /// [`Installation::last_notification`](crate::Installation::last_notification) shows.
    pub fn install_event(mut self, event: InstallEvent) -> Self {
        self.settings.install_event = event;
        self
    }

    /// Whether robots and activities of an application with a page are called before its
    /// installation has finished; they are by default.
    ///
    /// It is not known what a real portal does; events are withheld until then in any case. A
    /// withheld call is not made later: the step waits, and the history contains
    /// [`Event::CallWithheld`](crate::Event::CallWithheld).
    pub fn calls_before_install_finish(mut self, calls: bool) -> Self {
        self.settings.calls_before_install_finish = calls;
        self
    }

    /// What happens to a step's call whose token owner was dismissed; by default it has no tokens.
    ///
    /// A call that is not made is [`Event::CallWithheld`](crate::Event::CallWithheld) in the
    /// history.
    pub fn dismissed_owner(mut self, fate: DismissedOwner) -> Self {
        self.settings.dismissed_owner = fate;
        self
    }

    /// The tokens in calls of handlers; an access and a refresh token by default.
    pub fn call_tokens(mut self, tokens: CallTokens) -> Self {
        self.settings.call_tokens = tokens;
        self
    }

    /// How long a workflow is locked after each of its steps; not at all by default.
    pub fn lock_window(mut self, window: Duration) -> Self {
        self.settings.lock_window = window;
        self
    }

    /// The shortest and the longest time-out that takes effect, as in a portal's options; no limits
    /// by default.
    ///
    /// The handler still receives what the author typed.
    pub fn time_out_limits(mut self, least: Duration, most: Duration) -> Self {
        let seconds = |limit: Duration| i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
        self.settings.time_out_limits = (seconds(least), seconds(most));
        self
    }

    /// What the queue between portal and handler does; by default it sends once and immediately.
    pub fn queue(mut self, queue: Queue) -> Self {
        self.settings.queue = queue;
        self
    }

    /// Whether a single value arrives as a list of one, `properties[x][0]`; it does not by default.
    pub fn single_wrapped(mut self, wrapped: bool) -> Self {
        self.settings.single_wrapped = wrapped;
        self
    }

    /// How long a handler may take to respond, 15 seconds by default.
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.settings.delivery_timeout = timeout;
        self
    }

    /// Whether the portal is registered at the authorisation server; it is by default. Otherwise no
    /// handler is called: the step closes immediately with the defaults of its outputs, and the
    /// workflow continues.
    pub fn oauth_registered(mut self, registered: bool) -> Self {
        self.settings.oauth_registered = registered;
        self
    }

    /// How many records the history keeps before it drops the oldest; 100,000 by default.
    pub fn history_limit(mut self, records: usize) -> Self {
        self.settings.history_limit = records;
        self
    }

    /// A fixed port; a free one by default.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A fixed port for the authorisation server; a free one by default.
    pub fn oauth_port(mut self, port: u16) -> Self {
        self.oauth_port = port;
        self
    }

    /// Starts the portal.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if the port is taken, [`Error::Zone`] if the server's or the users' zone
    /// does not exist, [`Error::Start`] if the HTTP client cannot be made.
    pub async fn start(self) -> Result<Portal, Error> {
        dates::check_zones(&self.settings)?;
        let authority = Arc::new(Authority::new()?);
        let (listener, portal) = listen(self.port, self.settings.https).await?;
        let (oauth_listener, authorisation) = listen(self.oauth_port, self.settings.https).await?;
        let addresses = Addresses {
            portal,
            authorisation,
        };
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(self.settings.delivery_timeout)
            .user_agent("bizproc-portal")
            .build()
            .map_err(|error| Error::Start(error.to_string()))?;
        let signer = Signer::new(&random::hex32())
            .ok_or_else(|| Error::Start("the key for event tokens is refused".to_owned()))?;
        let (replies, waiting) = mpsc::unbounded_channel();
        let (outbox, postings) = mpsc::unbounded_channel();
        let shared = Shared::new(self.settings, addresses, http, signer, replies, outbox);
        let portal = Portal::new(Arc::clone(&shared), Arc::clone(&authority));
        let routers = [
            (listener, server::portal(Site::new(&portal))),
            (oauth_listener, server::authorisation(Arc::clone(&shared))),
        ];
        for (listener, router) in routers {
            shared.spawn(server::serve(listener, Arc::clone(&authority), router));
        }
        shared.spawn(replies::run(Arc::clone(&shared), waiting));
        shared.spawn(outbox::run(Arc::clone(&shared), postings));
        Ok(portal)
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

    /// Sets up a portal with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Opens a listener on loopback, and returns it with its url.
async fn listen(port: u16, https: bool) -> Result<(TcpListener, String), Error> {
    let address = format!("127.0.0.1:{port}");
    let refuse = |source| Error::Listen {
        address: address.clone(),
        source,
    };
    let listener = TcpListener::bind(&address).await.map_err(refuse)?;
    let scheme = if https { "https" } else { "http" };
    let url = format!("{scheme}://{}", listener.local_addr().map_err(refuse)?);
    Ok((listener, url))
}
