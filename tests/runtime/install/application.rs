//! The application as a whole: installing, registering, starting, several portals.

use bizproc_portal::{Fault, Portal};
use bizproc_runtime::registry::Change;
use bizproc_runtime::rest::Client;
use bizproc_runtime::{App, Call, Robot};
use serde_json::{Value, json};

use crate::fixture::robots::{Ping, count};
use crate::fixture::{SOON, World};

#[tokio::test]
async fn an_update_of_the_application_registers_again() {
    let (world, _) = count(1).await;
    let before = world.installation.application_token();
    assert_eq!(proof(&world, &before).await, 200);
    world.installation.update().await.unwrap();
    let after = world.installation.application_token();
    assert_ne!(before, after);
    assert_eq!(proof(&world, &before).await, 403);
    assert_eq!(proof(&world, &after).await, 200);
    world
        .portal
        .wait_registered("acme_count", SOON)
        .await
        .unwrap();
    // The update has removed the handlers; they are bound again.
    world.bound().await;
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        1
    );
    world.installation.uninstall(true).await.unwrap();
    assert!(world.service.portals().await.unwrap().is_empty());
    assert_eq!(proof(&world, &after).await, 403);
}

/// How the application answers an event with this application token.
async fn proof(world: &World, token: &str) -> u16 {
    let member_id = world.portal.member_id();
    let event =
        format!("event=ONAPPTEST&auth[member_id]={member_id}&auth[application_token]={token}");
    world.post("/install", event).await.0
}

/// The handlers of the application's life, as a portal lists them.
async fn handlers(world: &World) -> Vec<(String, String)> {
    let client = Client::new(&world.portal.endpoint(), world.installation.access_token()).unwrap();
    let handlers: Value = client.call("event.get", json!({})).await.unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let handlers = handlers.as_array().unwrap().iter();
    handlers
        .map(|handler| (text(&handler["event"]), text(&handler["handler"])))
        .collect()
}

#[tokio::test]
async fn events_of_its_life_are_bound_once() {
    let (world, _) = count(1).await;
    let address = format!("{}/install", world.public_url);
    let expected = ["ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL"]
        .map(|event| (event.to_owned(), address.clone()));
    assert_eq!(handlers(&world).await, expected);
    // Those that are there are no failure, and one that is gone comes back.
    let client = Client::new(&world.portal.endpoint(), world.installation.access_token()).unwrap();
    let unbind = json!({"event": "ONAPPUNINSTALL", "handler": address});
    let _: Value = client.call("event.unbind", unbind).await.unwrap();
    assert_eq!(handlers(&world).await.len(), 2);
    // Another bind of the same moment is waited for.
    world.portal.fault(Fault::ParallelBind, 1);
    let member_id = world.portal.member_id();
    world.service.register(member_id).await.unwrap();
    assert_eq!(handlers(&world).await, expected);
}

#[tokio::test]
async fn registering_twice_changes_nothing() {
    let (world, _) = count(1).await;
    let done = world
        .service
        .register(world.portal.member_id())
        .await
        .unwrap();
    assert_eq!(done[0].code, "acme_count");
    assert_eq!(*done[0].result.as_ref().unwrap(), Change::Updated);
    let once = world.portal.robots()[0].fields.clone();
    world
        .service
        .register(world.portal.member_id())
        .await
        .unwrap();
    assert_eq!(world.portal.robots()[0].fields, once);
    let error = world.service.register("nobody").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no portal with the member id `nobody`"),
        "{error}"
    );
}

#[tokio::test]
async fn two_robots_with_one_code_do_not_start() {
    let one = |call: Call<Ping>| async move { call.reply(()).await };
    let two = |call: Call<Ping>| async move { call.reply(()).await };
    let error = App::new("http://127.0.0.1:1")
        .robot(one)
        .robot(two)
        .start()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("two robots have the code `acme_ping`"),
        "{error}"
    );
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
    let one = |call: Call<One>| async move { call.reply(()).await };
    let two = |call: Call<Two>| async move { call.reply(()).await };
    let app = App::new("http://127.0.0.1:1").robot(one).robot(two);
    let error = app.start().unwrap_err();
    assert!(
        error.to_string().contains("the settings page `/settings`"),
        "{error}"
    );
}

#[tokio::test]
async fn public_addresses_that_portals_refuse_do_not_start() {
    for (url, part) in [
        ("http://localhost:80", "no dot in its host"),
        ("http://app.example", "only `https` addresses"),
        ("https://app.example/?a=b", "no `?`"),
        ("app.example", "is no address"),
    ] {
        let error = App::new(url).start().unwrap_err().to_string();
        assert!(error.contains(part), "{url}: {error}");
    }
    App::new("https://app.example/b24/").start().unwrap();
}

/// Ping at the installations' address
#[derive(Robot)]
#[robot(code = "acme_ping_at_install", handler = "/install")]
struct PingAtInstall;

#[tokio::test]
async fn a_robot_cannot_take_the_address_of_installations() {
    let code = |call: Call<PingAtInstall>| async move { call.reply(()).await };
    let error = App::new("http://127.0.0.1:1")
        .robot(code)
        .start()
        .unwrap_err();
    assert!(
        error.to_string().contains("it takes the portals' events"),
        "{error}"
    );
}

#[tokio::test]
async fn a_router_alone_keeps_the_workers() {
    let (world, _) = count(1).await;
    let World {
        portal, service, ..
    } = world;
    drop(service);
    let workflow = portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        1
    );
}

/// One portal that does not answer, and one that does, on one application.
#[tokio::test]
async fn a_portal_that_is_away_holds_up_no_other() {
    let (world, _) = count(1).await;
    world.portal.fault(Fault::Hang(SOON), 50);
    for _ in 0..20 {
        world.portal.run("acme_count", json!({})).await.unwrap();
    }
    let other = Portal::start().await.unwrap();
    other
        .install(&format!("{}/install", world.public_url))
        .await
        .unwrap();
    other.wait_registered("acme_count", SOON).await.unwrap();
    let workflow = other.run("acme_count", json!({})).await.unwrap();
    workflow.wait_finished(SOON / 2).await.unwrap();
}

#[tokio::test]
async fn a_portal_is_called_by_https_with_the_certificates_that_are_set() {
    let portal = Portal::builder().https(true).start().await.unwrap();
    let certificate = reqwest::Certificate::from_pem(portal.certificate().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([certificate]);
    let world = World::on(portal, "acme_ping", |app| {
        app.http_client(http)
            .robot(async |call: Call<Ping>| call.reply(()).await)
    })
    .await;
    assert!(world.portal.endpoint().starts_with("https://"));
    let workflow = world.portal.run("acme_ping", json!({})).await.unwrap();
    workflow.wait_finished(SOON).await.unwrap();
}
