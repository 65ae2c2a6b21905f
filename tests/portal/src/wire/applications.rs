//! The life of an application, with the requests that notify it.

use crate::engine::application::form::own_form;
use crate::engine::application::{install, lifecycle};
use crate::model::application::Opened;
use crate::model::history::{Body, Delivery, Event, Outgoing};
use crate::model::shared::Shared;
use crate::rules::error::Error;
use crate::rules::php;
use crate::rules::settings::UpdateEvent;
use crate::wire::{delivery, notifications};

/// Posts the form of the application's own page as a browser does, and returns the page.
pub(crate) async fn open(shared: &Shared, client_id: &str) -> Result<Opened, Error> {
    let form = own_form(shared, &mut shared.lock(), client_id)?;
    let body = php::http_build_query(&form.fields.into());
    let mut request = Delivery::to(&form.url, body);
    let at = shared.now();
    delivery::post(shared, &mut request).await;
    let page = match &request.outcome {
        Outgoing::Responded(response) => Ok(Opened {
            status: response.status,
            html: Body::text(&response.body),
        }),
        outcome => Err(Error::PageNotOpened {
            url: request.url.clone(),
            reason: outcome.to_string(),
        }),
    };
    let state = &mut *shared.lock();
    if let Some(application) = state.installations.get_mut(client_id) {
        application.last_notification.clone_from(&request);
    }
    let client_id = client_id.to_owned();
    shared.record_at(state, at, Event::Opened { client_id, request });
    page
}

/// Sends the requests of an installation; an application with a page has none yet.
pub(crate) async fn notify_installed(shared: &Shared, client_id: &str, requests: Vec<Delivery>) {
    notifications::send_install(shared, client_id, requests, |client_id, request| {
        Event::Installed { client_id, request }
    })
    .await;
}

/// Finishes an installation, as the page does with `BX24.installFinish`; a second time nothing
/// happens.
pub(crate) async fn finish(shared: &Shared, client_id: &str) -> Result<(), Error> {
    let requests = lifecycle::finish(shared, &mut shared.lock(), client_id)?;
    notify_installed(shared, client_id, requests).await;
    Ok(())
}

/// Installs the next version.
pub(crate) async fn update(shared: &Shared, client_id: &str) -> Result<(), Error> {
    let requests = lifecycle::next_version(shared, &mut shared.lock(), client_id)?;
    let event = |client_id, request| Event::Updated { client_id, request };
    if shared.settings.update_event == UpdateEvent::OnAppInstall {
        notifications::send_install(shared, client_id, requests, event).await;
    } else {
        notifications::send(shared, client_id, requests, event).await;
    }
    Ok(())
}

/// Uninstalls an application and deletes everything that it owns.
pub(crate) async fn uninstall(shared: &Shared, client_id: &str, clean: bool) -> Result<(), Error> {
    let requests = lifecycle::uninstall(shared, &mut shared.lock(), client_id, clean)?;
    notifications::send(shared, client_id, requests, |client_id, request| {
        Event::Uninstalled { client_id, request }
    })
    .await;
    Ok(())
}

/// Installs again an application that was uninstalled.
pub(crate) async fn reinstall(shared: &Shared, client_id: &str) -> Result<(), Error> {
    let requests = install::reinstall(shared, &mut shared.lock(), client_id)?;
    notify_installed(shared, client_id, requests).await;
    Ok(())
}
