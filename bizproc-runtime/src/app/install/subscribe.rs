//! Subscribes to the events of the application's life on a portal.

use backon::Retryable as _;
use serde_json::{Value, json};
use url::Url;

use super::INSTALL_PATH;
use crate::app::backoff::{INSTALL_BACKOFF, is_transient};
use crate::error::{Error, Result};
use crate::rest::Client;

/// Portals bind the install address to `ONAPPINSTALL` by themselves, and to nothing else.
const EVENTS: [&str; 2] = ["ONAPPUPDATE", "ONAPPUNINSTALL"];

/// Binds the install address to updates, which bring a new application token, and to the
/// uninstallation. Repeating it is harmless.
pub(super) async fn subscribe(client: &Client, member_id: &str, public_url: &Url) {
    let base = public_url.as_str().trim_end_matches('/');
    let address = format!("{base}{INSTALL_PATH}");
    for platform_event in EVENTS {
        let attempt = || bind(client, platform_event, &address);
        let bound = attempt
            .retry(INSTALL_BACKOFF.with_max_times(2))
            .sleep(tokio::time::sleep)
            .when(|error| is_transient(error) || is_bind_in_progress(error))
            .await;
        match bound {
            Ok(()) => tracing::info!(portal = member_id, platform_event, "subscribed"),
            Err(error) => {
                tracing::error!(
                    portal = member_id,
                    platform_event,
                    "not subscribed: {error}"
                );
                // A portal that is unreachable is so for the next event, too.
                if is_transient(&error) {
                    return;
                }
            }
        }
    }
}

async fn bind(client: &Client, event: &str, address: &str) -> Result<()> {
    let params = json!({"event": event, "handler": address});
    match client.call::<Value>("event.bind", params).await {
        Err(error) if !is_bound(&error) => Err(error),
        _ => Ok(()),
    }
}

/// The portal has one code for all failures here; only the text differs.
fn is_bound(error: &Error) -> bool {
    error.has_code("ERROR_CORE") && error.to_string().contains("Handler already binded")
}

/// Another request binds the same address at this moment, and may still fail.
fn is_bind_in_progress(error: &Error) -> bool {
    error.has_code("ERROR_CORE") && error.to_string().contains("has already started")
}
