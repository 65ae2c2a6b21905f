/// Behaviour that changed between platform versions; the default is the newest.
///
/// ```
/// use bizproc_portal::{EventSend, Platform};
///
/// assert_eq!(Platform::default().event_send, EventSend::Async);
/// assert_eq!(Platform::v24().event_send, EventSend::SyncNumeric);
/// ```
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the platform, on or off in a version"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Platform {
    /// When a step's handler is called.
    pub call_dispatch: CallDispatch,
    /// When a reply is applied, and the error of a late one.
    pub event_send: EventSend,
    /// Whether `bizproc.robot.add` looks at `DOCUMENT_TYPE`, which it then does before
    /// `RETURN_PROPERTIES`.
    pub robot_document_type_check: bool,
    /// The property types that every document has.
    pub base_types: BaseTypes,
    /// The error of the second of two simultaneous registrations of one code.
    pub add_race: AddRace,
    /// How `time.start` of a response is written.
    pub time_start: TimeStart,
    /// The error of an update of `PLACEMENT_HANDLER` to an address in use.
    pub placement_update_duplicate: PlacementDuplicate,
    /// Whether a settings page receives the template that contains its step.
    pub placement_template: bool,
    /// Whether a step's form has a button that opens the settings page, instead of the page itself.
    pub placement_button_only: bool,
    /// Whether a handler must be on the host at which its application was installed.
    pub handler_domain_rule: bool,
    /// Whether `bizproc.robot.add` refuses property types it does not know.
    pub robot_type_whitelist: bool,
    /// Whether an update accepts only its outermost names in any letter case.
    pub update_folds_top_only: bool,
    /// Whether a step without *Run as* falls back to the registered `AUTH_USER_ID`.
    pub auth_user_fallback: bool,
}

impl Platform {
    /// The newest one, 26.x.
    #[must_use]
    pub const fn v26() -> Self {
        Self {
            call_dispatch: CallDispatch::AfterResponse,
            event_send: EventSend::Async,
            robot_document_type_check: true,
            base_types: BaseTypes::EntitySelector,
            add_race: AddRace::AlreadyAdded,
            time_start: TimeStart::Whole,
            placement_update_duplicate: PlacementDuplicate::Refused,
            placement_template: true,
            placement_button_only: false,
            handler_domain_rule: false,
            robot_type_whitelist: false,
            update_folds_top_only: false,
            auth_user_fallback: true,
        }
    }

    /// 25.1150: replies are applied after the response.
    #[must_use]
    pub const fn v25() -> Self {
        Self {
            placement_update_duplicate: PlacementDuplicate::SqlError,
            ..Self::v26()
        }
    }

    /// 24.200 to 25.575: replies are applied inside the call and get numeric errors; calls leave
    /// after the response.
    #[must_use]
    pub const fn v24() -> Self {
        Self {
            event_send: EventSend::SyncNumeric,
            robot_document_type_check: false,
            base_types: BaseTypes::Time,
            time_start: TimeStart::Fraction,
            ..Self::v25()
        }
    }

    /// Up to 24.0.800: calls leave inside the step, before its workflow is stored.
    #[must_use]
    pub const fn v24_0() -> Self {
        Self {
            call_dispatch: CallDispatch::InsideStep,
            placement_template: false,
            ..Self::v24()
        }
    }

    /// 21.400.
    #[must_use]
    pub const fn v21() -> Self {
        Self {
            event_send: EventSend::SyncErrorCore,
            base_types: BaseTypes::Classic,
            add_race: AddRace::RawSql,
            ..Self::v24_0()
        }
    }

    /// About 2019, with the rules that went away later.
    #[must_use]
    pub const fn v19() -> Self {
        Self {
            placement_button_only: true,
            handler_domain_rule: true,
            robot_type_whitelist: true,
            update_folds_top_only: true,
            auth_user_fallback: false,
            ..Self::v21()
        }
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self::v26()
    }
}

/// When the handler of a step is called.
///
/// ```
/// use bizproc_portal::{CallDispatch, Platform};
///
/// assert_eq!(Platform::v21().call_dispatch, CallDispatch::InsideStep);
/// assert_eq!(Platform::v24().call_dispatch, CallDispatch::AfterResponse);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallDispatch {
    /// While the step runs: a reply before the handler has responded meets a workflow that is not
    /// stored yet (404) or is locked (423).
    ///
    /// A request that makes a workflow run, a start or a reply, gets its response when the workflow
    /// waits or has ended: after the handlers of the following steps have responded, and with what
    /// went wrong there.
    InsideStep,
    /// After the workflow was stored: a reply may come immediately.
    AfterResponse,
}

