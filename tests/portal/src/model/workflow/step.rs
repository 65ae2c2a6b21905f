//! The steps of a template.

use std::time::Duration;

use serde_json::Value as Json;

use crate::model::workflow::condition::Condition;
use crate::model::workflow::rest_activity::RestActivity;
use crate::model::workflow::task::Task;

/// A step of a [`Template`](crate::Template).
///
/// Values may be expressions: `{=Document:FIELD}`, `{=Template:PARAMETER}`, `{=Variable:NAME}`,
/// `{=Constant:NAME}`, `{=<activity name>:<output>}`, `{=Workflow:ID}`, `{=User:ID}` (who started
/// the workflow, `user_1`). They may be part of a longer text, where lists are joined by commas. An
/// expression that refers to nothing stays as it is, but a missing field of the document is empty.
/// `{{FIELD}}` is a field of the document too: fields have no titles here, so it is found by its
/// name in any letter case. Formulas such as `=1+1` are not calculated.
///
/// ```
/// use bizproc_portal::{Condition, RestActivity, Step};
/// use serde_json::json;
///
/// let steps: Vec<Step> = vec![
///     RestActivity::new("md5", json!({"inputString": "{=Document:TITLE}"})).named("Md5").into(),
///     Step::if_filled("{=Md5:outputString}", vec![Step::log("hash: {=Md5:outputString}")]),
/// ];
/// # let _ = steps;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// A robot or activity of an application.
    Rest(RestActivity),
    /// A task that users complete.
    Task(Task),
    /// Sets a variable of the workflow, which its template may or may not have.
    SetVariable {
        /// Its name.
        name: String,
        /// Its new value.
        value: Json,
    },
    /// Sets fields of the document.
    SetDocument {
        /// An object from field to value.
        fields: Json,
    },
    /// Writes a line to the workflow's log.
    Log(String),
    /// Waits by the portal's clock.
    Pause(Duration),
    /// Takes one of two branches.
    If {
        /// What decides.
        condition: Condition,
        /// The steps if it holds.
        then: Vec<Self>,
        /// The steps if not.
        otherwise: Vec<Self>,
    },
    /// Repeats its steps while the condition holds before a pass.
    ///
    /// More than 1000 passes without a wait in between end the workflow:
    /// `Maximum loop iterations exceeded`.
    While {
        /// What decides before each pass.
        condition: Condition,
        /// The steps of a pass.
        steps: Vec<Self>,
    },
    /// Repeats its steps for each value of a list; a single value is a list of one, an empty value
    /// an empty list.
    ForEach {
        /// Under this activity name the steps see the `Key` and the `Value` of their pass.
        name: String,
        /// The list.
        values: Json,
        /// The steps of a pass.
        steps: Vec<Self>,
    },
    /// Fails as a PHP code step does that throws: the workflow ends with this message.
    Fail(String),
    /// Ends the workflow as terminated. A caller who waits for that on an older platform gets the
    /// error `TerminateActivity`.
    Terminate,
}

impl Step {
    /// [`Step::SetVariable`].
    pub fn set_variable(name: &str, value: impl Into<Json>) -> Self {
        Self::SetVariable {
            name: name.to_owned(),
            value: value.into(),
        }
    }

    /// [`Step::SetDocument`].
    #[must_use]
    pub fn set_document(fields: Json) -> Self {
        Self::SetDocument { fields }
    }

    /// [`Step::Log`].
    #[must_use]
    pub fn log(text: &str) -> Self {
        Self::Log(text.to_owned())
    }

    /// [`Step::If`] without other steps.
    #[must_use]
    pub fn when(condition: Condition, then: Vec<Self>) -> Self {
        Self::If {
            condition,
            then,
            otherwise: Vec::new(),
        }
    }

    /// [`Step::If`] a value is filled, without other steps.
    pub fn if_filled(value: impl Into<Json>, then: Vec<Self>) -> Self {
        Self::when(Condition::Filled(value.into()), then)
    }

    /// [`Step::ForEach`].
    pub fn for_each(name: &str, values: impl Into<Json>, steps: Vec<Self>) -> Self {
        Self::ForEach {
            name: name.to_owned(),
            values: values.into(),
            steps,
        }
    }
}

impl From<RestActivity> for Step {
    fn from(activity: RestActivity) -> Self {
        Self::Rest(activity)
    }
}

impl From<Task> for Step {
    fn from(task: Task) -> Self {
        Self::Task(task)
    }
}
