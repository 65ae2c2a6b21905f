//! Notifying bound handlers of events.

use crate::engine::events::offline;
use crate::engine::handler_auth::Tokens;
use crate::engine::{handler_auth, queue};
use crate::model::application::Application;
use crate::model::caller::Caller;
use crate::model::events::Handler;
use crate::model::queue::Parcel;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::event_catalogue::Known;
use crate::rules::php::{Array, Value};
use crate::rules::settings::CallTokens;
use crate::rules::{event_catalogue, php};

/// How many events in a row may cause one another through REST calls.
const LONGEST_CHAIN: u8 = 7;

/// An event that happened, for [`raise`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Occurrence {
    pub(crate) known: &'static Known,
    pub(crate) data: Array,
    /// The only application it concerns; `None` for all.
    pub(crate) only: Option<String>,
}

/// Who made it happen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// `None` if a robot, a workflow or the portal itself made it happen.
    user_id: Option<u64>,
    /// The application whose REST call it was, and the source it named itself as.
    client_id: Option<String>,
    connector: String,
    chain: u8,
}

impl Origin {
    /// A user of the portal, or no user.
    pub(crate) fn user(user_id: Option<u64>) -> Self {
        Self {
            user_id,
            ..Self::default()
        }
    }

    /// The caller of a method.
    pub(crate) fn from_caller(caller: &Caller) -> Self {
        Self {
            user_id: Some(caller.user_id),
            client_id: caller.client_id.clone(),
            connector: caller.connector.clone(),
            chain: caller.chain,
        }
    }
}

impl Origin {
    /// Whether a handler without an address belongs to the source of the event, which is not
    /// notified.
    fn is_source(&self, handler: &Handler) -> bool {
        self.client_id.as_ref() == Some(&handler.client_id) && self.connector == handler.connector
    }
}

/// Notifies every bound handler of the events of one request to the portal, and returns how many
/// there were.
///
/// A handler receives equal events once. Applications that are not paid for, or whose installation
/// has not finished, receive nothing.
pub(crate) fn raise(
    shared: &Shared,
    state: &mut State,
    origin: &Origin,
    occurrences: &[Occurrence],
) -> usize {
    if origin.chain >= LONGEST_CHAIN {
        return 0;
    }
    let mut notified = 0;
    let mut queued_for: Vec<String> = Vec::new();
    for (index, occurrence) in occurrences.iter().enumerate() {
        if occurrences
            .iter()
            .take(index)
            .any(|earlier| earlier == occurrence)
        {
            continue;
        }
        for handler in recipients(state, occurrence) {
            if !handler.is_offline() {
                post(
                    shared,
                    state,
                    origin,
                    &handler,
                    occurrence.known,
                    &occurrence.data,
                );
            } else if origin.is_source(&handler) {
                continue;
            } else {
                offline::put(shared, state, &handler, &occurrence.data, origin.user_id);
                queued_for.push(handler.client_id);
            }
            notified += 1;
        }
    }
    announce(shared, state, origin, &queued_for);
    notified
}

/// Queues an event of an application's own life for its handlers without an address, as caused by a
/// user; `false` if it has none.
pub(crate) fn keep_offline(
    shared: &Shared,
    state: &mut State,
    (client_id, user_id): (&str, u64),
    known: &Known,
    data: &Array,
) -> bool {
    let mut waiting = state.events.bound_to(known.name);
    waiting.retain(|handler| handler.client_id == client_id && handler.is_offline());
    for handler in &waiting {
        offline::put(shared, state, handler, data, Some(user_id));
    }
    if !waiting.is_empty() {
        let origin = Origin::user(Some(user_id));
        announce(shared, state, &origin, &[client_id.to_owned()]);
    }
    !waiting.is_empty()
}

/// Notifies handlers of `ONOFFLINEEVENT` that events wait for these applications.
fn announce(shared: &Shared, state: &mut State, origin: &Origin, queued_for: &[String]) {
    for handler in state.events.bound_to(event_catalogue::OFFLINE.name) {
        if queued_for.contains(&handler.client_id) && offline::is_due(shared, state, &handler) {
            let known = &event_catalogue::OFFLINE;
            post(shared, state, origin, &handler, known, &Array::new());
        }
    }
}

fn recipients(state: &State, occurrence: &Occurrence) -> Vec<Handler> {
    let mut bound = state.events.bound_to(occurrence.known.name);
    bound.retain(|handler| {
        occurrence
            .only
            .as_ref()
            .is_none_or(|only| *only == handler.client_id)
            && state
                .installations
                .get(&handler.client_id)
                .is_some_and(Application::receives_events)
    });
    bound
}

/// Queues the request to a handler. Its tokens are those of the handler's user, or else of the
/// acting user.
fn post(
    shared: &Shared,
    state: &mut State,
    origin: &Origin,
    handler: &Handler,
    known: &Known,
    data: &Array,
) {
    let parcel = Parcel::Event {
        client_id: handler.client_id.clone(),
        name: known.name.to_owned(),
        handler_id: handler.id,
    };
    queue::send(shared, state, parcel, &handler.url, |state| {
        let owner = Some(handler.user_id)
            .filter(|user| *user > 0)
            .or(origin.user_id);
        let client_id = handler.client_id.as_str();
        let tokens = owner.and_then(|user| match known.tokens {
            CallTokens::Both => Some(Tokens::issue(shared, state, client_id, user)),
            CallTokens::AccessOnly => Some(Tokens::access_only(shared, state, client_id, user)),
            CallTokens::None => None,
        });
        let grants = &mut state.grants.tokens;
        if let Some(grant) = tokens
            .as_ref()
            .and_then(|tokens| grants.get_mut(&tokens.access_token))
        {
            grant.chain = origin.chain + 1;
        }
        let application_token = state
            .installations
            .get(client_id)
            .filter(|_| known.application_token)
            .map(|application| application.token.clone());
        body(
            shared,
            (known, handler.id),
            data,
            tokens.as_ref(),
            application_token.as_deref(),
        )
    });
}

/// The form of an event.
pub(crate) fn body(
    shared: &Shared,
    (known, handler_id): (&Known, i64),
    data: &Array,
    tokens: Option<&Tokens>,
    application_token: Option<&str>,
) -> String {
    let mut auth = handler_auth::block(shared, tokens, application_token.unwrap_or_default());
    if application_token.is_none() {
        auth.remove("application_token");
    }
    let request: Array = [
        ("event", Value::from(known.name)),
        ("event_handler_id", handler_id.into()),
        ("data", data.clone().into()),
        ("ts", shared.now().as_second().into()),
        ("auth", auth.into()),
    ]
    .into_iter()
    .collect();
    php::http_build_query(&request.into())
}
