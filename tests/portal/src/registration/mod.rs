//! What applications register: robots and activities, their checks, their store.

mod add;
mod checks;
mod fields;
pub(crate) mod fold;
pub(crate) mod handler_url;
mod limits;
mod provider;
mod remove;
mod store;
mod update;

pub(crate) use provider::Senders;
pub(crate) use store::{Registration, Registry};

use serde::Serialize;

use crate::{
    php::Value,
    rest::{Method, Needs, RestError},
};

/// The methods by which applications register.
pub(crate) const METHODS: &[Method] = &[
    Method::bizproc("bizproc.robot.add", Needs::Automation, |c, p| {
        add::add(c, Kind::Robot, p)
    }),
    Method::bizproc("bizproc.robot.update", Needs::Automation, |c, p| {
        update::update(c, Kind::Robot, p)
    }),
    Method::bizproc("bizproc.robot.list", Needs::Automation, |c, _| {
        remove::list(c, Kind::Robot)
    }),
    Method::bizproc("bizproc.robot.delete", Needs::Automation, |c, p| {
        remove::delete(c, Kind::Robot, p)
    }),
    Method::bizproc("bizproc.activity.add", Needs::Bizproc, |c, p| {
        add::add(c, Kind::Activity, p)
    }),
    Method::bizproc("bizproc.activity.update", Needs::Bizproc, |c, p| {
        update::update(c, Kind::Activity, p)
    }),
    Method::bizproc("bizproc.activity.list", Needs::Bizproc, |c, _| {
        remove::list(c, Kind::Activity)
    }),
    Method::bizproc("bizproc.activity.delete", Needs::Bizproc, |c, p| {
        remove::delete(c, Kind::Activity, p)
    }),
    Method::bizproc("bizproc.provider.add", Needs::Automation, provider::add),
    Method::bizproc(
        "bizproc.provider.delete",
        Needs::Automation,
        provider::delete,
    ),
    Method::bizproc("bizproc.provider.list", Needs::Automation, |c, _| {
        provider::list(c)
    }),
];

/// Whether something was registered as a robot or as an activity.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::{Kind, Portal};
///
/// let portal = Portal::start().await?;
/// portal.install("http://127.0.0.1:9000/event").await?;
/// let definition = portal.registered("md5", Duration::from_secs(5)).await?;
/// assert_eq!(definition.kind, Kind::Robot);
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By `bizproc.robot.*`.
    Robot,
    /// By `bizproc.activity.*`.
    Activity,
}

/// A registered robot or activity, as the portal keeps it.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// portal.install("http://127.0.0.1:9000/event").await?;
/// let definition = portal.registered("md5", Duration::from_secs(5)).await?;
/// assert_eq!(definition.fields["PROPERTIES"]["inputString"]["TYPE"], "string");
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
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
