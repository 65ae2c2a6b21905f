//! Portals that were renamed.

use std::sync::Arc;

use crate::app::service::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Portal, parse_endpoint};
use crate::rest::app_info;

/// Whether the portal pointed elsewhere.
pub(in crate::app) fn is_moved(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidResponse && matches!(error.status(), Some(300..=399))
}

/// Finds out where a portal is that pointed elsewhere, and keeps the new address; `false` when it
/// is where it was.
///
/// The authorisation server is asked. Where the portal pointed to does not count: whoever can
/// answer in its name could have tokens sent anywhere.
///
/// # Errors
///
/// [`ErrorKind::Unauthenticated`] when the authorisation server names another portal; else as its `app.info` and
/// the store.
pub(in crate::app) async fn follow(shared: &Shared, portal: &Portal) -> Result<bool> {
    let Some(known) = shared.store.portal(&portal.member_id).await? else {
        return Ok(false);
    };
    // Somebody else has followed it.
    if known.client_endpoint != portal.client_endpoint {
        return Ok(true);
    }
    let info = match app_info(&shared.http, &known.server_endpoint, &known.access_token).await {
        Err(error) if error.has_code("expired_token") => {
            // The new token comes with the portal's address.
            let token = &known.access_token;
            let renewed = shared.access.renew(&portal.member_id, token).await?;
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
    tracing::warn!(
        portal = known.member_id,
        address = %real,
        "the portal was renamed"
    );
    let mut renamed = known.duplicate();
    renamed.client_endpoint = real;
    // What replaced it meanwhile came with the portal's address.
    shared
        .store
        .replace_portal(Arc::new(renamed), &known.access_token)
        .await?;
    Ok(true)
}
