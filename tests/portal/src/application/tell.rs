//! Telling an application of its own life: unlike other events these do not pass the queue.

use jiff::Timestamp;

use super::{Application, INSTALLER};
use crate::{
    delivery,
    events::{self, Handler, Known},
    handler_auth::Tokens,
    history::{Delivery, Event, Outgoing},
    php::Array,
    settings::InstallEvent,
    state::{Shared, State},
};

/// Makes the tokens those of the application.
pub(super) fn keep(application: &mut Application, tokens: &Tokens) {
    application.access_token.clone_from(&tokens.access_token);
    application.refresh_token = tokens.refresh_token.clone().unwrap_or_default();
}

/// The requests of an event of the application's life: one to each handler it has bound. For a handler without an
/// address the event is queued.
///
/// The tokens are those of the administrator; a handler that is bound to a user gets that user's.
pub(super) fn requests(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    known: &'static Known,
    data: &Array,
    tokens: Option<&Tokens>,
) -> Vec<Delivery> {
    let Some(application) = state.installations.get(client_id) else {
        return Vec::new();
    };
    let (url, token) = (application.url.clone(), application.token.clone());
    if !application.hears_events() {
        return vec![Delivery::none(
            &url,
            "an application that is not installed or not paid for hears nothing",
        )];
    }
    // What an uninstallation put into the queue would go with the application.
    let queued = *known != events::UNINSTALL
        && events::keep_offline(shared, state, (client_id, INSTALLER), known, data);
    let mut bound = state.events.bound_to(known.name);
    bound.retain(|handler| handler.client_id == client_id && !handler.is_offline());
    if bound.is_empty() {
        let reason = if queued {
            format!("{} waits for event.offline.get", known.name)
        } else {
            format!("no handler is bound to {}", known.name)
        };
        return vec![Delivery::none(&url, &reason)];
    }
    let requests = bound.into_iter().map(|handler| {
        let Handler { id, user_id, .. } = handler;
        let its_own = tokens
            .filter(|_| user_id > 0 && user_id != INSTALLER)
            .map(|_| Tokens::issue(shared, state, client_id, user_id));
        let tokens = its_own.as_ref().or(tokens);
        let body = events::body(shared, (known, id), data, tokens, Some(&token));
        Delivery::to(&handler.url, body)
    });
    requests.collect()
}

/// Sends requests one after the other, and writes them down with what came back.
pub(super) async fn send(
    shared: &Shared,
    client_id: &str,
    requests: Vec<Delivery>,
    event: fn(String, Delivery) -> Event,
) {
    for mut request in requests {
        let at = shared.now();
        // One that nobody gets stands in the history only.
        if request.outcome == Outgoing::Awaited {
            set_told(&mut shared.lock(), client_id, &request);
            delivery::post(shared, &mut request).await;
            set_told(&mut shared.lock(), client_id, &request);
        }
        let state = &mut *shared.lock();
        shared.record_at(state, at, event(client_id.to_owned(), request));
    }
}

/// Sends what `ONAPPINSTALL` says, at once, late or not at all, as the portal is set to.
pub(super) async fn send_install(
    shared: &Shared,
    client_id: &str,
    mut requests: Vec<Delivery>,
    event: fn(String, Delivery) -> Event,
) {
    match shared.settings.install_event {
        InstallEvent::AtOnce => {}
        InstallEvent::Late(pause) => {
            let due = shared.now().checked_add(pause).unwrap_or(Timestamp::MAX);
            let client_id = client_id.to_owned();
            shared.spawn_with(async move |shared| {
                shared.until(due).await;
                send(&shared, &client_id, requests, event).await;
            });
            return;
        }
        InstallEvent::Lost => {
            for request in &mut requests {
                if request.outcome == Outgoing::Awaited {
                    *request = Delivery::none(&request.url, "this portal loses ONAPPINSTALL");
                }
            }
        }
    }
    send(shared, client_id, requests, event).await;
}

fn set_told(state: &mut State, client_id: &str, request: &Delivery) {
    if let Some(application) = state.installations.get_mut(client_id) {
        application.told.clone_from(request);
    }
}