/// When `bizproc.event.send` applies a reply.
///
/// ```
/// use bizproc_portal::{EventSend, Platform, Portal};
///
/// let mut platform = Platform::v26();
/// platform.event_send = EventSend::SyncNumeric;
/// let portal = Portal::builder().platform(platform);
/// # let _ = portal;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSend {
    /// After the response: every reply with a valid token gets `true`, even one that is lost.
    Async,
    /// Inside the call; `404` if the workflow is gone, `423` if it is busy, `0` if a later step
    /// fails.
    SyncNumeric,
    /// Inside the call; as [`EventSend::SyncNumeric`], but a failing later step gives `ERROR_CORE`.
    SyncErrorCore,
}

/// The property types that every document has, beside `bool`, `date`, `datetime`, `double`, `file`,
/// `int`, `internalselect`, `select`, `string`, `text` and `user`.
///
/// ```
/// use bizproc_portal::{BaseTypes, Platform};
///
/// assert_eq!(Platform::v21().base_types, BaseTypes::Classic);
/// assert!(Platform::v24().base_types >= BaseTypes::Time);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BaseTypes {
    /// No others.
    Classic,
    /// `time`.
    Time,
    /// `time`, `entityselector` and `document_type`.
    EntitySelector,
}

/// The error of the second of two simultaneous registrations of one code.
///
/// ```
/// use bizproc_portal::{AddRace, Platform};
///
/// assert_eq!(Platform::v21().add_race, AddRace::RawSql);
/// assert_eq!(Platform::v26().add_race, AddRace::AlreadyAdded);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddRace {
    /// 500 `ERROR_CORE` `SQL query error!`.
    RawSql,
    /// 400 `ERROR_ACTIVITY_ADD_FAILURE`.
    AlreadyAdded,
}

/// How `time.start` is written.
///
/// ```
/// use bizproc_portal::{Platform, TimeStart};
///
/// assert_eq!(Platform::v24().time_start, TimeStart::Fraction);
/// assert_eq!(Platform::v26().time_start, TimeStart::Whole);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeStart {
    /// In whole seconds.
    Whole,
    /// With a fraction.
    Fraction,
}

/// The error of an update that sets a `PLACEMENT_HANDLER` which another code uses.
///
/// ```
/// use bizproc_portal::{PlacementDuplicate, Platform};
///
/// assert_eq!(Platform::v25().placement_update_duplicate, PlacementDuplicate::SqlError);
/// assert_eq!(Platform::v26().placement_update_duplicate, PlacementDuplicate::Refused);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementDuplicate {
    /// 400 `ERROR_CORE` with advice.
    Refused,
    /// 500 `ERROR_CORE` `SQL query error!`.
    SqlError,
}

#[cfg(test)]
mod tests {
    use super::AddRace::{self, AlreadyAdded, RawSql};
    use super::BaseTypes::{self, Classic, EntitySelector, Time};
    use super::CallDispatch::{self, AfterResponse, InsideStep};
    use super::EventSend::{self, Async, SyncErrorCore, SyncNumeric};
    use super::PlacementDuplicate::{self, Refused, SqlError};
    use super::Platform;
    use super::TimeStart::{self, Fraction, Whole};

    type Switches = (
        (CallDispatch, EventSend, BaseTypes, AddRace),
        (TimeStart, PlacementDuplicate),
        [bool; 3],
        [bool; 4],
    );

    const OLD: (TimeStart, PlacementDuplicate) = (Fraction, SqlError);
    const NO: [bool; 4] = [false; 4];
    const YES: [bool; 4] = [true; 4];
    const NEW: (CallDispatch, EventSend, BaseTypes, AddRace) =
        (AfterResponse, Async, EntitySelector, AlreadyAdded);

    #[rustfmt::skip]
    const EXPECTED: [(Platform, Switches); 6] = [
        (Platform::v19(), ((InsideStep, SyncErrorCore, Classic, RawSql), OLD, [false; 3], YES)),
        (Platform::v21(), ((InsideStep, SyncErrorCore, Classic, RawSql), OLD, [false, false, true], NO)),
        (Platform::v24_0(), ((InsideStep, SyncNumeric, Time, AlreadyAdded), OLD, [false, false, true], NO)),
        (Platform::v24(), ((AfterResponse, SyncNumeric, Time, AlreadyAdded), OLD, [false, true, true], NO)),
        (Platform::v25(), (NEW, (Whole, SqlError), [true; 3], NO)),
        (Platform::v26(), (NEW, (Whole, Refused), [true; 3], NO)),
    ];

    fn switches(p: Platform) -> Switches {
        let kinds = (p.call_dispatch, p.event_send, p.base_types, p.add_race);
        let responses = (p.time_start, p.placement_update_duplicate);
        let rules = [
            p.robot_document_type_check,
            p.placement_template,
            p.auth_user_fallback,
        ];
        let of_2019 = [
            p.handler_domain_rule,
            p.robot_type_whitelist,
            p.update_folds_top_only,
            p.placement_button_only,
        ];
        (kinds, responses, rules, of_2019)
    }

    #[test]
    fn each_version_has_its_switches() {
        for (platform, expected) in EXPECTED {
            assert_eq!(switches(platform), expected);
        }
        assert_eq!(Platform::default(), Platform::v26());
    }
}
