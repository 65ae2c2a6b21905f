//! Making an event happen.

use std::pin::Pin;

use crate::engine::events::raise::{Occurrence, Origin, raise};
use crate::face::portal::Portal;
use crate::rules::error::Error;
use crate::rules::event_catalogue;
use crate::rules::php::{Array, Value};

/// An event that is about to happen; `.await` makes it happen and returns how many handlers are
/// notified.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
/// use serde_json::json;
///
/// let portal = Portal::start().await?;
/// let notified = portal
///     .fire("ONCRMDEALUPDATE", json!({"FIELDS": {"ID": 17}}))
///     .acting(4)
///     .await?;
/// assert_eq!(notified, 0, "no application has bound a handler");
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "an event happens when it is awaited"]
pub struct Fire {
    portal: Portal,
    events: Vec<(String, serde_json::Value)>,
    user_id: Option<u64>,
}

impl Fire {
    pub(crate) fn new(portal: Portal, event: &str, data: serde_json::Value) -> Self {
        Self {
            portal,
            events: vec![(event.to_owned(), data)],
            user_id: None,
        }
    }

    /// The acting user, whose token handlers without a user of their own get. Without an acting
    /// user they get none, as when a workflow or an agent acts.
    pub fn acting(mut self, user_id: u64) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// Adds another event of the same request to the portal; an event equal to an earlier one is
    /// not sent again.
    pub fn and(mut self, event: &str, data: serde_json::Value) -> Self {
        self.events.push((event.to_owned(), data));
        self
    }

    fn happen(self) -> Result<usize, Error> {
        let occurrences: Vec<Occurrence> = self
            .events
            .into_iter()
            .map(|(name, data)| occurrence(&name, data))
            .collect::<Result<_, _>>()?;
        let shared = self.portal.shared();
        let origin = Origin::user(self.user_id);
        Ok(raise(shared, &mut shared.lock(), &origin, &occurrences))
    }
}

fn occurrence(name: &str, data: serde_json::Value) -> Result<Occurrence, Error> {
    let known = event_catalogue::find(name).ok_or_else(|| Error::UnknownEvent {
        name: name.to_owned(),
    })?;
    let data = match Value::from(data.clone()) {
        Value::Array(fields) => fields,
        Value::Null => Array::new(),
        _ => return Err(Error::EventData(data)),
    };
    Ok(Occurrence {
        known,
        data,
        only: None,
    })
}

impl IntoFuture for Fire {
    type Output = Result<usize, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.happen() })
    }
}

impl Portal {
    /// Makes an event happen, for every handler that applications have bound to it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownEvent`] if this portal has no event of this name, [`Error::EventData`] if
    /// the data are neither an object nor a list nor null.
    pub fn fire(&self, event: &str, data: serde_json::Value) -> Fire {
        Fire::new(self.clone(), event, data)
    }
}
