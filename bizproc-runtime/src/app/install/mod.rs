//! Installations: `ONAPPINSTALL`, `ONAPPUPDATE` and `ONAPPUNINSTALL`.

pub(in crate::app) mod subscribe;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backon::{ExponentialBuilder, Retryable as _};
use tokio::sync::Semaphore;
use url::Url;

use crate::app::inbox::prove;
use crate::app::service::Shared;
use crate::call::form;
use crate::definition::RobotKind;
use crate::error::{Error, ErrorKind, Result};
use crate::form::Node;
use crate::portal::{Auth, Portal, parse_endpoint, untrusted};
use crate::rest::{AppInfo, Client, app_info};

/// An event comes once: what can pass is waited for.
pub(in crate::app) const ATTEMPTS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_secs(10))
    .with_max_times(6);

/// The most installations that are checked at the same time.
const AT_ONCE: usize = 32;

/// Places for installations that are checked. Anybody can have one checked, which takes long when
/// the authorisation server is slow: most connections are left to calls.
pub(in crate::app) fn places(connections: usize) -> Semaphore {
    Semaphore::new(AT_ONCE.min(connections.div_ceil(4)))
}

/// Carries out an event and names what was done.
pub(in crate::app) async fn take(shared: &Arc<Shared>, body: &[u8]) -> Result<&'static str> {
    let (event, auth) = {
        let form = form(body, &shared.settings.limits)?;
        let event = form.get("event").and_then(Node::as_text);
        (event.map(str::to_ascii_uppercase), Auth::from_form(&form)?)
    };
    match event.as_deref() {
        // After an update some portals send the one, some the other, and some send both.
        Some("ONAPPINSTALL" | "ONAPPUPDATE") => install(shared, &auth).await,
        Some("ONAPPUNINSTALL") => {
            let portal = prove(shared, &auth).await?;
            let now = SystemTime::now();
            shared.proven.forget(&portal.member_id);
            shared.store.remove_portal(&portal.member_id, now).await?;
            tracing::info!(portal = portal.member_id, "uninstalled");
            Ok("uninstalled")
        }
        Some(other) => {
            prove(shared, &auth).await?;
            tracing::debug!(event = %untrusted(other), "not an event of the application's life");
            Ok("ignored")
        }
        None => Err(Error::new(
            ErrorKind::BadRequest,
            "the request is no event: it has no `event`; portals post `ONAPPINSTALL` here",
        )),
    }
}

/// Keeps the portal, registers the robots there and has it tell of what comes later.
async fn install(shared: &Arc<Shared>, auth: &Auth) -> Result<&'static str> {
    let Ok(place) = shared.installing.try_acquire() else {
        let message = format!(
            "too many installations are being checked for one more; install or update the \
             application again on portal `{}`, if it was you",
            untrusted(&auth.member_id)
        );
        return Err(Error::new(ErrorKind::BadRequest, message).with_status(503));
    };
    let portal = Arc::new(vouched_for(shared, auth).await?);
    drop(place);
    shared.store.save_portal(Arc::clone(&portal)).await?;
    shared.proven.forget(&portal.member_id);
    shared.lanes.unpark(&portal.member_id);
    tracing::info!(portal = portal.member_id, "installed");
    let shared = Arc::clone(shared);
    tokio::spawn(async move { shared.register(&portal).await });
    Ok("installed")
}

