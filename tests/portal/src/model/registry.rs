//! Registered robots and activities.

use indexmap::IndexSet;
use serde::Serialize;

use crate::rules::php::{Array, Value};
use crate::rules::registration::kind::Kind;

/// A stored robot or activity.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) kind: Kind,
    pub(crate) client_id: String,
    pub(crate) code: String,
    pub(crate) fields: Array,
}

impl Registration {
    /// A column as text.
    pub(crate) fn text(&self, column: &str) -> String {
        self.fields
            .get(column)
            .map(Value::to_text)
            .unwrap_or_default()
    }

    /// `PROPERTIES` or `RETURN_PROPERTIES`.
    pub(crate) fn properties(&self, column: &str) -> Array {
        self.fields
            .get(column)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    }
}

/// The settings page of a robot or activity.
#[derive(Debug, Clone)]
struct Placement {
    client_id: String,
    code: String,
    url: String,
}

/// Everything registered by all applications.
///
/// The server's key is a hash of the application and the code, so a robot and an activity cannot
/// share one.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    rows: Vec<Registration>,
    placements: Vec<Placement>,
    /// Every application and code that was ever registered, in order: templates keep a step when
    /// its registration is deleted.
    known: IndexSet<(String, String)>,
}

impl Registry {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Registration> {
        self.rows.iter()
    }

    /// The registration of a code by an application, or the first by any.
    pub(crate) fn by_code(&self, code: &str, client_id: Option<&str>) -> Option<&Registration> {
        let is_its = |row: &&Registration| client_id.is_none_or(|id| row.client_id == id);
        self.rows.iter().filter(is_its).find(|row| row.code == code)
    }

    /// The settings page of a robot or activity.
    pub(crate) fn placement(&self, client_id: &str, code: &str) -> Option<&str> {
        let is_its = |row: &&Placement| row.client_id == client_id && row.code == code;
        self.placements
            .iter()
            .find(is_its)
            .map(|row| row.url.as_str())
    }

    /// Returns the application that a step with this code means: the first that has registered it,
    /// or else the last that had.
    pub(crate) fn application_of(&self, code: &str) -> Option<&str> {
        let had = || self.known.iter().rev().find(|(_, known)| known == code);
        self.by_code(code, None)
            .map(|row| row.client_id.as_str())
            .or_else(|| had().map(|(client_id, _)| client_id.as_str()))
    }

    /// Whether an application has ever registered a code.
    pub(crate) fn has_known(&self, client_id: &str, code: &str) -> bool {
        self.known
            .contains(&(client_id.to_owned(), code.to_owned()))
    }

    /// The robot or activity of an application.
    pub(crate) fn get(&self, client_id: &str, code: &str) -> Option<&Registration> {
        self.rows
            .iter()
            .find(|row| row.client_id == client_id && row.code == code)
    }

    pub(crate) fn contains(&self, client_id: &str, code: &str) -> bool {
        self.rows
            .iter()
            .any(|row| row.client_id == client_id && row.code == code)
    }

    pub(crate) fn find(&self, kind: Kind, client_id: &str, code: &str) -> Option<&Registration> {
        self.rows
            .iter()
            .find(|row| row.kind == kind && row.client_id == client_id && row.code == code)
    }

    pub(crate) fn insert(&mut self, registration: Registration) {
        self.known
            .insert((registration.client_id.clone(), registration.code.clone()));
        self.rows.push(registration);
    }

    /// Stores a row without any checks.
    #[cfg(test)]
    pub(crate) fn register(&mut self, kind: Kind, client_id: &str, code: &str, fields: Array) {
        self.insert(Registration {
            kind,
            client_id: client_id.to_owned(),
            code: code.to_owned(),
            fields,
        });
    }

    pub(crate) fn replace(&mut self, client_id: &str, code: &str, fields: Array) {
        for row in &mut self.rows {
            if row.client_id == client_id && row.code == code {
                row.fields = fields;
                return;
            }
        }
    }

    pub(crate) fn remove(&mut self, client_id: &str, code: &str) {
        self.rows
            .retain(|row| !(row.client_id == client_id && row.code == code));
        self.remove_placement(client_id, code);
    }

    /// Removes everything of an application.
    pub(crate) fn wipe(&mut self, client_id: &str) {
        self.rows.retain(|row| row.client_id != client_id);
        self.placements.retain(|row| row.client_id != client_id);
    }

    /// Adds a settings page; `false` if *any* application has a page for this code, or this
    /// application already uses the address.
    pub(crate) fn add_placement(&mut self, client_id: &str, code: &str, url: String) -> bool {
        let is_in_use =
            |row: &Placement| row.code == code || (row.client_id == client_id && row.url == url);
        if self.placements.iter().any(is_in_use) {
            return false;
        }
        self.placements.push(Placement {
            client_id: client_id.to_owned(),
            code: code.to_owned(),
            url,
        });
        true
    }

    /// Sets a settings page; `false` if another code of the application uses the address.
    pub(crate) fn set_placement(&mut self, client_id: &str, code: &str, url: String) -> bool {
        if self
            .placements
            .iter()
            .any(|row| row.client_id == client_id && row.code != code && row.url == url)
        {
            return false;
        }
        self.remove_placement(client_id, code);
        self.placements.push(Placement {
            client_id: client_id.to_owned(),
            code: code.to_owned(),
            url,
        });
        true
    }

    pub(crate) fn remove_placement(&mut self, client_id: &str, code: &str) {
        self.placements
            .retain(|row| !(row.client_id == client_id && row.code == code));
    }
}

/// A registered robot or activity, as the portal stores it.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// portal.install("http://127.0.0.1:9000/event").await?;
/// let definition = portal.wait_registered("md5", Duration::from_secs(5)).await?;
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
