//! Portals that were renamed, and have another address.

use std::sync::Arc;

use super::Portals;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Portal, parse_endpoint};

/// Whether the portal redirected the request.
pub(crate) fn is_redirect(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidResponse && matches!(error.status(), Some(300..=399))
}

impl Portals {
    /// Finds the address of a portal that redirected a request, and stores it; `false` when the
    /// address is the known one.
    ///
    /// The authorisation server is asked. The address in the redirect does not count: anyone who
    /// can answer in the portal's name could have tokens sent anywhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] when the authorisation server names another portal; else as
    /// its `app.info` and the store.
    pub(crate) async fn refresh_endpoint(&self, portal: &Portal) -> Result<bool> {
        let Some(known) = self.find(&portal.member_id).await? else {
            return Ok(false);
        };
        // Another request has found it already.
        if known.client_endpoint != portal.client_endpoint {
            return Ok(true);
        }
        let token = &known.access_token;
        let info = match self.app_info(&known.server_endpoint, token).await {
            Err(error) if error.has_code("expired_token") => {
                // The new token comes with the portal's address.
                let renewed = self.renew(&portal.member_id, token).await?;
                return Ok(renewed.client_endpoint != portal.client_endpoint);
            }
            info => info?,
        };
        if info.install.member_id != portal.member_id {
            let message = "the authorisation server names another portal";
            return Err(Error::new(ErrorKind::Unauthenticated, message));
        }
        let real = parse_endpoint(&info.install.client_endpoint)?;
        if real == known.client_endpoint {
            return Ok(false);
        }
        let mut moved = known.duplicate();
        moved.client_endpoint = real;
        tracing::warn!(
            portal = moved.member_id,
            address = %moved.client_endpoint,
            "the portal was renamed"
        );
        // A portal that was replaced meanwhile came with its address.
        self.store.replace_portal(Arc::new(moved), token).await?;
        Ok(true)
    }
}
