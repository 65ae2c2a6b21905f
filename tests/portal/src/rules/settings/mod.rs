//! The settings of a portal: its version, plan, language, date format, zones.

mod platform;
mod switches;

pub use platform::{
    AddRace, BaseTypes, CallDispatch, EventSend, PlacementDuplicate, Platform, TimeStart,
};
pub use switches::{
    BatchRefusal, CallTokens, Culture, DismissedOwner, Edition, InstallEvent, Queue, RatePlan,
    StatusProfile, UpdateEvent,
};

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

/// A setting that may change while the portal runs.
#[derive(Debug, Default)]
struct Changeable<T>(Mutex<T>);

impl<T: Copy> Changeable<T> {
    fn get(&self) -> T {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl<T: Copy> Clone for Changeable<T> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.get()))
    }
}

/// The settings of a portal, all fixed at its start except the culture.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) platform: Platform,
    pub(crate) edition: Edition,
    /// What the plan includes.
    pub(crate) features: Vec<String>,
    pub(crate) language: String,
    pub(crate) scope: Vec<String>,
    culture: Changeable<Culture>,
    /// Seconds east of Greenwich.
    pub(crate) server_offset: i32,
    /// Seconds by which the users' clocks are ahead of the server's.
    pub(crate) user_offset: i32,
    /// Whether the portal uses `https` in the addresses it sends.
    pub(crate) https: bool,
    /// Whether webhooks are refused over plain http.
    pub(crate) https_required: bool,
    pub(crate) status_profile: StatusProfile,
    pub(crate) batch_overflow: BatchRefusal,
    pub(crate) batch_forbidden: BatchRefusal,
    /// The set plan, or else the edition's own.
    pub(crate) rate_plan: Option<RatePlan>,
    /// Seconds that one method may work for one application in ten minutes, 0 for no limit; `None`
    /// for the edition's own limit.
    pub(crate) operating_limit: Option<u32>,
    pub(crate) update_wipes_registrations: bool,
    pub(crate) update_event: UpdateEvent,
    pub(crate) install_event: InstallEvent,
    /// Whether steps of an application are called before its installation has finished.
    pub(crate) calls_before_install_finish: bool,
    pub(crate) dismissed_owner: DismissedOwner,
    pub(crate) call_tokens: CallTokens,
    /// How long a workflow is locked after each of its steps.
    pub(crate) lock_window: Duration,
    /// The shortest and the longest time-out that takes effect, in seconds.
    pub(crate) time_out_limits: (i64, i64),
    pub(crate) queue: Queue,
    /// Whether a single value is sent as `properties[x][0]`.
    pub(crate) single_wrapped: bool,
    pub(crate) delivery_timeout: Duration,
    /// Whether the authorisation server knows the portal, without which no handler is called.
    pub(crate) oauth_registered: bool,
    /// How many records the history keeps.
    pub(crate) history_limit: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            platform: Platform::default(),
            edition: Edition::default(),
            features: ["bizproc", "rest_auth_connector", "rest_offline_extended"]
                .map(str::to_owned)
                .to_vec(),
            language: "en".to_owned(),
            scope: ["crm", "bizproc", "placement"].map(str::to_owned).to_vec(),
            culture: Changeable::default(),
            server_offset: 3 * 60 * 60,
            user_offset: 0,
            https: false,
            https_required: false,
            status_profile: StatusProfile::default(),
            batch_overflow: BatchRefusal::default(),
            batch_forbidden: BatchRefusal::default(),
            rate_plan: None,
            operating_limit: None,
            update_wipes_registrations: true,
            update_event: UpdateEvent::default(),
            install_event: InstallEvent::default(),
            calls_before_install_finish: true,
            dismissed_owner: DismissedOwner::default(),
            call_tokens: CallTokens::default(),
            lock_window: Duration::ZERO,
            time_out_limits: (0, i64::MAX),
            queue: Queue::default(),
            single_wrapped: false,
            delivery_timeout: Duration::from_secs(15),
            oauth_registered: true,
            history_limit: 100_000,
        }
    }
}

impl Settings {
    /// How the site writes dates at this moment.
    pub(crate) fn culture(&self) -> Culture {
        self.culture.get()
    }

    pub(crate) fn set_culture(&self, culture: Culture) {
        self.culture.set(culture);
    }

    /// The front end of the cloud limits requests; a self-hosted portal has none.
    pub(crate) fn rate_plan(&self) -> RatePlan {
        self.rate_plan.unwrap_or(match self.edition {
            Edition::Cloud => RatePlan::Standard,
            Edition::SelfHosted => RatePlan::Off,
        })
    }

    /// Returns after how long a time-out passes; the handler still receives what the author typed.
    pub(crate) fn wake_up_after(&self, seconds: i64) -> SignedDuration {
        let (least, most) = self.time_out_limits;
        SignedDuration::from_secs(seconds.max(least).min(most))
    }

    pub(crate) fn operating_limit(&self) -> Option<u32> {
        let of_edition = match self.edition {
            Edition::Cloud => 480,
            Edition::SelfHosted => 0,
        };
        Some(self.operating_limit.unwrap_or(of_edition)).filter(|seconds| *seconds > 0)
    }
}
