use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::any;
use bizproc_portal::{Event, Outgoing, Portal, Queue, UpdateEvent, php};
use serde_json::{Value, json};

use crate::fixture::{
    Client, NOWHERE, RecordingApp, Setup, TIMEOUT, assert_refused, count_events, listen, robot_with,
};

/// The outcome of the last notice of an update or an uninstallation.
fn last_outcome(portal: &Portal) -> Outgoing {
    portal
        .history()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Updated { request, .. } | Event::Uninstalled { request, .. } => {
                Some(request.outcome)
            }
            _ => None,
        })
        .last()
        .unwrap()
}

#[tokio::test]
async fn only_the_installation_is_notified_without_a_bound_handler() {
    let setup = Setup::start().await;
    setup.installation.update().await.unwrap();
    let unbound = |event: &str| Outgoing::Failed(format!("no handler is bound to {event}"));
    assert_eq!(last_outcome(&setup.portal), unbound("ONAPPUPDATE"));
    setup.installation.uninstall(true).await.unwrap();
    assert_eq!(last_outcome(&setup.portal), unbound("ONAPPUNINSTALL"));
    assert!(setup.app.is_quiet().await);

    // An address other than that of the installation shows which handler is notified.
    let setup = Setup::start().await;
    for event in ["ONAPPUPDATE", "ONAPPUNINSTALL"] {
        setup.bind("ONCRMDEALADD", "/some").await;
        setup.bind(event, "/notice").await;
        if event == "ONAPPUPDATE" {
            setup.installation.update().await.unwrap();
        } else {
            setup.installation.uninstall(true).await.unwrap();
        }
        let request = setup.app.next_request().await;
        assert_eq!(request["event"], json!(event));
        // Handler 1 is that of the installation; the update has bound it again as handler 4.
        let id = if event == "ONAPPUPDATE" { "3" } else { "6" };
        assert_eq!(request["event_handler_id"], json!(id));
        let url = format!("{}/notice", setup.app.url);
        assert_eq!(setup.installation.last_notification().url, url);
        assert!(setup.app.is_quiet().await);
    }

    let setup = Setup::with(Portal::builder().update_event(UpdateEvent::OnAppInstall)).await;
    setup.bind("ONAPPUPDATE", "/notice").await;
    setup.installation.update().await.unwrap();
    let request = setup.app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPINSTALL"));
    assert_eq!(request["event_handler_id"], json!("1"));
    assert!(setup.app.is_quiet().await);
}

#[tokio::test]
async fn update_notices_are_queued_for_offline_handlers() {
    let setup = Setup::start().await;
    for event in ["ONAPPUPDATE", "ONAPPUNINSTALL"] {
        let params = json!({"event": event, "event_type": "offline"});
        setup.ok("event.bind", params).await;
    }
    setup.bind("ONOFFLINEEVENT", "/waiting").await;
    setup.installation.update().await.unwrap();
    assert_eq!(
        last_outcome(&setup.portal),
        Outgoing::Failed("ONAPPUPDATE waits for event.offline.get".to_owned())
    );
    let notice = setup.app.next_request().await;
    assert_eq!(notice["event"], json!("ONOFFLINEEVENT"));
    let client = setup.client_of(&setup.installation);
    let events = client.result("event.offline.list", json!({})).await;
    assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
    assert_eq!(events[0]["EVENT_NAME"], json!("ONAPPUPDATE"));
    assert_eq!(events[0]["EVENT_DATA"]["PREVIOUS_VERSION"], json!(1));

    // An uninstalled application could not fetch the event.
    let params = json!({"event": "ONAPPUNINSTALL", "event_type": "offline"});
    client.ok("event.bind", params).await;
    setup.installation.uninstall(false).await.unwrap();
    let is_queued = |event: &Event| matches!(event, Event::Queued { .. });
    assert_eq!(count_events(&setup.portal, is_queued), 1);
}

type Seen = Arc<Mutex<Vec<(u16, Value)>>>;

/// An application that uses its tokens while it is notified of its uninstallation.
#[derive(Clone)]
struct Leaver {
    seen: Seen,
    calls: Arc<Mutex<Vec<(Client, String)>>>,
}

async fn leave(State(leaver): State<Leaver>, body: Bytes) -> &'static str {
    let request = php::parse_str(&body).to_json();
    if request["event"] == json!("ONAPPUNINSTALL") {
        let calls = std::mem::take(&mut *leaver.calls.lock().unwrap());
        for (client, path) in calls {
            let response = client.get(&path).await;
            leaver.seen.lock().unwrap().push(response);
        }
    }
    "ok"
}

