//! The request a step sends to its handler.

use std::sync::Arc;

use crate::{
    delivery,
    faults::{Fault, Group},
    handler_auth::{self, Tokens},
    history::{Delivery, Event, Outgoing},
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

/// Sends the call: once, unless a fault says otherwise.
pub(super) fn send(shared: &Arc<Shared>, state: &mut State, step: &Step, url: &str) {
    let workflow_id = &step.token.workflow_id;
    let copies = match state.faults.take(Group::Delivery) {
        Some(Fault::LostCall) => {
            let workflow_id = workflow_id.clone();
            shared.record(state, Event::CallLost { workflow_id });
            return;
        }
        Some(Fault::DoubledCall) => 2,
        _ => 1,
    };
    let request = Delivery::to(url, body(shared, state, step));
    for _ in 0..copies {
        let called = Event::Called {
            workflow_id: workflow_id.clone(),
            request: request.clone(),
        };
        shared.record(state, called);
        shared.spawn(deliver(
            Arc::clone(shared),
            workflow_id.clone(),
            request.clone(),
        ));
    }
}

pub(super) async fn deliver(shared: Arc<Shared>, workflow_id: String, mut request: Delivery) {
    delivery::post(&shared, &mut request).await;
    let state = &mut *shared.lock();
    // The copies of a doubled call are alike, so any of them that is not answered yet is the right one.
    let sent = state.history.iter_mut().rev();
    let mut unanswered = sent.filter_map(|record| match &mut record.event {
        Event::Called {
            workflow_id: id,
            request,
        } if *id == workflow_id && request.outcome == Outgoing::Awaited => Some(request),
        _ => None,
    });
    if let Some(called) = unanswered.next() {
        called.clone_from(&request);
    }
    if let Some(instance) = state.workflows.get_mut(&workflow_id) {
        instance.call.get_or_insert(request);
    }
    shared.wake();
}
