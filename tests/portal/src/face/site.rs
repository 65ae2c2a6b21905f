//! The state that the portal's routes share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::FromRef;

use crate::face::control::refusal::Refusal;
use crate::face::page::saved_steps::Saved;
use crate::face::portal::{Portal, WeakPortal};
use crate::model::shared::Shared;

/// One portal as its routes see it. It does not keep the portal alive.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) shared: Arc<Shared>,
    portal: WeakPortal,
    /// The steps that were saved on the page.
    saved: Arc<Mutex<Saved>>,
}

impl Site {
    pub(crate) fn new(portal: &Portal) -> Self {
        Self {
            shared: Arc::clone(portal.shared()),
            portal: portal.downgrade(),
            saved: Arc::default(),
        }
    }

    /// Returns the portal itself, unless it is being dropped.
    pub(crate) fn portal(&self) -> Result<Portal, Refusal> {
        self.portal.upgrade().ok_or_else(Refusal::gone)
    }

    pub(crate) fn saved(&self) -> MutexGuard<'_, Saved> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromRef<Site> for Arc<Shared> {
    fn from_ref(site: &Site) -> Self {
        Self::clone(&site.shared)
    }
}