#[tokio::test]
async fn rights_end_before_the_uninstallation_notice() {
    let portal = Portal::start().await.unwrap();
    let leaver = Leaver {
        seen: Seen::default(),
        calls: Arc::default(),
    };
    let router = Router::new()
        .fallback(any(leave))
        .with_state(leaver.clone());
    let (origin, server) = listen(router).await;
    let url = format!("{origin}/event");
    let installation = portal.install(&url).await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    let bind = json!({"event": "ONAPPUNINSTALL", "handler": url});
    client.ok("event.bind", bind).await;

    let info = format!("app.info?auth={}", installation.access_token());
    let tokens = format!(
        "oauth/token/?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
        installation.client_id(),
        installation.client_secret(),
        installation.refresh_token()
    );
    let oauth = Client::new(format!("{}/", portal.oauth_url()), None);
    *leaver.calls.lock().unwrap() = vec![(client, info), (oauth, tokens)];
    installation.uninstall(true).await.unwrap();
    let seen = leaver.seen.lock().unwrap().clone();
    let [info, tokens] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    let text = "Application not found";
    assert_refused(info, (401, "APPLICATION_NOT_FOUND", text), "app.info");
    assert_eq!(
        (tokens.0, &tokens.1["error"]),
        (400, &json!("invalid_client"))
    );
    server.abort();
}

#[tokio::test]
async fn an_unpaid_application_gets_no_tokens() {
    let setup = Setup::start().await;
    let installation = &setup.installation;
    let oauth = Client::new(format!("{}/", setup.portal.oauth_url()), None);
    let refresh = format!(
        "oauth/token/?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
        installation.client_id(),
        installation.client_secret(),
        installation.refresh_token()
    );
    installation.set_payment_expired(true).unwrap();
    let refused = oauth.get(&refresh).await;
    let text = "Payment required";
    assert_refused(&refused, (401, "PAYMENT_REQUIRED", text), "not paid for");
    // The refused call has not used up the refresh token.
    installation.set_payment_expired(false).unwrap();
    let (status, tokens) = oauth.get(&refresh).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn a_robot_runs_before_its_page_finishes_the_installation() {
    let portal = Portal::start().await.unwrap();
    let app = RecordingApp::start().await;
    let page = portal.install(&format!("{}/install", app.url)).with_page();
    let installation = page.await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    let robot = robot_with(json!({"CODE": "r", "HANDLER": format!("{}/robot", app.url)}));
    client.ok("bizproc.robot.add", robot).await;
    portal.run("r", json!({})).await.unwrap();
    assert_eq!(app.next_request().await["code"], json!("r"));
    assert!(!installation.is_finished());
}

#[tokio::test]
async fn a_step_keeps_waiting_after_its_application_is_uninstalled() {
    let setup = Setup::start().await;
    let webhook = setup.webhook(1);
    setup.robot("r", json!({})).await;
    let (workflow, call) = setup.run("r", json!({})).await;
    setup.installation.uninstall(true).await.unwrap();
    let reply = json!({"EVENT_TOKEN": call["event_token"]});
    let text = "Application not found";
    setup
        .refused(
            "bizproc.event.send",
            &reply,
            (401, "APPLICATION_NOT_FOUND", text),
        )
        .await;
    assert!(workflow.is_waiting());
    webhook.ok("bizproc.event.send", reply).await;
    workflow.wait_finished(TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn an_uninstallation_leaves_other_applications_alone() {
    let setup = Setup::start().await;
    let other = RecordingApp::start().await;
    let url = format!("{}/event", other.url);
    let neighbour = setup.portal.install(&url).await.unwrap();
    other.next_request().await;
    let client = setup.client_of(&neighbour);
    let fields = json!({"CODE": "theirs", "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"});
    for client in [&setup.client, &client] {
        let activity = robot_with(json!({"CODE": "activity"}));
        client.ok("bizproc.activity.add", activity).await;
        let offline = json!({"event": "ONCRMDEALADD", "event_type": "offline"});
        client.ok("event.bind", offline).await;
        let sender = json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "SMS"});
        client.ok("bizproc.provider.add", sender).await;
    }
    let placed = robot_with(fields);
    client.ok("bizproc.robot.add", placed.clone()).await;
    setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    setup.installation.uninstall(true).await.unwrap();

    let activities = setup.portal.activities();
    assert_eq!(activities.len(), 1);
    assert_eq!(activities[0].client_id, neighbour.client_id());
    let events = client.result("event.offline.list", json!({})).await;
    assert_eq!(events.as_array().unwrap().len(), 1);
    let senders = client.result("bizproc.provider.list", json!({})).await;
    assert_eq!(senders, json!(["s"]));
    // Its settings page is still in use.
    let mut again = placed;
    again["CODE"] = json!("another");
    let response = client.call("bizproc.robot.add", again).await;
    assert_eq!(response.0, 400, "{}", response.1);
    assert_eq!(setup.portal.robots().len(), 1);
}

#[tokio::test]
async fn update_notices_bypass_the_queue() {
    let queue = Queue {
        loss: 1.0,
        ..Queue::default()
    };
    let setup = Setup::with(Portal::builder().queue(queue)).await;
    setup.bind("ONAPPUPDATE", "/notice").await;
    setup.installation.update().await.unwrap();
    assert_eq!(
        setup.app.next_request().await["event"],
        json!("ONAPPUPDATE")
    );
}
