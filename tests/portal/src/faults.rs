//! What a test can make go wrong.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use crate::fault_text::seconds;

/// A fault, switched on with [`Portal::fault`](crate::Portal::fault) for a number of times.
///
/// The first six disturb the answer to a REST method, `bizproc.event.send` unless
/// [`Portal::fault_in`](crate::Portal::fault_in) names another. They count requests, faults of the call count runs,
/// faults of the workflow count replies. Faults of one group are used up in the order they were switched on, and only
/// when they strike: a call that is lost uses up no fault of what it would have carried.
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
    /// The method is not executed and answers this error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The `error`.
        code: String,
        /// The `error_description`.
        description: String,
    },
    /// The method is not executed; the answer is 200 with an empty body.
    EmptyAnswer,
    /// The method is not executed; the answer is 502 with a page of HTML.
    HtmlBadGateway,
    /// The method is not executed; the connection is closed without an answer.
    CutBeforeExecution,
    /// The method is executed; the connection is closed without an answer.
    CutAfterExecution,
    /// The method is executed; the answer comes after this pause.
    Hang(#[serde(with = "seconds")] Duration),
    /// The call is sent twice.
    DoubledCall,
    /// The call is never sent; the workflow waits all the same.
    LostCall,
    /// The call carries no tokens, as if no user could be determined. It strikes calls that would have tokens.
    CallWithoutTokens,
    /// The call carries an application token that is not the application's.
    WrongApplicationToken,
    /// The workflow is busy when a reply or log line comes: 423 on older platforms, lost behind a `true` on the newest.
    WorkflowBusy,
    /// The step after the robot's fails with this message, which ends the workflow.
    NextStepFails(String),
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

    fn group(&self) -> Group {
        match self {
            Self::Error { .. }
            | Self::EmptyAnswer
            | Self::HtmlBadGateway
            | Self::CutBeforeExecution
            | Self::CutAfterExecution
            | Self::Hang(_) => Group::Answer,
            Self::DoubledCall | Self::LostCall => Group::Delivery,
            Self::CallWithoutTokens => Group::Tokens,
            Self::WrongApplicationToken => Group::ApplicationToken,
            Self::WorkflowBusy => Group::Lock,
            Self::NextStepFails(_) => Group::NextStep,
        }
    }
}

/// Faults of one group exclude each other; those of different groups can strike together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Answer,
    Delivery,
    Tokens,
    ApplicationToken,
    Lock,
    NextStep,
}

/// A fault that is switched on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) fault: Fault,
    /// The method whose answers it disturbs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<&'static str>,
    /// How often it will strike yet.
    pub(crate) times: usize,
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Entry>);

impl Faults {
    pub(crate) fn add(&mut self, method: &'static str, fault: Fault, times: usize) {
        if times > 0 {
            self.0.push_back(Entry {
                method: (fault.group() == Group::Answer).then_some(method),
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

    /// Uses up one fault of the answer to `method`.
    pub(crate) fn take_answer(&mut self, method: &str) -> Option<Fault> {
        self.take_where(|entry| entry.method == Some(method))
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
