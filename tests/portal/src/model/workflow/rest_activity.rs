//! Robots and activities as the steps of a template.

use std::time::Duration;

use serde_json::Value as Json;

use crate::model::registry::Registration;
use crate::rules::dialog;
use crate::rules::php::{Array, Value};
use crate::rules::registration::kind::Kind;

/// The longest time-out a step can have: five years, in seconds.
const LONGEST_TIMEOUT: i64 = 157_680_000;

/// A robot or activity of an application, as an author places it in a template.
///
/// It stores what its author saved: the inputs, including their defaults, and whether it waits. A
/// later change of the registration affects neither; an input that is added later has its default,
/// a removed one is no longer sent.
///
/// ```
/// use std::time::Duration;
///
/// use bizproc_portal::RestActivity;
/// use serde_json::json;
///
/// let step = RestActivity::new("acme_md5", json!({"inputString": "{=Document:TITLE}"}))
///     .named("Md5")
///     .run_as(4)
///     .timeout(Duration::from_mins(10));
/// # let _ = step;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RestActivity {
    pub(crate) name: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) code: String,
    pub(crate) inputs: Json,
    pub(crate) run_as: Option<u64>,
    pub(crate) wait: bool,
    pub(crate) timeout: i64,
    /// The time-out's number and unit, as an author typed them.
    pub(crate) typed: (String, String),
    pub(crate) status: Option<String>,
    pub(crate) sets_status: Option<bool>,
    pub(crate) is_saved: bool,
}

/// An activity as a template stores it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) name: String,
    /// With the code, links the step to the registration that the application has when the step is
    /// reached.
    pub(crate) client_id: String,
    pub(crate) code: String,
    pub(crate) inputs: Array,
    pub(crate) run_as: Option<u64>,
    pub(crate) timeout: i64,
    pub(crate) typed_timeout: (String, String),
    /// The status of the workflow while it waits here.
    pub(crate) status: Option<String>,
    pub(crate) mode: Mode,
}

/// What decides whether a step waits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mode {
    /// The form that saved it; `None` is null.
    Saved(Option<String>),
    /// The current registration: no form ever saved the step.
    Registered,
}

impl RestActivity {
    /// The robot or activity with this code, of the first application that has one.
    ///
    /// The inputs are what the author left in the form: an object of texts, lists of texts,
    /// expressions. A missing input gets its default, an unregistered one is dropped.
    #[must_use]
    pub fn new(code: &str, inputs: Json) -> Self {
        Self {
            name: None,
            client_id: None,
            code: code.to_owned(),
            inputs,
            run_as: None,
            wait: true,
            timeout: 0,
            typed: (String::new(), "s".to_owned()),
            status: None,
            sets_status: None,
            is_saved: true,
        }
    }

    /// Its activity name, by which expressions find its outputs; by default one like
    /// `A51601_82584_96831_81132`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub(crate) fn of_client(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }

    /// *Run as*: whose tokens the handler gets, instead of those of `AUTH_USER_ID`.
    #[must_use]
    pub fn run_as(mut self, user_id: u64) -> Self {
        self.run_as = Some(user_id);
        self
    }

    /// *Wait for response*, which the author of an activity chooses if its `USE_SUBSCRIPTION` is
    /// empty; on by default.
    #[must_use]
    pub fn wait_for_response(mut self, wait: bool) -> Self {
        self.wait = wait;
        self
    }

    /// The time-out of an activity that waits, rounded up to whole seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let begun = u64::from(timeout.subsec_nanos() > 0);
        self.timeout = i64::try_from(timeout.as_secs().saturating_add(begun))
            .unwrap_or(i64::MAX)
            .min(LONGEST_TIMEOUT);
        self.typed = (self.timeout.to_string(), "s".to_owned());
        self
    }

    /// The time-out as the author types it: a number and `s`, `m`, `h` or `d`; any other unit means
    /// seconds.
    #[must_use]
    pub fn timeout_as_typed(mut self, value: &str, unit: &str) -> Self {
        let factor = match unit {
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => 1,
        };
        let seconds = Value::from(value).to_int().saturating_mul(factor);
        self.timeout = seconds.clamp(0, LONGEST_TIMEOUT);
        self.typed = (value.to_owned(), unit.to_owned());
        self
    }

    /// *Status text* of the workflow while it waits here; by default an activity's is
    /// `Waiting for application response`, a robot has none.
    #[must_use]
    pub fn status_message(mut self, text: &str) -> Self {
        self.sets_status = Some(true);
        self.status = Some(text.to_owned());
        self
    }

    /// *Set status message* off.
    #[must_use]
    pub fn without_status_message(mut self) -> Self {
        self.sets_status = Some(false);
        self
    }

    /// Makes it a step that came into its template without a form, by an import: its registration
    /// decides whether it waits.
    #[must_use]
    pub fn never_saved(mut self) -> Self {
        self.is_saved = false;
        self
    }

    /// Returns the effective waiting mode: the registered one, or the author's choice for an
    /// activity if that is empty.
    pub(crate) fn mode(&self, registration: &Registration) -> Option<String> {
        match (registered_mode(registration), registration.kind) {
            (None, Kind::Activity) => Some(if self.wait { "Y" } else { "N" }.to_owned()),
            (registered, _) => registered,
        }
    }
}

/// The ids of the properties that every step of an application has, in just this case.
pub(crate) const OWN: [&str; 8] = [
    "Title",
    "UseSubscription",
    "IsTimeout",
    "AuthUserId",
    "SetStatusMessage",
    "StatusMessage",
    "TimeoutDuration",
    "TimeoutDurationType",
];

impl Stored {
    /// Returns the value of one of the step's [own](OWN) properties, which a registered input with
    /// its id cannot replace.
    ///
    /// Steps have no titles here, so the title is the registered name.
    pub(crate) fn own(&self, id: &str, registration: &Registration, language: &str) -> Value {
        let name = || registration.fields.get("NAME").cloned();
        let (number, unit) = &self.typed_timeout;
        match id {
            "Title" => dialog::shown(&name().unwrap_or_default(), language).into(),
            "UseSubscription" => self.mode(registration).unwrap_or_default().into(),
            "IsTimeout" => Value::Int(0),
            "AuthUserId" => self
                .run_as
                .map_or_else(String::new, |user| format!("user_{user}"))
                .into(),
            "SetStatusMessage" => if self.status.is_some() { "Y" } else { "N" }.into(),
            "StatusMessage" => self.status.as_deref().unwrap_or_default().into(),
            "TimeoutDuration" => number.as_str().into(),
            "TimeoutDurationType" => unit.as_str().into(),
            _ => Value::Null,
        }
    }

    /// Returns the effective waiting mode when the step is reached; only the exact `Y` waits.
    pub(crate) fn mode(&self, registration: &Registration) -> Option<String> {
        match &self.mode {
            Mode::Saved(mode) => mode.clone(),
            Mode::Registered => registered_mode(registration),
        }
    }
}

fn registered_mode(registration: &Registration) -> Option<String> {
    Some(registration.text("USE_SUBSCRIPTION")).filter(|mode| !mode.is_empty())
}
