use std::time::Duration;

/// The order in which the portal's site writes dates.
///
/// ```
/// use bizproc_portal::{Culture, Portal};
///
/// let builder = Portal::builder().culture(Culture::MonthDayYear);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Culture {
    /// `31.12.2025 22:20:30`.
    #[default]
    DayMonthYear,
    /// `12/31/2025 10:20:30 pm`.
    MonthDayYear,
}

/// Who runs the portal.
///
/// ```
/// use bizproc_portal::{Edition, Portal};
///
/// let builder = Portal::builder().edition(Edition::SelfHosted);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// The vendor, in the cloud: `b24` in a `FILTER`.
    #[default]
    Cloud,
    /// Its owner: `box` in a `FILTER`; it has every feature of a plan.
    SelfHosted,
}

impl Edition {
    /// As `FILTER` and the authorisation server name it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Cloud => "b24",
            Self::SelfHosted => "box",
        }
    }
}

/// The source whose HTTP statuses the errors of the REST core have.
///
/// ```
/// use bizproc_portal::{Portal, StatusProfile};
///
/// let builder = Portal::builder().status_profile(StatusProfile::Docs);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusProfile {
    /// The server's own.
    #[default]
    Server,
    /// The documentation's.
    Docs,
    /// Those that the official Python client expects where it differs from both.
    PythonSdk,
}

/// How `batch` refuses commands.
///
/// ```
/// use bizproc_portal::{BatchRefusal, Portal};
///
/// let builder = Portal::builder().batch_overflow(BatchRefusal::WholeCall);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BatchRefusal {
    /// Each command that is too many, or not allowed, has an error of its own.
    #[default]
    PerCommand,
    /// The whole call is refused, as the documentation says.
    WholeCall,
}

/// How many requests from one address the front end admits.
///
/// ```
/// use bizproc_portal::{Portal, RatePlan};
///
/// let builder = Portal::builder().rate_plan(RatePlan::Enterprise);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RatePlan {
    /// All of them.
    Off,
    /// A burst of 50, and 2 a second.
    #[default]
    Standard,
    /// A burst of 250, and 5 a second.
    Enterprise,
}

/// The event that notifies an application of its update.
///
/// ```
/// use bizproc_portal::{Portal, UpdateEvent};
///
/// let builder = Portal::builder().update_event(UpdateEvent::OnAppInstall);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateEvent {
    /// `ONAPPUPDATE`.
    #[default]
    OnAppUpdate,
    /// `ONAPPINSTALL`, which today's installer raises again.
    OnAppInstall,
    /// Nothing.
    None,
}

/// When an application receives `ONAPPINSTALL`. A real portal may delay it; it is not known by how
/// much.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{InstallEvent, Portal};
///
/// let late = InstallEvent::Late(Duration::from_mins(10));
/// let portal = Portal::builder().install_event(late).start().await?;
/// let app = portal.install("http://127.0.0.1:9000/bizproc/event").await?;
/// // It is installed, but was not notified until now.
/// portal.advance(Duration::from_mins(10));
/// # let _ = app;
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InstallEvent {
    /// While it is being installed.
    #[default]
    Immediately,
    /// This much later by the portal's clock, whatever has happened to the application by then;
    /// [`Portal::advance`](crate::Portal::advance) lets the time pass.
    Late(Duration),
    /// Not at all.
    Lost,
}

/// What happens to a step's call whose token owner was dismissed; it is not known what a real
/// portal does.
///
/// ```
/// use bizproc_portal::{DismissedOwner, Portal};
///
/// let builder = Portal::builder().dismissed_owner(DismissedOwner::NoCall);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DismissedOwner {
    /// The handler is called without tokens.
    #[default]
    CallWithoutTokens,
    /// The handler is not called; a step that waits for its reply waits until its time-out.
    NoCall,
}

/// The tokens in the call of a handler whose token owner is known.
///
/// ```
/// use bizproc_portal::{CallTokens, Portal};
///
/// let builder = Portal::builder().call_tokens(CallTokens::AccessOnly);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallTokens {
    /// An access token and a refresh token.
    #[default]
    Both,
    /// An access token only.
    AccessOnly,
    /// None.
    None,
}

/// What the queue between portal and handler does; by default it sends a call once and immediately.
///
/// Calls of handlers and events pass through it; notifications of an application's own
/// installation, update and uninstallation do not. Chances are between 0 and 1 and are drawn for
/// each call; times are the portal's, and [`Portal::advance`](crate::Portal::advance) lets them
/// pass.
///
/// ```
/// use std::time::Duration;
///
/// use bizproc_portal::{Portal, Queue};
///
/// let lossy = Queue { loss: 0.1, delay: Duration::from_secs(30), ..Queue::default() };
/// let builder = Portal::builder().queue(lossy);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Queue {
    /// The chance that a call is never sent.
    pub loss: f64,
    /// The chance that a call is sent twice.
    pub duplication: f64,
    /// How long a call stays in the queue before it is sent.
    pub delay: Duration,
    /// A handler that took longer than this to respond gets its next call later, by as much as it
    /// took.
    pub throttle_after: Option<Duration>,
    /// Whether a call without a 2xx response is retried, once a minute, up to three times.
    pub retries: bool,
}