/// An installation brings the first application token, so nothing stored can prove it: the
/// authorisation server is asked whose the access token is, and the portal whether its owner is
/// an administrator. Anybody else on the portal has tokens of this application too.
async fn vouched_for(shared: &Shared, auth: &Auth) -> Result<Portal> {
    let needed = |value: Option<&String>, key: &str| {
        value.cloned().ok_or_else(|| {
            let message = format!("the installation has no `auth[{key}]`");
            Error::new(ErrorKind::BadRequest, message)
        })
    };
    let server_endpoint =
        parse_endpoint(&needed(auth.server_endpoint.as_ref(), "server_endpoint")?)?;
    let client_endpoint =
        parse_endpoint(&needed(auth.client_endpoint.as_ref(), "client_endpoint")?)?;
    let (Some(access_token), Some(application_token)) =
        (&auth.access_token, &auth.application_token)
    else {
        let message =
            "the installation has no `auth[access_token]` or no `auth[application_token]`";
        return Err(Error::new(ErrorKind::BadRequest, message));
    };
    let host = server_endpoint.host_str().unwrap_or_default();
    if !shared
        .settings
        .oauth_hosts
        .iter()
        .any(|known| known == host)
    {
        let message = format!(
            "`{}` is no authorisation server that may vouch for an installation; one of your own is \
             named with `App::trust_oauth_host`",
            untrusted(host)
        );
        return Err(Error::new(ErrorKind::Unauthenticated, message));
    }
    let ask = || app_info(&shared.http, &server_endpoint, access_token);
    let info = ask
        .retry(ATTEMPTS)
        .sleep(tokio::time::sleep)
        .when(can_pass)
        .await
        .map_err(not_vouched_for)?;
    let client_endpoint = check_info(shared, auth, &info, &client_endpoint).await?;
    if shared.store.portal(&auth.member_id).await?.is_none() {
        shared.paces.welcome(&auth.member_id);
    }
    let mut portal = Portal::new(
        &auth.member_id,
        &info.client_id,
        client_endpoint,
        server_endpoint,
    );
    portal.application_token = application_token.clone();
    portal.access_token = access_token.clone();
    portal.refresh_token = auth.refresh_token.clone();
    portal.user_id = auth.user_id.or_else(|| info.user_id());
    portal.culture = shared.settings.culture.clone();
    check_administrator(&shared.paced_client(&portal)).await?;
    Ok(portal)
}

/// A refusal of the token is the requester's fault, anything else is not.
fn not_vouched_for(error: Error) -> Error {
    if error.kind() != ErrorKind::Rejected {
        return error;
    }
    let message = format!("the authorisation server does not vouch for the installation: {error}");
    Error::new(ErrorKind::Unauthenticated, message).with_source(error)
}

/// The portal's address, as the authorisation server has it.
async fn check_info(
    shared: &Shared,
    auth: &Auth,
    info: &AppInfo,
    client_endpoint: &Url,
) -> Result<Url> {
    let real = parse_endpoint(&info.install.client_endpoint)?;
    let known = shared.store.portal(&auth.member_id).await?;
    let expected = shared
        .settings
        .client_id
        .as_ref()
        .or_else(|| known.as_ref().map(|known| &known.client_id));
    let same_application = expected.is_none_or(|expected| *expected == info.client_id);
    let same_place = real.origin() == client_endpoint.origin();
    if info.install.member_id == auth.member_id && same_place && same_application {
        return Ok(real);
    }
    let member_id = untrusted(&auth.member_id);
    Err(Error::new(
        ErrorKind::Unauthenticated,
        format!(
            "the authorisation server does not confirm the installation on portal `{member_id}`: \
             portal, address or application is another one"
        ),
    ))
}

/// Only an administrator may list robots; the portals without robots have no such method at all.
async fn check_administrator(client: &Client) -> Result<()> {
    let list = || client.robot_list(RobotKind::Robot);
    match list
        .retry(ATTEMPTS)
        .sleep(tokio::time::sleep)
        .when(can_pass)
        .await
    {
        Ok(_) => Ok(()),
        Err(error) if error.has_code("ERROR_METHOD_NOT_FOUND") => Ok(()),
        Err(error) if error.has_code("ACCESS_DENIED") => {
            let message = "the installation's access token is not an administrator's";
            Err(Error::new(ErrorKind::Unauthenticated, message).with_source(error))
        }
        Err(error) => Err(error),
    }
}

pub(in crate::app) fn can_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Connect | ErrorKind::NoResponse | ErrorKind::InvalidResponse
    ) || matches!(error.status(), Some(429 | 500..=599))
}
