//! Who may call: the stored portal that a request names must prove itself by its application token.

use std::sync::Arc;

use tokio::time::Instant;

use super::Portals;
use crate::app::backoff::with_deadline;
use crate::error::Result;
use crate::portal::{Auth, Portal, unauthenticated};

impl Portals {
    /// The stored portal from which a request proves to come.
    pub(crate) async fn authenticate(&self, auth: &Auth) -> Result<Arc<Portal>> {
        let portal = self
            .find(&auth.member_id)
            .await?
            .ok_or_else(|| unauthenticated(&auth.member_id))?;
        portal.verify(auth)?;
        Ok(portal)
    }

    /// The same, when the store may fail or be slow: then a portal counts that proved its identity
    /// before. `None` when the identity can be neither proved nor refuted now.
    pub(crate) async fn authenticate_until(
        &self,
        deadline: Instant,
        auth: &Auth,
    ) -> Result<Option<Arc<Portal>>> {
        let portal = match with_deadline(deadline, self.find(&auth.member_id)).await {
            Ok(Some(portal)) => portal,
            Ok(None) => return Err(unauthenticated(&auth.member_id)),
            Err(error) => {
                tracing::error!("the store cannot authenticate a call: {error}");
                match self.verified.get(&auth.member_id) {
                    Some(portal) => portal,
                    None => return Ok(None),
                }
            }
        };
        portal.verify(auth)?;
        self.verified.insert(&portal);
        Ok(Some(portal))
    }
}
