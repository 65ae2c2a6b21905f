//! An application as the portal stores it.

use crate::model::history::Delivery;
use crate::model::users::ADMINISTRATOR;

/// The user who installs; the portal's administrator.
pub(crate) const INSTALLER: u64 = ADMINISTRATOR;

/// An application as the portal stores it.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that changes by itself"
)]
#[derive(Debug, Clone, Default)]
pub(crate) struct Application {
    pub(crate) url: String,
    /// Whether it has a page; an application without one is bound to `ONAPPINSTALL` by the portal
    /// itself.
    pub(crate) has_page: bool,
    /// Whether it is on the portal and may call methods.
    pub(crate) installed: bool,
    /// Whether its installation has finished: immediately without a page, otherwise with
    /// `BX24.installFinish`.
    pub(crate) finished: bool,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) client_secret: String,
    pub(crate) version: i64,
    pub(crate) status: ApplicationStatus,
    pub(crate) payment_expired: bool,
    /// How long it is paid for.
    pub(crate) days: Option<i64>,
    /// Part of every request to the application.
    pub(crate) token: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// The last request that notified it.
    pub(crate) last_notification: Delivery,
}

impl Application {
    /// Whether events are sent to it.
    pub(crate) fn receives_events(&self) -> bool {
        self.installed && self.finished && !self.payment_expired
    }

    pub(crate) fn payment_flag(&self) -> &'static str {
        if self.payment_expired { "Y" } else { "N" }
    }
}

/// The kind of an application in the market.
///
/// ```
/// use bizproc_portal::ApplicationStatus;
///
/// assert_eq!(ApplicationStatus::default().letter(), "L");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApplicationStatus {
    /// `F`, free of charge.
    Free,
    /// `D`, a demonstration.
    Demo,
    /// `T`, on trial for some time.
    Trial,
    /// `P`, paid.
    Paid,
    /// `L`, made for this one portal.
    #[default]
    Local,
    /// `S`, part of a subscription.
    Subscription,
}

impl ApplicationStatus {
    /// The letter by which `app.info`, `auth` and frames name it.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Free => "F",
            Self::Demo => "D",
            Self::Trial => "T",
            Self::Paid => "P",
            Self::Local => "L",
            Self::Subscription => "S",
        }
    }
}

/// A page that was opened.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// let app = portal.install("http://127.0.0.1:9000/install").with_page().await?;
/// let page = app.open().await?;
/// assert_eq!(page.status, 200);
/// assert!(page.html.contains("BX24.installFinish"));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// Its HTTP status.
    pub status: u16,
    /// Its contents.
    pub html: String,
}
