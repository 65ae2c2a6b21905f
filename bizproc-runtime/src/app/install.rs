//! Installations: `ONAPPINSTALL`, `ONAPPUPDATE` and `ONAPPUNINSTALL`.

use std::sync::Arc;

use url::Url;

use super::routes::prove;
use super::service::Shared;
use crate::call::form;
use crate::error::{Error, Kind, Result};
use crate::form::Node;
use crate::portal::{Auth, Portal, endpoint, shown};
use crate::rest::{AppInfo, app_info};

/// Carries out an event and names what was done.
pub(super) async fn take(shared: &Arc<Shared>, body: &[u8]) -> Result<&'static str> {
    let (event, auth) = {
        let form = form(body, &shared.limits)?;
        let event = form
            .get("event")
            .and_then(Node::as_text)
            .map(str::to_ascii_uppercase);
        (event, Auth::of(&form)?)
    };
    match event.as_deref() {
        // After an update some portals send the one, some the other, and some send both.
        Some("ONAPPINSTALL" | "ONAPPUPDATE") => install(shared, &auth).await,
        Some("ONAPPUNINSTALL") => {
            let portal = prove(shared, &auth).await?;
            shared.store.remove_portal(&portal.member_id).await?;
            tracing::info!(portal = portal.member_id, "uninstalled");
            Ok("uninstalled")
        }
        Some(other) => {
            prove(shared, &auth).await?;
            tracing::debug!(event = %shown(other), "not an event of the application's life");
            Ok("ignored")
        }
        None => Err(Error::new(
            Kind::Request,
            "the request is no event: it has no `event`; portals post `ONAPPINSTALL` here",
        )),
    }
}

/// Keeps the portal and registers the robots there. The registration goes on after the answer,
/// because the portal does not wait for it.
async fn install(shared: &Arc<Shared>, auth: &Auth) -> Result<&'static str> {
    let portal = vouched_for(shared, auth).await?;
    shared.store.save_portal(portal.clone()).await?;
    tracing::info!(portal = portal.member_id, "installed");
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        match shared.register(&portal).await {
            Ok(robots) => {
                tracing::info!(
                    portal = portal.member_id,
                    robots = robots.len(),
                    "registered"
                );
            }
            Err(error) => tracing::error!(portal = portal.member_id, "{error}"),
        }
    });
    Ok("installed")
}

/// An installation brings the first application token, so nothing stored can prove it: the
/// authorisation server is asked whose the access token is.
async fn vouched_for(shared: &Shared, auth: &Auth) -> Result<Portal> {
    let needed = |value: Option<&String>, key: &str| {
        value.cloned().ok_or_else(|| {
            Error::new(
                Kind::Request,
                format!("the installation has no `auth[{key}]`"),
            )
        })
    };
    let server_endpoint = endpoint(&needed(auth.server_endpoint.as_ref(), "server_endpoint")?)?;
    let client_endpoint = endpoint(&needed(auth.client_endpoint.as_ref(), "client_endpoint")?)?;
    let (Some(access_token), Some(application_token)) =
        (&auth.access_token, &auth.application_token)
    else {
        let message =
            "the installation has no `auth[access_token]` or no `auth[application_token]`";
        return Err(Error::new(Kind::Request, message));
    };
    let host = server_endpoint.host_str().unwrap_or_default();
    if !shared.oauth_hosts.iter().any(|known| known == host) {
        let message = format!(
            "`{}` is no authorisation server that may vouch for an installation; one of your own is \
             named with `App::oauth_host`",
            shown(host)
        );
        return Err(Error::new(Kind::Forged, message));
    }
    let info = app_info(&shared.http, &server_endpoint, access_token).await?;
    check_info(shared, auth, &info, &client_endpoint)?;
    Ok(Portal {
        member_id: auth.member_id.clone(),
        client_endpoint,
        server_endpoint,
        application_token: application_token.clone(),
        access_token: access_token.clone(),
        refresh_token: auth.refresh_token.clone(),
        user_id: auth.user_id.or(info.user_id),
        culture: shared.culture.clone(),
    })
}

fn check_info(shared: &Shared, auth: &Auth, info: &AppInfo, client_endpoint: &Url) -> Result<()> {
    let real = Url::parse(&info.install.client_endpoint).ok();
    let same_place = real.is_some_and(|real| real.origin() == client_endpoint.origin());
    let same_application = shared
        .client_id
        .as_ref()
        .is_none_or(|id| *id == info.client_id);
    if info.install.member_id == auth.member_id && same_place && same_application {
        return Ok(());
    }
    let member_id = shown(&auth.member_id);
    Err(Error::new(
        Kind::Forged,
        format!(
            "the authorisation server does not confirm the installation on portal `{member_id}`: \
             portal, address or application is another one"
        ),
    ))
}
