//! What an installation does.

use crate::engine::application::notifications;
use crate::engine::handler_auth::Tokens;
use crate::model::application::INSTALLER;
use crate::model::events::Handler;
use crate::model::history::Delivery;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::error::Error;
use crate::rules::php::{Array, Value};
use crate::rules::{event_catalogue, random};

/// Issues an application's tokens, and builds the requests that notify an application without a
/// page.
pub(crate) fn put_up(shared: &Shared, state: &mut State, client_id: &str) -> Vec<Delivery> {
    let tokens = Tokens::issue(shared, state, client_id, INSTALLER);
    let Some(application) = state.installations.get_mut(client_id) else {
        return Vec::new();
    };
    application.installed = true;
    application.finished = !application.has_page;
    application.token = random::hex32();
    application.last_notification = Delivery::to(&application.url, "");
    notifications::store_tokens(application, &tokens);
    if application.has_page {
        return Vec::new();
    }
    bind_own(state, client_id);
    let data = install_data(shared, state, client_id);
    notifications::requests(
        shared,
        state,
        client_id,
        &event_catalogue::INSTALL,
        &data,
        Some(&tokens),
    )
}

/// Binds an application without a page to its own installation, as a portal does by itself.
pub(crate) fn bind_own(state: &mut State, client_id: &str) {
    let application = state.installations.get(client_id);
    let Some(application) = application.filter(|application| !application.has_page) else {
        return;
    };
    // The binding exists already if it survived an update.
    state.events.add(Handler {
        id: 0,
        client_id: client_id.to_owned(),
        event: event_catalogue::INSTALL.name,
        url: application.url.clone(),
        user_id: 0,
        connector: String::new(),
        min_timeout: None,
    });
}

/// The data of `ONAPPINSTALL`.
pub(crate) fn install_data(shared: &Shared, state: &State, client_id: &str) -> Array {
    let version = state.installations.get(client_id);
    [
        ("VERSION", Value::Int(version.map_or(1, |app| app.version))),
        ("ACTIVE", "Y".into()),
        ("INSTALLED", "Y".into()),
        ("LANGUAGE_ID", shared.settings.language.as_str().into()),
    ]
    .into_iter()
    .collect()
}

pub(crate) fn check_url(url: &str) -> Result<(), Error> {
    let refuse = |reason: &str| Error::InstallUrl {
        url: url.to_owned(),
        reason: reason.to_owned(),
    };
    let parsed = reqwest::Url::parse(url).map_err(|error| refuse(&error.to_string()))?;
    match parsed.scheme() {
        "http" => Ok(()),
        _ => Err(refuse("this portal speaks plain http only")),
    }
}

/// Installs again an application that was uninstalled.
pub(crate) fn reinstall(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
) -> Result<Vec<Delivery>, Error> {
    let is_installed = state
        .installations
        .get(client_id)
        .is_some_and(|application| application.installed);
    if is_installed {
        return Err(Error::AlreadyInstalled {
            client_id: client_id.to_owned(),
        });
    }
    // Until now they were recognised as tokens of an uninstalled application.
    let tokens = &mut state.grants.tokens;
    tokens.retain(|_, grant| grant.client_id != client_id);
    Ok(put_up(shared, state, client_id))
}
