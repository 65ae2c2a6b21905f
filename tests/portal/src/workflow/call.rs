//! The request a step sends to its handler.

use std::sync::Arc;

use crate::{
    faults::Group,
    handler_auth::{self, Tokens},
    php::{self, Array, Value},
    queue::{self, Parcel},
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
fn body(shared: &Shared, state: &mut State, step: &Step) -> String {
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

/// Sends the call through the queue, which may lose or double it.
pub(super) fn send(shared: &Arc<Shared>, state: &mut State, step: &Step, url: &str) {
    let parcel = Parcel::Call {
        workflow_id: step.token.workflow_id.clone(),
    };
    queue::send(shared, state, parcel, url, |state| {
        body(shared, state, step)
    });
}
