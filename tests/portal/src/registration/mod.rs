//! What applications register: robots and activities, their checks, their store.

mod add;
mod checks;
mod fields;
pub(crate) mod fold;
mod handler_url;
mod limits;
mod remove;
mod store;
mod update;

pub(crate) use add::add;
pub(crate) use remove::{delete, list};
pub(crate) use store::{Registration, Registry};
pub(crate) use update::update;

use serde::Serialize;

use crate::{php::Value, rest::RestError};

/// Whether something was registered as a robot or as an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By `bizproc.robot.*`.
    Robot,
    /// By `bizproc.activity.*`.
    Activity,
}

/// A registered robot or activity, as the portal keeps it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Definition {
    /// Robot or activity.
    pub kind: Kind,
    /// The application that registered it.
    pub client_id: String,
    /// Its `CODE`.
    pub code: String,
    /// The stored parameters under their upper-case names.
    pub fields: serde_json::Value,
}

impl From<&Registration> for Definition {
    fn from(registration: &Registration) -> Self {
        Self {
            kind: registration.kind,
            client_id: registration.client_id.clone(),
            code: registration.code.clone(),
            fields: Value::Array(registration.fields.clone()).to_json(),
        }
    }
}

/// A refusal without a code of its own.
fn invalid(text: impl Into<String>) -> RestError {
    RestError::new(400, "ERROR_ACTIVITY_VALIDATION_FAILURE", text)
}

/// What every other failure of the database is told as.
fn sql_error() -> RestError {
    RestError::new(500, "ERROR_CORE", "SQL query error!")
}
