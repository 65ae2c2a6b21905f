//! What happens to an application that is installed.

use super::{Application, INSTALLER, install, tell};
use crate::{
    Error, UpdateEvent,
    events::{self, Occurrence, Origin},
    handler_auth::Tokens,
    history::{Delivery, Event},
    php::{Array, Value},
    random,
    state::{Shared, State},
};

/// The application, if it is on the portal.
pub(super) fn installed<'a>(
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

/// Ends an installation, as the page does with `BX24.installFinish`; a second time nothing happens.
pub(crate) async fn finish(shared: &Shared, client_id: &str) -> Result<(), Error> {
    let requests = {
        let state = &mut *shared.lock();
        let application = installed(state, client_id)?;
        if application.finished {
            return Ok(());
        }
        application.finished = true;
        let tokens = Tokens::issue(shared, state, client_id, INSTALLER);
        let data = install::data(shared, state, client_id);
        let known = &events::INSTALL;
        tell::requests(shared, state, client_id, known, &data, Some(&tokens))
    };
    tell::send_install(shared, client_id, requests, |client_id, request| {
        Event::Installed { client_id, request }
    })
    .await;
    Ok(())
}

/// Installs the next version.
pub(super) async fn update(shared: &Shared, client_id: &str) -> Result<(), Error> {
    let requests = next_version(shared, &mut shared.lock(), client_id)?;
    let event = |client_id, request| Event::Updated { client_id, request };
    if shared.settings.update_event == UpdateEvent::OnAppInstall {
        tell::send_install(shared, client_id, requests, event).await;
    } else {
        tell::send(shared, client_id, requests, event).await;
    }
    Ok(())
}

fn next_version(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
) -> Result<Vec<Delivery>, Error> {
    let told_by = shared.settings.update_event;
    let application = installed(state, client_id)?;
    let previous = application.version;
    application.version += 1;
    if told_by != UpdateEvent::None {
        application.token = random::hex32();
    }
    let url = application.url.clone();
    let tokens = Tokens::issue(shared, state, client_id, INSTALLER);
    let (known, data) = match told_by {
        UpdateEvent::OnAppUpdate => {
            let data: Array = [
                ("VERSION", Value::Int(previous + 1)),
                ("PREVIOUS_VERSION", previous.into()),
                ("LANGUAGE_ID", shared.settings.language.as_str().into()),
            ]
            .into_iter()
            .collect();
            (Some(&events::UPDATE), data)
        }
        UpdateEvent::OnAppInstall => (
            Some(&events::INSTALL),
            install::data(shared, state, client_id),
        ),
        UpdateEvent::None => (None, Array::new()),
    };
    // Its handlers hear of the update that removes them.
    let requests = match known {
        Some(known) => tell::requests(shared, state, client_id, known, &data, Some(&tokens)),
        None => vec![Delivery::none(&url, "this portal tells nobody of updates")],
    };
    if shared.settings.update_wipes_registrations {
        state.registry.wipe(client_id);
        state.senders.wipe(client_id);
        state.events.unbind_all(client_id);
        install::bind_own(state, client_id);
    }
    tell::keep(installed(state, client_id)?, &tokens);
    Ok(requests)
}

/// Takes an application off the portal, with everything that is its own.
pub(super) async fn uninstall(shared: &Shared, client_id: &str, clean: bool) -> Result<(), Error> {
    let requests = {
        let state = &mut *shared.lock();
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
        let requests = tell::requests(shared, state, client_id, &events::UNINSTALL, &data, None);
        state.registry.wipe(client_id);
        state.senders.wipe(client_id);
        state.events.forget(client_id);
        let refresh_tokens = &mut state.grants.refresh_tokens;
        refresh_tokens.retain(|_, grant| grant.client_id != client_id);
        // Its access tokens are worth nothing without it.
        let application = installed(state, client_id)?;
        application.installed = false;
        application.finished = false;
        requests
    };
    tell::send(shared, client_id, requests, |client_id, request| {
        Event::Uninstalled { client_id, request }
    })
    .await;
    Ok(())
}

/// Sets whether an application is paid for; when that changes, it is told by `ONAPPPAYMENT`.
pub(super) fn set_payment_expired(
    shared: &Shared,
    client_id: &str,
    expired: bool,
) -> Result<(), Error> {
    let state = &mut *shared.lock();
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
        known: &events::PAYMENT,
        data,
        only: Some(client_id.to_owned()),
    };
    // That its time is over is the last it hears: it is told as one that is still paid for.
    installed(state, client_id)?.payment_expired = false;
    events::raise(shared, state, &Origin::user(None), &[occurrence]);
    installed(state, client_id)?.payment_expired = expired;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Installation, Portal};

    fn refresh_tokens(portal: &Portal, of: &Installation) -> Vec<(String, u64)> {
        let state = portal.shared().lock();
        let known = state.grants.refresh_tokens.iter();
        known
            .filter(|(_, grant)| {
                grant.client_id == of.client_id() && grant.expires > portal.shared().now()
            })
            .map(|(token, grant)| (token.clone(), grant.user_id))
            .collect()
    }

    #[tokio::test]
    async fn refresh_tokens_are_good_until_they_expire_or_their_application_goes() {
        let portal = Portal::start().await.unwrap();
        let nowhere = "http://127.0.0.1:1/event";
        let [one, two] = [
            portal.install(nowhere).await.unwrap(),
            portal.install(nowhere).await.unwrap(),
        ];
        assert_eq!(refresh_tokens(&portal, &one), [(one.refresh_token(), 1)]);

        portal.advance(Duration::from_hours(180 * 24 - 1));
        one.update().await.unwrap();
        assert_eq!(refresh_tokens(&portal, &one).len(), 2);
        portal.advance(Duration::from_hours(2));
        two.update().await.unwrap();
        assert_eq!(refresh_tokens(&portal, &one), [(one.refresh_token(), 1)]);

        one.uninstall(true).await.unwrap();
        assert_eq!(refresh_tokens(&portal, &one), []);
        assert_eq!(refresh_tokens(&portal, &two), [(two.refresh_token(), 1)]);
    }
}
