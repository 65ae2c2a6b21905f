//! What kind of portal it is: its version, language, date format, zones.

use std::time::Duration;

/// Behaviour that changed between platform versions; the default is the newest.
///
/// ```
/// use bizproc_portal::{EventSend, Platform};
///
/// assert_eq!(Platform::default().event_send, EventSend::Async);
/// assert_eq!(Platform::v24().event_send, EventSend::SyncNumeric);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Platform {
    /// When a reply is applied, and what a late one is told.
    pub event_send: EventSend,
    /// Whether `bizproc.robot.add` looks at `DOCUMENT_TYPE`, which it then does before `RETURN_PROPERTIES`.
    pub robot_document_type_check: bool,
    /// How `time.start` of an answer is written.
    pub time_start: TimeStart,
    /// What an update of `PLACEMENT_HANDLER` to an address in use is told.
    pub placement_update_duplicate: PlacementDuplicate,
}

impl Platform {
    /// The newest one, 26.x.
    #[must_use]
    pub const fn v26() -> Self {
        Self {
            event_send: EventSend::Async,
            robot_document_type_check: true,
            time_start: TimeStart::Whole,
            placement_update_duplicate: PlacementDuplicate::Refused,
        }
    }

    /// 24.x: replies are applied inside the call and get numeric errors.
    #[must_use]
    pub const fn v24() -> Self {
        Self {
            event_send: EventSend::SyncNumeric,
            robot_document_type_check: false,
            time_start: TimeStart::Fraction,
            placement_update_duplicate: PlacementDuplicate::SqlError,
        }
    }

    /// 21.400.
    #[must_use]
    pub const fn v21() -> Self {
        Self {
            event_send: EventSend::SyncErrorCore,
            ..Self::v24()
        }
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self::v26()
    }
}

/// When `bizproc.event.send` applies a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSend {
    /// After the answer: every reply with a good token is told `true`, even one that is lost.
    Async,
    /// Inside the call; `404` for a workflow that is gone, `423` for one that is busy, `0` when a later step fails.
    SyncNumeric,
    /// Inside the call; as [`EventSend::SyncNumeric`], but a failing later step gives `ERROR_CORE`.
    SyncErrorCore,
}

/// How `time.start` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeStart {
    /// In whole seconds.
    Whole,
    /// With a fraction.
    Fraction,
}

/// The answer to an update that sets a `PLACEMENT_HANDLER` which another code uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementDuplicate {
    /// 400 `ERROR_CORE` with advice.
    Refused,
    /// 500 `ERROR_CORE` `SQL query error!`.
    SqlError,
}

/// The order in which the portal's site writes dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Culture {
    /// `31.12.2025 22:20:30`.
    #[default]
    DayMonthYear,
    /// `12/31/2025 10:20:30 pm`.
    MonthDayYear,
}

/// Everything fixed when a portal starts.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) platform: Platform,
    pub(crate) language: String,
    pub(crate) scope: Vec<String>,
    pub(crate) culture: Culture,
    /// Seconds east of Greenwich.
    pub(crate) server_offset: i32,
    /// Seconds by which the users' clocks are ahead of the server's.
    pub(crate) user_offset: i32,
    pub(crate) delivery_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            platform: Platform::default(),
            language: "en".to_owned(),
            scope: ["crm", "bizproc", "placement"].map(str::to_owned).to_vec(),
            culture: Culture::default(),
            server_offset: 3 * 60 * 60,
            user_offset: 0,
            delivery_timeout: Duration::from_secs(15),
        }
    }
}
