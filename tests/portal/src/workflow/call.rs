//! The request a step sends to its handler.

use std::sync::Arc;

use crate::{
    delivery,
    faults::{Fault, Group},
    handler_auth::{self, Tokens},
    history::Event,
    php::{self, Array, Value},
    random,
    state::{Shared, State},
    token::EventToken,
};

/// What a step knows when it is executed.
pub(super) struct Step {
    pub(super) token: EventToken,
    pub(super) client_id: String,
    pub(super) code: String,
    pub(super) document: crate::Document,
    pub(super) properties: Array,
    /// The waiting mode in force; `None` is null, which vanishes from the form.
    pub(super) use_subscription: Option<String>,
    pub(super) timeout_seconds: i64,
    /// Whose tokens the handler gets.
    pub(super) owner: Option<u64>,
}

/// The body of the call, in the order in which the platform fills it.
pub(super) fn body(shared: &Shared, state: &mut State, step: &Step) -> String {
    let owner = step
        .owner
        .filter(|_| state.faults.take(Group::Tokens).is_none());
    let tokens = owner.map(|user| Tokens::issue(shared, state, &step.client_id, user));
    let application_token = if state.faults.take(Group::ApplicationToken).is_some() {
        random::hex32()
    } else {
        state
            .installations
            .get(&step.client_id)
            .map(|app| app.token.clone())
            .unwrap_or_default()
    };
    let triple = |parts: [&str; 3]| Value::Array(parts.into_iter().map(Value::from).collect());
    let call: Array = [
        ("workflow_id", Value::from(step.token.workflow_id.as_str())),
        ("code", step.code.as_str().into()),
        ("document_id", triple(step.document.document_id())),
        ("document_type", triple(step.document.document_type())),
        ("event_token", shared.signer.sign(&step.token).into()),
        ("properties", step.properties.clone().into()),
        (
            "use_subscription",
            step.use_subscription
                .clone()
                .map_or(Value::Null, Value::Text),
        ),
        ("timeout_duration", step.timeout_seconds.into()),
        ("ts", shared.now().as_second().into()),
        (
            "auth",
            handler_auth::block(shared, tokens.as_ref(), &application_token).into(),
        ),
    ]
    .into_iter()
    .collect();
    php::http_build_query(&call.into())
}

/// Sends the call: once, unless a fault says otherwise.
pub(super) fn deliver(
    shared: &Arc<Shared>,
    state: &mut State,
    workflow_id: &str,
    url: &str,
    body: &str,
) {
    let copies = match state.faults.take(Group::Delivery) {
        Some(Fault::LostCall) => {
            shared.record(
                state,
                Event::CallLost {
                    workflow_id: workflow_id.to_owned(),
                },
            );
            0
        }
        Some(Fault::DoubledCall) => 2,
        _ => 1,
    };
    for _ in 0..copies {
        let task = send(
            Arc::clone(shared),
            workflow_id.to_owned(),
            url.to_owned(),
            body.to_owned(),
        );
        shared.spawn(task);
    }
}

async fn send(shared: Arc<Shared>, workflow_id: String, url: String, body: String) {
    let at = shared.now();
    let request = delivery::post(&shared, &url, body).await;
    let state = &mut *shared.lock();
    if let Some(instance) = state.workflows.get_mut(&workflow_id) {
        instance.call.get_or_insert_with(|| request.clone());
    }
    shared.record_at(
        state,
        at,
        Event::Called {
            workflow_id,
            request,
        },
    );
}
