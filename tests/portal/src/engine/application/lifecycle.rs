//! What happens to an application that is installed.

use crate::engine::application::{install, notifications};
use crate::engine::events::raise;
use crate::engine::events::raise::{Occurrence, Origin};
use crate::engine::handler_auth::Tokens;
use crate::model::application::{Application, INSTALLER};
use crate::model::history::Delivery;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::error::Error;
use crate::rules::php::{Array, Value};
use crate::rules::settings::UpdateEvent;
use crate::rules::{event_catalogue, random};

/// Returns the application if it is installed.
pub(crate) fn installed<'a>(
    state: &'a mut State,
    client_id: &str,
) -> Result<&'a mut Application, Error> {
    state
        .installations
        .get_mut(client_id)
        .filter(|application| application.installed)
        .ok_or_else(|| Error::NotInstalled {
            client_id: client_id.to_owned(),
        })
}

/// Installs the next version, and builds the requests that notify of it.
pub(crate) fn next_version(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
) -> Result<Vec<Delivery>, Error> {
    let update_event = shared.settings.update_event;
    let application = installed(state, client_id)?;
    let previous = application.version;
    application.version += 1;
    if update_event != UpdateEvent::None {
        application.token = random::hex32();
    }
    let url = application.url.clone();
    let tokens = Tokens::issue(shared, state, client_id, INSTALLER);
    let (known, data) = match update_event {
        UpdateEvent::OnAppUpdate => {
            let data: Array = [
                ("VERSION", Value::Int(previous + 1)),
                ("PREVIOUS_VERSION", previous.into()),
                ("LANGUAGE_ID", shared.settings.language.as_str().into()),
            ]
            .into_iter()
            .collect();
            (Some(&event_catalogue::UPDATE), data)
        }
        UpdateEvent::OnAppInstall => (
            Some(&event_catalogue::INSTALL),
            install::install_data(shared, state, client_id),
        ),
        UpdateEvent::None => (None, Array::new()),
    };
    // Its handlers are still notified of the update that removes them.
    let requests = match known {
        Some(known) => {
            notifications::requests(shared, state, client_id, known, &data, Some(&tokens))
        }
        None => vec![Delivery::none(
            &url,
            "this portal does not notify of updates",
        )],
    };
    if shared.settings.update_wipes_registrations {
        state.registry.wipe(client_id);
        state.senders.wipe(client_id);
        state.events.unbind_all(client_id);
        install::bind_own(state, client_id);
    }
    notifications::store_tokens(installed(state, client_id)?, &tokens);
    Ok(requests)
}

/// Sets whether an application's payment has expired; a change raises `ONAPPPAYMENT`.
pub(crate) fn set_payment_expired(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    expired: bool,
) -> Result<(), Error> {
    let application = installed(state, client_id)?;
    if application.payment_expired == expired {
        return Ok(());
    }
    application.payment_expired = expired;
    let data: Array = [
        ("CODE", Value::from(application.code.as_str())),
        ("VERSION", application.version.into()),
        ("STATUS", application.status.letter().into()),
        ("PAYMENT_EXPIRED", application.payment_flag().into()),
        ("DAYS", application.days.map_or(Value::Null, Value::Int)),
        ("LANGUAGE_ID", shared.settings.language.as_str().into()),
    ]
    .into_iter()
    .collect();
    let occurrence = Occurrence {
        known: &event_catalogue::PAYMENT,
        data,
        only: Some(client_id.to_owned()),
    };
    // The end of the paid time is the last event it receives, so it is still treated as paid for
    // here.
    installed(state, client_id)?.payment_expired = false;
    raise::raise(shared, state, &Origin::user(None), &[occurrence]);
    installed(state, client_id)?.payment_expired = expired;
    Ok(())
}

/// Finishes an installation, as the page does with `BX24.installFinish`; a second time nothing
/// happens.
pub(crate) fn finish(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
) -> Result<Vec<Delivery>, Error> {
    let application = installed(state, client_id)?;
    if application.finished {
        return Ok(Vec::new());
    }
    application.finished = true;
    let tokens = Tokens::issue(shared, state, client_id, INSTALLER);
    let data = install::install_data(shared, state, client_id);
    let known = &event_catalogue::INSTALL;
    Ok(notifications::requests(
        shared,
        state,
        client_id,
        known,
        &data,
        Some(&tokens),
    ))
}

/// Uninstalls an application and deletes everything that it owns.
pub(crate) fn uninstall(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    clean: bool,
) -> Result<Vec<Delivery>, Error> {
    installed(state, client_id)?;
    let data: Array = [
        (
            "LANGUAGE_ID",
            Value::from(shared.settings.language.as_str()),
        ),
        ("CLEAN", i64::from(clean).into()),
    ]
    .into_iter()
    .collect();
    let known = &event_catalogue::UNINSTALL;
    let requests = notifications::requests(shared, state, client_id, known, &data, None);
    state.registry.wipe(client_id);
    state.senders.wipe(client_id);
    state.events.forget(client_id);
    let refresh_tokens = &mut state.grants.refresh_tokens;
    refresh_tokens.retain(|_, grant| grant.client_id != client_id);
    // Its access tokens are invalid without it.
    let application = installed(state, client_id)?;
    application.installed = false;
    application.finished = false;
    Ok(requests)
}
