use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::any;
use bizproc_portal::{Event, Outgoing, Portal, Queue, UpdateEvent, php};
use serde_json::{Value, json};

use crate::fixture::{
    App, Client, NOWHERE, PATIENCE, Stage, assert_refused, listen, offline, with,
};

/// The outcome of the last request about an update or an uninstallation.
fn told(portal: &Portal) -> Outgoing {
    let records = portal.history().into_iter();
    let told = records.filter_map(|record| match record.event {
        Event::Updated { request, .. } | Event::Uninstalled { request, .. } => {
            Some(request.outcome)
        }
        _ => None,
    });
    told.last().unwrap()
}

#[tokio::test]
async fn only_the_installation_is_told_unasked() {
    let stage = Stage::start().await;
    stage.installation.update().await.unwrap();
    let nobody = |event: &str| Outgoing::Failed(format!("no handler is bound to {event}"));
    assert_eq!(told(&stage.portal), nobody("ONAPPUPDATE"));
    stage.installation.uninstall(true).await.unwrap();
    assert_eq!(told(&stage.portal), nobody("ONAPPUNINSTALL"));
    assert!(stage.app.is_quiet().await);

    // Another address than that of the installation, to see which handler is told.
    let stage = Stage::start().await;
    for event in ["ONAPPUPDATE", "ONAPPUNINSTALL"] {
        stage.bind("ONCRMDEALADD", "/some").await;
        stage.bind(event, "/life").await;
        if event == "ONAPPUPDATE" {
            stage.installation.update().await.unwrap();
        } else {
            stage.installation.uninstall(true).await.unwrap();
        }
        let request = stage.app.request().await.1;
        assert_eq!(request["event"], json!(event));
        // The first is that of the installation, which the update has bound anew as the fourth.
        let id = if event == "ONAPPUPDATE" { "3" } else { "6" };
        assert_eq!(request["event_handler_id"], json!(id));
        let life = format!("{}/life", stage.app.url);
        assert_eq!(stage.installation.last_notification().url, life);
        assert!(stage.app.is_quiet().await);
    }

    let stage = Stage::with(Portal::builder().update_event(UpdateEvent::OnAppInstall)).await;
    stage.bind("ONAPPUPDATE", "/life").await;
    stage.installation.update().await.unwrap();
    let request = stage.app.request().await.1;
    assert_eq!(request["event"], json!("ONAPPINSTALL"));
    assert_eq!(request["event_handler_id"], json!("1"));
    assert!(stage.app.is_quiet().await);
}

#[tokio::test]
async fn events_of_its_life_wait_too() {
    let stage = Stage::start().await;
    for event in ["ONAPPUPDATE", "ONAPPUNINSTALL"] {
        let params = json!({"event": event, "event_type": "offline"});
        stage.client.ok("event.bind", params).await;
    }
    stage.bind("ONOFFLINEEVENT", "/waiting").await;
    stage.installation.update().await.unwrap();
    assert_eq!(
        told(&stage.portal),
        Outgoing::Failed("ONAPPUPDATE waits for event.offline.get".to_owned())
    );
    let notice = stage.app.request().await.1;
    assert_eq!(notice["event"], json!("ONOFFLINEEVENT"));
    let client = stage.client_with(Some(stage.installation.access_token()));
    let events = offline::result(&client, "event.offline.list", json!({})).await;
    assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
    assert_eq!(events[0]["EVENT_NAME"], json!("ONAPPUPDATE"));
    assert_eq!(events[0]["EVENT_DATA"]["PREVIOUS_VERSION"], json!(1));

    // Nobody could fetch what an uninstallation leaves.
    let params = json!({"event": "ONAPPUNINSTALL", "event_type": "offline"});
    client.ok("event.bind", params).await;
    stage.installation.uninstall(false).await.unwrap();
    let queued = stage.portal.history().into_iter();
    let queued = queued.filter(|record| matches!(record.event, Event::Queued { .. }));
    assert_eq!(queued.count(), 1);
}

type Seen = Arc<Mutex<Vec<(u16, Value)>>>;

/// An application that tries its tokens while it is told that it was uninstalled.
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
            let answer = client.get(&path).await;
            leaver.seen.lock().unwrap().push(answer);
        }
    }
    "ok"
}

