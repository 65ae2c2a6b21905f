//! The reasons why a portal refuses every application.

use std::collections::BTreeSet;

use crate::rules::rest_error::RestError;

/// Why a portal refuses every call; switched on with [`Portal::block`](crate::Portal::block).
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Block, Portal};
///
/// let portal = Portal::start().await?;
/// // Until it is removed, every call gets `OVERLOAD_LIMIT`.
/// portal.block(Block::Overload);
/// portal.unblock(Block::Overload);
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Block {
    /// The portal was deleted: `PORTAL_DELETED`.
    Deleted,
    /// The authorisation server cannot be reached by anyone: `CONNECTION_ERROR` for every token.
    NoAuthorisationServer,
    /// The subscription of the marketplace ended: `PAYMENT_REQUIRED` for every token.
    Subscription,
    /// The application sent too many requests and was blocked by hand: `OVERLOAD_LIMIT`.
    Overload,
    /// The plan does not include REST, or no longer: `ACCESS_DENIED`.
    Plan,
}

impl Block {
    pub(crate) fn error(self) -> RestError {
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

/// The active blocks; the first of them is reported.
#[derive(Debug, Default)]
pub(crate) struct Blocks(BTreeSet<Block>);

impl Blocks {
    pub(crate) fn add(&mut self, block: Block) {
        self.0.insert(block);
    }

    pub(crate) fn remove(&mut self, block: Block) {
        self.0.remove(&block);
    }

    /// Checks the blocks that apply before the authorisation server is asked about a token.
    pub(crate) fn before_token(&self) -> Result<(), RestError> {
        self.check(&[Block::Deleted, Block::NoAuthorisationServer])
    }

    /// Checks the blocks that apply to a known token, those of the authorisation server first.
    pub(crate) fn before_application(&self) -> Result<(), RestError> {
        self.check(&[Block::Subscription, Block::Overload, Block::Plan])
    }

    /// Checks the blocks that apply to a webhook, which no authorisation server knows.
    pub(crate) fn before_webhook(&self) -> Result<(), RestError> {
        self.check(&[Block::Deleted, Block::Overload, Block::Plan])
    }

    pub(crate) fn has(&self, block: Block) -> bool {
        self.0.contains(&block)
    }

    fn check(&self, blocks: &[Block]) -> Result<(), RestError> {
        let mut on = blocks.iter().filter(|block| self.has(**block));
        on.next().map_or(Ok(()), |block| Err(block.error()))
    }
}
