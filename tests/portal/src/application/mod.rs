//! Applications on a portal: their installation, update, uninstallation, payment, and the page of those that have one.

mod frame;
mod install;
mod installation;
mod lifecycle;
mod name;
mod tell;

pub use frame::Opened;
pub(crate) use frame::form;
pub use install::Install;
pub use installation::Installation;
pub(crate) use name::display_name;

use crate::{history::Delivery, state::State};

/// The user who installs; the portal's administrator.
const INSTALLER: u64 = crate::users::ADMINISTRATOR;

/// An application as the portal keeps it.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that changes by itself"
)]
#[derive(Debug, Clone, Default)]
pub(crate) struct Application {
    pub(crate) url: String,
    /// Whether it has a page; without one the portal itself binds it to `ONAPPINSTALL`.
    pub(crate) has_page: bool,
    /// Whether it is on the portal and may call methods.
    pub(crate) installed: bool,
    /// Whether its installation has ended: at once without a page, with `BX24.installFinish` otherwise.
    pub(crate) finished: bool,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) client_secret: String,
    pub(crate) version: i64,
    pub(crate) status: ApplicationStatus,
    pub(crate) payment_expired: bool,
    /// How long it is paid for.
    pub(crate) days: Option<i64>,
    /// Stands in every request to the application.
    pub(crate) token: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// The last event it was told of.
    pub(crate) told: Delivery,
}

impl Application {
    /// Whether events are sent to it.
    pub(crate) fn hears_events(&self) -> bool {
        self.installed && self.finished && !self.payment_expired
    }

    pub(crate) fn payment_flag(&self) -> &'static str {
        if self.payment_expired { "Y" } else { "N" }
    }
}

/// What kind of application the market has it as.
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

/// Why a step of an application cannot be executed, if it cannot.
pub(crate) fn step_fault(state: &State, client_id: &str) -> Option<&'static str> {
    match state.installations.get(client_id) {
        Some(application) if application.installed => application
            .payment_expired
            .then_some("Rest application status error: payment required"),
        _ => Some("Rest application not found."),
    }
}