#[tokio::test]
async fn rights_end_before_the_uninstallation_is_told() {
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
    assert_refused(info, 401, "APPLICATION_NOT_FOUND", text, "app.info");
    assert_eq!(
        (tokens.0, &tokens.1["error"]),
        (400, &json!("invalid_client"))
    );
    server.abort();
}

#[tokio::test]
async fn who_is_not_paid_for_gets_no_tokens() {
    let stage = Stage::start().await;
    let installation = &stage.installation;
    let oauth = Client::new(format!("{}/", stage.portal.oauth_url()), None);
    let refresh = format!(
        "oauth/token/?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
        installation.client_id(),
        installation.client_secret(),
        installation.refresh_token()
    );
    installation.set_payment_expired(true).unwrap();
    let refused = oauth.get(&refresh).await;
    let text = "Payment required";
    assert_refused(&refused, 401, "PAYMENT_REQUIRED", text, "not paid for");
    // The refresh token was not used up by that.
    installation.set_payment_expired(false).unwrap();
    let (status, tokens) = oauth.get(&refresh).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn a_robot_runs_before_its_page_has_ended_the_installation() {
    let (portal, app) = (Portal::start().await.unwrap(), App::start().await);
    let page = portal.install(&format!("{}/install", app.url)).with_page();
    let installation = page.await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    let robot = with(json!({"CODE": "r", "HANDLER": format!("{}/robot", app.url)}));
    client.ok("bizproc.robot.add", robot).await;
    portal.run("r", json!({})).await.unwrap();
    assert_eq!(app.request().await.1["code"], json!("r"));
    assert!(!installation.is_finished());
}

#[tokio::test]
async fn a_step_waits_on_when_its_application_is_gone() {
    let stage = Stage::start().await;
    let webhook = Client::new(stage.portal.webhook(1), None);
    stage.robot("r", json!({})).await;
    let workflow = stage.portal.run("r", json!({})).await.unwrap();
    let call = stage.app.request().await.1;
    stage.installation.uninstall(true).await.unwrap();
    let reply = json!({"EVENT_TOKEN": call["event_token"]});
    let text = "Application not found";
    let answer = stage.client.call("bizproc.event.send", reply.clone()).await;
    assert_refused(&answer, 401, "APPLICATION_NOT_FOUND", text, "old token");
    assert!(workflow.is_waiting());
    webhook.ok("bizproc.event.send", reply).await;
    workflow.wait_finished(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn an_uninstallation_leaves_the_neighbours() {
    let stage = Stage::start().await;
    let other = App::start().await;
    let neighbour = stage.portal.install(&format!("{}/event", other.url));
    let neighbour = neighbour.await.unwrap();
    other.request().await;
    let client = stage.client_with(Some(neighbour.access_token()));
    let fields = json!({"CODE": "theirs", "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"});
    for client in [&stage.client, &client] {
        let activity = with(json!({"CODE": "activity"}));
        client.ok("bizproc.activity.add", activity).await;
        let offline = json!({"event": "ONCRMDEALADD", "event_type": "offline"});
        client.ok("event.bind", offline).await;
        let sender = json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "SMS"});
        client.ok("bizproc.provider.add", sender).await;
    }
    let placed = with(fields);
    client.ok("bizproc.robot.add", placed.clone()).await;
    stage.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    stage.installation.uninstall(true).await.unwrap();

    let activities = stage.portal.activities();
    assert_eq!(activities.len(), 1);
    assert_eq!(activities[0].client_id, neighbour.client_id());
    let events = offline::result(&client, "event.offline.list", json!({})).await;
    assert_eq!(events.as_array().unwrap().len(), 1);
    let senders = offline::result(&client, "bizproc.provider.list", json!({})).await;
    assert_eq!(senders, json!(["s"]));
    // Its settings page is taken still.
    let mut again = placed;
    again["CODE"] = json!("another");
    let answer = client.call("bizproc.robot.add", again).await;
    assert_eq!(answer.0, 400, "{}", answer.1);
    assert_eq!(stage.portal.robots().len(), 1);
}

#[tokio::test]
async fn its_life_does_not_pass_the_queue() {
    let queue = Queue {
        loss: 1.0,
        ..Queue::default()
    };
    let stage = Stage::with(Portal::builder().queue(queue)).await;
    stage.bind("ONAPPUPDATE", "/life").await;
    stage.installation.update().await.unwrap();
    assert_eq!(stage.app.request().await.1["event"], json!("ONAPPUPDATE"));
}
