//! Notifying an application of its own life. Unlike other events, these do not pass the queue.

use jiff::Timestamp;

use crate::model::history::{Delivery, Event, Outgoing};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::settings::InstallEvent;
use crate::wire::delivery;

/// Sends requests one after the other, and records them with what came back.
pub(crate) async fn send(
    shared: &Shared,
    client_id: &str,
    requests: Vec<Delivery>,
    event: fn(String, Delivery) -> Event,
) {
    for mut request in requests {
        let at = shared.now();
        // A request without a recipient is only recorded in the history.
        if request.outcome == Outgoing::Awaited {
            set_last_notification(&mut shared.lock(), client_id, &request);
            delivery::post(shared, &mut request).await;
            set_last_notification(&mut shared.lock(), client_id, &request);
        }
        let state = &mut *shared.lock();
        shared.record_at(state, at, event(client_id.to_owned(), request));
    }
}

/// Sends `ONAPPINSTALL` immediately, late or not at all, as the portal is set to.
pub(crate) async fn send_install(
    shared: &Shared,
    client_id: &str,
    mut requests: Vec<Delivery>,
    event: fn(String, Delivery) -> Event,
) {
    match shared.settings.install_event {
        InstallEvent::Immediately => {}
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

fn set_last_notification(state: &mut State, client_id: &str, request: &Delivery) {
    if let Some(application) = state.installations.get_mut(client_id) {
        application.last_notification.clone_from(request);
    }
}
