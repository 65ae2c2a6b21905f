//! What no application can bring about from outside.

use serde_json::json;

use crate::{Ending, Portal, application::Application, php::Array, registration::Kind};

/// A portal with a robot of an application that nobody reaches.
async fn portal() -> (Portal, String) {
    let portal = Portal::start().await.unwrap();
    let installed = portal.install("http://127.0.0.1:1/").await.unwrap();
    let client_id = installed.client_id().to_owned();
    let fields: Array = [
        ("HANDLER", "http://127.0.0.1:1/"),
        ("USE_SUBSCRIPTION", "Y"),
    ]
    .into_iter()
    .collect();
    portal
        .shared()
        .lock()
        .registry
        .register(Kind::Robot, &client_id, "r", fields);
    (portal, client_id)
}

async fn ending(change: fn(&mut Application)) -> Option<Ending> {
    let (portal, client_id) = portal().await;
    if let Some(application) = portal.shared().lock().installations.get_mut(&client_id) {
        change(application);
    }
    let workflow = portal.run("r", json!({})).await.unwrap();
    let state = portal.shared().lock();
    state.workflows.get(workflow.id()).unwrap().ending.clone()
}

#[tokio::test]
async fn a_step_of_an_application_that_cannot_be_called_faults() {
    let failed = |text: &str| Some(Ending::Failed(text.to_owned()));
    assert_eq!(ending(|_| {}).await, None);
    let gone = ending(|application| application.installed = false).await;
    assert_eq!(gone, failed("Rest application not found."));
    let unpaid = ending(|application| application.payment_expired = true).await;
    let text = "Rest application status error: payment required";
    assert_eq!(unpaid, failed(text));
}
