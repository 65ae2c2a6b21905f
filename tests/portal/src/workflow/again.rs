//! Sending a call again, as a queue that lost its memory would.

use std::sync::Arc;

use super::call;
use crate::{
    history::{Delivery, Event, Outgoing},
    state::{Shared, State},
};

/// Sends the last call of a workflow once more, byte for byte; `false` if it has none.
pub(crate) fn send_again(shared: &Arc<Shared>, state: &mut State, id: &str) -> bool {
    let sent = state.history.iter().rev();
    let last = sent.filter_map(|record| match &record.event {
        Event::Called {
            workflow_id,
            request,
        } if workflow_id == id => Some(request),
        _ => None,
    });
    let Some(last) = last.map(Clone::clone).next() else {
        return false;
    };
    let request = Delivery {
        outcome: Outgoing::Awaited,
        took: None,
        ..last
    };
    let called = Event::Called {
        workflow_id: id.to_owned(),
        request: request.clone(),
    };
    shared.record(state, called);
    shared.spawn(call::deliver(Arc::clone(shared), id.to_owned(), request));
    true
}
