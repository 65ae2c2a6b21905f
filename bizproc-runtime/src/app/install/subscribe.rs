//! What the application hears of its own life on a portal.

use backon::Retryable as _;
use serde_json::{Value, json};

use crate::app::http::routes::INSTALL_PATH;
use crate::app::install::{ATTEMPTS, can_pass};
use crate::app::service::Shared;
use crate::error::{Error, Result};
use crate::portal::Portal;
use crate::rest::Client;

/// Portals bind the install address to `ONAPPINSTALL` by themselves, and to nothing else.
const BOUND: [&str; 2] = ["ONAPPUPDATE", "ONAPPUNINSTALL"];

/// Asks a portal to tell of updates, which bring a new application token, and of the
/// uninstallation. Repeating it is harmless.
pub(in crate::app) async fn bind(shared: &Shared, portal: &Portal) {
    let public_url = shared.public_url.as_str().trim_end_matches('/');
    let address = format!("{public_url}{INSTALL_PATH}");
    let client = shared.paced_client(portal);
    for event in BOUND {
        let bind = || bind_one(&client, event, &address);
        let bound = bind
            .retry(ATTEMPTS.with_max_times(2))
            .sleep(tokio::time::sleep)
            .when(|error| can_pass(error) || is_being_bound(error));
        let portal = &portal.member_id;
        match bound.await {
            Ok(()) => tracing::info!(portal, event, "bound"),
            Err(error) => {
                tracing::error!(portal, event, "not bound: {error}");
                // A portal that is away is so for the others too.
                if can_pass(&error) {
                    return;
                }
            }
        }
    }
}

async fn bind_one(client: &Client, event: &str, address: &str) -> Result<()> {
    let params = json!({"event": event, "handler": address});
    match client.call::<Value>("event.bind", params).await {
        Err(error) if !is_bound(&error) => Err(error),
        _ => Ok(()),
    }
}

/// The portal has one code for everything that goes wrong here; only its text tells them apart.
fn is_bound(error: &Error) -> bool {
    error.has_code("ERROR_CORE") && error.to_string().contains("Handler already binded")
}

/// Somebody else binds the same address at this moment, and may fail yet.
fn is_being_bound(error: &Error) -> bool {
    error.has_code("ERROR_CORE") && error.to_string().contains("has already started")
}
