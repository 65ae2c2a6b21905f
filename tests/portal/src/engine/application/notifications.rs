//! The requests that notify an application of its own installation, update and uninstallation.

use crate::engine::events::raise;
use crate::engine::handler_auth::Tokens;
use crate::model::application::{Application, INSTALLER};
use crate::model::events::Handler;
use crate::model::history::Delivery;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::event_catalogue;
use crate::rules::event_catalogue::Known;
use crate::rules::php::Array;

/// Stores the tokens as the application's own.
pub(crate) fn store_tokens(application: &mut Application, tokens: &Tokens) {
    application.access_token.clone_from(&tokens.access_token);
    application.refresh_token = tokens.refresh_token.clone().unwrap_or_default();
}

/// Builds the requests of an event of the application's life, one for each handler that it has
/// bound. For a handler without an address the event is queued.
///
/// The tokens are the administrator's; a handler that is bound to a user gets that user's.
pub(crate) fn requests(
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
    let url = application.url.clone();
    let token = application.token.clone();
    if !application.receives_events() {
        return vec![Delivery::none(
            &url,
            "an application that is not installed or not paid for receives no events",
        )];
    }
    // An uninstallation deletes the application's queue, so nothing is put into it.
    let queued = *known != event_catalogue::UNINSTALL
        && raise::keep_offline(shared, state, (client_id, INSTALLER), known, data);
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
        let body = raise::body(shared, (known, id), data, tokens, Some(&token));
        Delivery::to(&handler.url, body)
    });
    requests.collect()
}
