//! Sending the call of a workflow again.

use crate::engine::queue;
use crate::model::history::{Delivery, Event, Outgoing};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php;

/// Sends the last call of a workflow again; `false` if it has none.
pub(crate) fn resend(shared: &Shared, state: &mut State, id: &str) -> bool {
    let sent = state.history.iter().rev();
    let mut calls = sent.filter_map(|record| match &record.event {
        Event::Called {
            workflow_id,
            request,
            ..
        } if workflow_id == id => Some(request),
        _ => None,
    });
    let Some(last) = calls.next().cloned() else {
        return false;
    };
    drop(calls);
    let form = php::parse_str(last.body.as_bytes());
    let token = form
        .as_array()
        .and_then(|form| form.get("event_token")?.as_text())
        .and_then(|text| shared.signer.read(text));
    let Some(token) = token else { return false };
    let request = Delivery {
        outcome: Outgoing::Awaited,
        took: None,
        ..last
    };
    queue::repeat(shared, state, token, request);
    true
}
