//! The application as a whole: installing, registering, starting, several portals.

use bizproc_portal::{Fault, Portal};
use bizproc_runtime::registry::Change;
use bizproc_runtime::rest::Client;
use bizproc_runtime::{App, Robot};
use serde_json::{Value, json};

use crate::fixture::robots::{Ping, reply};
use crate::fixture::{TIMEOUT, TestApp};

/// The status of the response to an event with this application token.
async fn event_status(app: &TestApp, token: &str) -> u16 {
    let member_id = app.portal.member_id();
    let event =
        format!("event=ONAPPTEST&auth[member_id]={member_id}&auth[application_token]={token}");
    app.post("/install", event).await.0
}

#[tokio::test]
async fn an_update_of_the_application_registers_again() {
    let app = TestApp::count(1).await;
    let before = app.installation.application_token();
    assert_eq!(event_status(&app, &before).await, 200);
    app.installation.update().await.unwrap();
    let after = app.installation.application_token();
    assert_ne!(before, after);
    assert_eq!(event_status(&app, &before).await, 403);
    assert_eq!(event_status(&app, &after).await, 200);
    app.wait_registered("acme_count").await;
    // The update has removed the event handlers.
    app.wait_subscribed().await;
    assert_eq!(app.run_count("").await.return_values["count"], 1);
    app.installation.uninstall(true).await.unwrap();
    assert!(app.service().portals().await.unwrap().is_empty());
    assert_eq!(event_status(&app, &after).await, 403);
}

fn client(app: &TestApp) -> Client {
    Client::new(&app.portal.endpoint(), app.installation.access_token()).unwrap()
}

/// The event handlers that the portal lists.
async fn handlers(app: &TestApp) -> Vec<(String, String)> {
    let response: Value = client(app).call("event.get", json!({})).await.unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let handlers = response.as_array().unwrap().iter();
    handlers
        .map(|handler| (text(&handler["event"]), text(&handler["handler"])))
        .collect()
}

#[tokio::test]
async fn events_are_subscribed_to_once() {
    let app = TestApp::count(1).await;
    let address = app.url("/install");
    let expected = ["ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL"]
        .map(|event| (event.to_owned(), address.clone()));
    assert_eq!(handlers(&app).await, expected);
    // Handlers that exist are no failure, and one that is gone comes back.
    let unbind = json!({"event": "ONAPPUNINSTALL", "handler": address});
    let _: Value = client(&app).call("event.unbind", unbind).await.unwrap();
    assert_eq!(handlers(&app).await.len(), 2);
    // The application waits for a subscription that runs at the same time.
    app.portal.fault(Fault::ParallelBind, 1);
    let member_id = app.portal.member_id();
    app.service().register(member_id).await.unwrap();
    assert_eq!(handlers(&app).await, expected);
}

#[tokio::test]
async fn registering_twice_changes_nothing() {
    let app = TestApp::count(1).await;
    let member_id = app.portal.member_id();
    let registered = app.service().register(member_id).await.unwrap();
    assert_eq!(registered[0].code, "acme_count");
    assert_eq!(*registered[0].result.as_ref().unwrap(), Change::Updated);
    let once = app.portal.robots()[0].fields.clone();
    app.service().register(member_id).await.unwrap();
    assert_eq!(app.portal.robots()[0].fields, once);
    let error = app.service().register("unknown").await.unwrap_err();
    let expected = "no portal with the member id `unknown`";
    assert!(error.to_string().contains(expected), "{error}");
}

/// Why an application does not start.
fn start_error(app: App) -> String {
    app.start().unwrap_err().to_string()
}

#[tokio::test]
async fn two_robots_with_one_code_do_not_start() {
    let app = App::new("http://127.0.0.1:1")
        .robot(reply::<Ping>)
        .robot(reply::<Ping>);
    let error = start_error(app);
    let expected = "two robots have the code `acme_ping`";
    assert!(error.contains(expected), "{error}");
}

/// One
#[derive(Robot)]
#[robot(code = "acme_one", placement = "/settings")]
struct One;

/// Two
#[derive(Robot)]
#[robot(code = "acme_two", placement = "/settings")]
struct Two;

#[tokio::test]
async fn two_robots_with_one_settings_page_do_not_start() {
    let app = App::new("http://127.0.0.1:1")
        .robot(reply::<One>)
        .robot(reply::<Two>);
    let error = start_error(app);
    assert!(error.contains("the settings page `/settings`"), "{error}");
}

#[tokio::test]
async fn public_addresses_that_portals_refuse_do_not_start() {
    for (url, part) in [
        ("http://localhost:80", "no dot in its host"),
        ("http://app.example", "only `https` addresses"),
        ("https://app.example/?a=b", "no `?`"),
        ("app.example", "is no address"),
    ] {
        let error = start_error(App::new(url));
        assert!(error.contains(part), "{url}: {error}");
    }
    App::new("https://app.example/b24/").start().unwrap();
}

/// Ping at the installations' address
#[derive(Robot)]
#[robot(code = "acme_ping_at_install", handler = "/install")]
struct PingAtInstall;

#[tokio::test]
async fn a_robot_cannot_have_the_address_of_installations() {
    let app = App::new("http://127.0.0.1:1").robot(reply::<PingAtInstall>);
    let error = start_error(app);
    assert!(error.contains("it takes the portals' events"), "{error}");
}

#[tokio::test]
async fn the_router_alone_keeps_the_workers_running() {
    let mut app = TestApp::count(1).await;
    app.drop_service();
    assert_eq!(app.run_count("").await.return_values["count"], 1);
}

/// One portal that does not respond, and one that does, on one application.
#[tokio::test]
async fn a_portal_that_hangs_delays_no_other() {
    let app = TestApp::count(1).await;
    app.portal.fault(Fault::Hang(TIMEOUT), 50);
    for _ in 0..20 {
        app.start_count("").await;
    }
    let other = Portal::start().await.unwrap();
    other.install(&app.url("/install")).await.unwrap();
    other.wait_registered("acme_count", TIMEOUT).await.unwrap();
    let workflow = other.run("acme_count", json!({})).await.unwrap();
    workflow.wait_finished(TIMEOUT / 2).await.unwrap();
}

#[tokio::test]
async fn a_portal_is_called_by_https_with_the_certificates_that_are_set() {
    let portal = Portal::builder().https(true).start().await.unwrap();
    let certificate = reqwest::Certificate::from_pem(portal.certificate().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([certificate]);
    let configure = |app: App| app.http_client(http).robot(reply::<Ping>);
    let app = TestApp::start_on(portal, "acme_ping", configure).await;
    assert!(app.portal.endpoint().starts_with("https://"));
    app.run("acme_ping", json!({})).await;
}
