//! What shuts a portal off from every application.

use std::collections::BTreeSet;

use super::RestError;

/// Why a portal refuses every call; switched on with [`Portal::block`](crate::Portal::block).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Block {
    /// The portal was deleted: `PORTAL_DELETED`.
    Deleted,
    /// The authorisation server is not reached: `CONNECTION_ERROR`.
    NoAuthorisationServer,
    /// The application asked for too much and was shut off by hand: `OVERLOAD_LIMIT`.
    Overload,
    /// The plan has no REST, or none any more: `ACCESS_DENIED`.
    Plan,
    /// The subscription of the marketplace ended: `PAYMENT_REQUIRED`.
    Subscription,
}

impl Block {
    fn error(self) -> RestError {
        let (status, code, text) = match self {
            Self::Deleted => (403, "PORTAL_DELETED", "Portal was deleted"),
            Self::NoAuthorisationServer => (
                401,
                "CONNECTION_ERROR",
                "Error connecting to authorization server",
            ),
            Self::Overload => (
                401,
                "OVERLOAD_LIMIT",
                "REST API is blocked due to overload.",
            ),
            Self::Plan => (
                401,
                "ACCESS_DENIED",
                "REST is available only on commercial plans.",
            ),
            Self::Subscription => (401, "PAYMENT_REQUIRED", "Subscription has been ended"),
        };
        RestError::new(status, code, text)
    }
}

/// The blocks that are on; the first of them is told.
#[derive(Debug, Default)]
pub(crate) struct Blocks(BTreeSet<Block>);

impl Blocks {
    pub(crate) fn add(&mut self, block: Block) {
        self.0.insert(block);
    }

    pub(crate) fn remove(&mut self, block: Block) {
        self.0.remove(&block);
    }

    pub(super) fn check(&self) -> Result<(), RestError> {
        self.0.first().map_or(Ok(()), |block| Err(block.error()))
    }
}
