//! What a test can make go wrong.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A fault, switched on with [`Portal::fault`](crate::Portal::fault) for a number of times.
///
/// The first eleven disturb the response of a REST method: `bizproc.event.send`, unless
/// [`Portal::fault_in`](crate::Portal::fault_in) names another. An error or slowness also strikes
/// the method inside a batch; the others then strike the whole batch. They count requests, faults
/// of the call count runs, faults of the workflow count replies. Faults of one group are used up in
/// the order they were switched on, and only when they strike: a lost call uses up no fault of its
/// contents.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Fault, Portal};
///
/// let portal = Portal::start().await?;
/// portal.fault(Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"), 2);
/// portal.fault(Fault::DoubledCall, 1);
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The method is not executed and responds with this error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The `error`.
        code: String,
        /// The `error_description`.
        description: String,
    },
    /// The method is executed and still responds with this error: it is not a refusal.
    ErrorAfterExecution {
        /// The HTTP status.
        status: u16,
        /// The `error`.
        code: String,
        /// The `error_description`.
        description: String,
    },
    /// The method is executed; the response is 504 with an HTML page.
    HtmlGatewayTimeout,
    /// The method is not executed; the response is 200 with an empty body.
    EmptyResponse,
    /// The method is not executed; the response is 502 with an HTML page.
    HtmlBadGateway,
    /// The method is not executed; the connection is closed without a response.
    CutBeforeExecution,
    /// The method is executed; the connection is closed without a response.
    CutAfterExecution,
    /// The method is executed; the connection is closed after this many bytes of the response, its
    /// head included.
    CutAfterBytes(usize),
    /// The method is executed; the response comes after this pause.
    Hang(#[serde(with = "seconds")] Duration),
    /// The method is executed and reports this much more work, which counts as operating time.
    Slow(#[serde(with = "seconds")] Duration),
    /// The method is not executed; the response is 302 to the same path at this address, as from a
    /// renamed portal.
    Moved(String),
    /// The call is sent twice.
    DoubledCall,
    /// The call is never sent; the workflow still waits.
    LostCall,
    /// The call is sent this much later, by the portal's clock.
    LateCall(#[serde(with = "seconds")] Duration),
    /// The call carries no tokens, as if no user could be determined. Only calls that would have
    /// tokens are struck.
    CallWithoutTokens,
    /// The call carries an access token that has expired.
    CallWithExpiredToken,
    /// The call carries a refresh token that was already used.
    CallWithSpentRefreshToken,
    /// The call carries an application token that is not the application's.
    WrongApplicationToken,
    /// The call's times, `ts` and the expiry in `auth`, are shifted by this many seconds.
    ClockSkew(i64),
    /// The workflow is busy when a reply or log line comes: 423 on older platforms, lost behind a
    /// `true` on the newest.
    WorkflowBusy,
    /// The step after the robot's fails with this message, which ends the workflow.
    NextStepFails(String),
    /// `event.bind` meets another binding of the same handler that is still in progress.
    ParallelBind,
    /// `bizproc.robot.add` or `bizproc.activity.add` meets another registration of the same code
    /// that is still in progress.
    ParallelAdd,
    /// The portal ends the workflow in the step after the robot's, as a step that changes the
    /// document's stage does: 499 on older platforms.
    WorkflowTerminated,
    /// The plan's limit of workflows is exceeded when a reply or log line comes: 402 on older
    /// platforms, lost behind a `true` on the newest.
    PlanLimit,
}

impl Fault {
    /// A REST error.
    #[must_use]
    pub fn error(status: u16, code: &str, description: &str) -> Self {
        Self::Error {
            status,
            code: code.to_owned(),
            description: description.to_owned(),
        }
    }

    /// More requests than the front end admits.
    #[must_use]
    pub fn query_limit() -> Self {
        Self::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
    }

    /// More seconds of work than the method may cost.
    #[must_use]
    pub fn operation_time_limit() -> Self {
        Self::error(
            429,
            "OPERATION_TIME_LIMIT",
            "Method is blocked due to operation time limit.",
        )
    }

    /// An access token that counts as expired.
    #[must_use]
    pub fn expired_token() -> Self {
        Self::error(
            401,
            "expired_token",
            "The access token provided has expired",
        )
    }

    /// A fault of the server, after which it is unknown whether the method was executed; it was
    /// not.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::error(500, "INTERNAL_SERVER_ERROR", "Internal server error")
    }

    /// Whether it is the method's own, and not the connection's.
    fn is_of_method(&self) -> bool {
        matches!(self, Self::Error { .. } | Self::Slow(_))
    }

    fn group(&self) -> Group {
        match self {
            Self::Error { .. }
            | Self::ErrorAfterExecution { .. }
            | Self::HtmlGatewayTimeout
            | Self::EmptyResponse
            | Self::HtmlBadGateway
            | Self::CutBeforeExecution
            | Self::CutAfterExecution
            | Self::CutAfterBytes(_)
            | Self::Hang(_)
            | Self::Slow(_)
            | Self::Moved(_) => Group::Response,
            Self::DoubledCall | Self::LostCall | Self::LateCall(_) => Group::Delivery,
            Self::CallWithoutTokens
            | Self::CallWithExpiredToken
            | Self::CallWithSpentRefreshToken => Group::Tokens,
            Self::ClockSkew(_) => Group::Clock,
            Self::WrongApplicationToken => Group::ApplicationToken,
            Self::ParallelBind => Group::Binding,
            Self::ParallelAdd => Group::Registration,
            Self::WorkflowBusy | Self::PlanLimit => Group::Lock,
            Self::NextStepFails(_) | Self::WorkflowTerminated => Group::NextStep,
        }
    }
}

/// The group of a fault. Faults of one group exclude each other; those of different groups can
/// strike together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Response,
    Delivery,
    Tokens,
    ApplicationToken,
    Clock,
    Lock,
    NextStep,
    Binding,
    Registration,
}

/// A fault that is switched on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) fault: Fault,
    /// The method whose responses it disturbs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<&'static str>,
    /// How often it will still strike.
    pub(crate) times: usize,
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Entry>);

impl Faults {
    pub(crate) fn add(&mut self, method: &'static str, fault: Fault, times: usize) {
        if times > 0 {
            self.0.push_back(Entry {
                method: (fault.group() == Group::Response).then_some(method),
                fault,
                times,
            });
        }
    }

    /// Those that are switched on, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Uses up one fault of the response of `method`.
    pub(crate) fn take_for(&mut self, method: &str) -> Option<Fault> {
        self.take_where(|entry| entry.method == Some(method))
    }

    /// Uses up the next fault of a method inside a batch if it is the method's own, or else if it
    /// is not.
    pub(crate) fn take_inside(&mut self, method: &str, of_method: bool) -> Option<Fault> {
        let is_next = |entry: &&Entry| entry.method == Some(method);
        let next = self.0.iter().find(is_next)?;
        if next.fault.is_of_method() == of_method {
            self.take_for(method)
        } else {
            None
        }
    }

    /// Uses up one fault of a group.
    pub(crate) fn take(&mut self, group: Group) -> Option<Fault> {
        self.take_where(|entry| entry.fault.group() == group)
    }

    fn take_where(&mut self, matches: impl Fn(&Entry) -> bool) -> Option<Fault> {
        let index = self.0.iter().position(matches)?;
        let entry = self.0.get_mut(index)?;
        let fault = entry.fault.clone();
        entry.times -= 1;
        if entry.times == 0 {
            self.0.remove(index);
        }
        Some(fault)
    }
}

/// A time as a number of seconds.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        time: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(time.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(D::Error::custom)
    }
}
