use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use bizproc_portal::{Error, Event, Portal, php};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fixture::{
    Client, RecordingApp, Setup, TIMEOUT, assert_without_tokens, count_events, listen, read_form,
};

#[tokio::test]
async fn an_event_has_its_fields_in_order() {
    let setup = Setup::start().await;
    setup.bind("ONCRMDEALUPDATE", "/deal").await;
    let handlers = setup
        .portal
        .fire(
            "onCrmDealUpdate",
            json!({"FIELDS": {"ID": 17, "NONE": null}}),
        )
        .acting(4)
        .await
        .unwrap();
    assert_eq!(handlers, 1);
    let body = setup.app.next_body().await;
    let event = read_form(&body);
    let names: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(names, ["event", "event_handler_id", "data", "ts", "auth"]);
    assert_eq!(event["event"], json!("ONCRMDEALUPDATE"));
    assert_eq!(event["data"], json!({"FIELDS": {"ID": "17"}}));
    assert!(
        body.starts_with(
            "event=ONCRMDEALUPDATE&event_handler_id=2&data%5BFIELDS%5D%5BID%5D=17&ts="
        )
    );
    let auth = &event["auth"];
    assert_eq!(
        (
            &auth["user_id"],
            auth.get("refresh_token"),
            &auth["application_token"]
        ),
        (
            &json!("4"),
            None,
            &json!(setup.installation.application_token())
        )
    );
    // The token is the acting user's.
    let user = setup.client_by(auth);
    assert_eq!(user.call("app.info", json!({})).await.0, 200);
    assert_eq!(user.call("bizproc.robot.list", json!({})).await.0, 403);
    let is_this = |event: &Event| {
        matches!(event, Event::Fired { client_id, name, handler_id: 2, request }
            if client_id == setup.installation.client_id() && name == "ONCRMDEALUPDATE" && request.body.text() == body)
    };
    assert!(
        setup
            .portal
            .history()
            .iter()
            .any(|record| is_this(&record.event))
    );
}

#[tokio::test]
async fn a_handler_gets_tokens_of_the_bound_or_acting_user() {
    let setup = Setup::start().await;
    setup.bind("ONCRMDEALADD", "/acting").await;
    let bound = json!({"event": "ONCRMDEALADD", "handler": format!("{}/bound", setup.app.url), "auth_type": 15});
    setup.ok("event.bind", bound).await;
    for (acting, first) in [(Some(4), json!("4")), (None, Value::Null)] {
        let mut fire = setup.portal.fire("ONCRMDEALADD", json!({}));
        if let Some(user) = acting {
            fire = fire.acting(user);
        }
        assert_eq!(fire.await.unwrap(), 2);
        let events = [
            setup.app.next_request().await,
            setup.app.next_request().await,
        ];
        let auth = |id: &str| {
            let event = events
                .iter()
                .find(|event| event["event_handler_id"] == json!(id));
            event.unwrap()["auth"].clone()
        };
        assert_eq!(auth("3")["user_id"], json!("15"));
        assert_eq!(auth("2")["user_id"], first);
        if acting.is_none() {
            assert_without_tokens(&auth("2"));
        }
    }
}

#[tokio::test]
async fn tokens_depend_on_the_event() {
    let setup = Setup::start().await;
    for (event, access, refresh, application) in [
        ("ONAPPINSTALL", true, true, true),
        ("ONAPPUPDATE", true, true, true),
        ("ONSUBSCRIPTIONRENEW", true, true, true),
        ("ONAPPTEST", true, true, true),
        ("ONOFFLINEEVENT", true, true, true),
        ("ONCRMLEADADD", true, false, true),
        ("ONAPPMETHODCONFIRM", false, false, true),
        ("ONAPPUNINSTALL", false, false, true),
        ("ONAPPPAYMENT", false, false, false),
    ] {
        let path = format!("/{event}");
        setup.bind(event, &path).await;
        setup.portal.fire(event, json!({})).acting(1).await.unwrap();
        let auth = loop {
            let request = setup.app.next_request().await;
            if request["event"] == json!(event) {
                break request["auth"].clone();
            }
        };
        let has = |name: &str| auth[name].is_string();
        assert_eq!(
            (
                has("access_token"),
                has("refresh_token"),
                has("application_token")
            ),
            (access, refresh, application),
            "{event}"
        );
        assert!(
            has("domain") && has("server_endpoint") && has("client_endpoint") && has("member_id")
        );
        let params = json!({"event": event, "handler": format!("{}{path}", setup.app.url)});
        setup.call("event.unbind", params).await;
    }
}

#[tokio::test]
async fn equal_events_of_one_request_are_sent_once() {
    let setup = Setup::start().await;
    setup.bind("ONCRMDEALADD", "/deal").await;
    let data = |id: u32| json!({"FIELDS": {"ID": id}});
    let handlers = setup
        .portal
        .fire("ONCRMDEALADD", data(1))
        .and("OnCrmDealAdd", data(1))
        .and("ONCRMDEALADD", data(2))
        .and("ONCRMLEADADD", data(1))
        .await
        .unwrap();
    assert_eq!(handlers, 2);
    let mut ids: Vec<Value> = Vec::new();
    for _ in 0..2 {
        ids.push(setup.app.next_request().await["data"]["FIELDS"]["ID"].clone());
    }
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, [json!("1"), json!("2")]);
    // Another request raises another event.
    assert_eq!(setup.portal.fire("ONCRMDEALADD", data(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn applications_get_the_events_that_concern_them() {
    let setup = Setup::start().await;
    let other = RecordingApp::start().await;
    let neighbour = setup
        .portal
        .install(&format!("{}/event", other.url))
        .await
        .unwrap();
    other.next_request().await;
    let client = setup.client_of(&neighbour);
    setup.bind("ONAPPTEST", "/test").await;
    setup.bind("ONCRMDEALADD", "/deal").await;
    for event in ["ONAPPTEST", "ONCRMDEALADD"] {
        let handler = json!({"event": event, "handler": format!("{}/any", other.url)});
        client.ok("event.bind", handler).await;
    }

    let response = client.call("event.test", json!({"any": {"data": 1}})).await;
    assert_eq!((response.0, &response.1["result"]), (200, &json!(1)));
    let test = other.next_request().await;
    assert_eq!(test["event"], json!("ONAPPTEST"));
    assert_eq!(
        test["data"],
        json!({"QUERY": {"any": {"data": "1"}}, "LANGUAGE_ID": "en"})
    );
    assert_eq!(test["auth"]["user_id"], json!("1"));

    assert_eq!(
        setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap(),
        2
    );
    assert_eq!(
        setup.app.next_request().await["event"],
        json!("ONCRMDEALADD")
    );
    assert_eq!(other.next_request().await["event"], json!("ONCRMDEALADD"));

    // Unpaid and uninstalled applications get no events.
    neighbour.set_payment_expired(true).unwrap();
    assert_eq!(
        setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap(),
        1
    );
    setup.installation.uninstall(false).await.unwrap();
    assert_eq!(
        setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap(),
        0
    );
}

type Sink = (mpsc::UnboundedSender<u8>, Arc<String>);

/// An application that responds to each `ONAPPTEST` by raising the next, with the token of the event.
async fn echo(State((sender, endpoint)): State<Sink>, body: Bytes) -> &'static str {
    let event = php::parse_str(&body).to_json();
    if event["event"] == json!("ONAPPTEST") {
        sender.send(0).unwrap();
        let token = event["auth"]["access_token"].as_str().map(str::to_owned);
        let portal = Client::new(endpoint.as_str(), token);
        let response = portal.call("event.test", json!({})).await;
        assert_eq!(response.1["result"], json!(1));
        sender.send(1).unwrap();
    }
    "ok"
}

#[tokio::test]
async fn a_chain_of_events_is_cut_after_seven() {
    let portal = Portal::start().await.unwrap();
    let (sender, mut seen) = mpsc::unbounded_channel();
    let router = Router::new()
        .route("/", post(echo))
        .with_state((sender, Arc::new(portal.endpoint())));
    let (origin, server) = listen(router).await;
    let url = format!("{origin}/");
    let installation = portal.install(&url).await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    client
        .ok("event.bind", json!({"event": "ONAPPTEST", "handler": url}))
        .await;
    client.call("event.test", json!({})).await;
    let mut begun = 0;
    let mut ended = 0;
    while ended < 7 {
        match tokio::time::timeout(TIMEOUT, seen.recv())
            .await
            .unwrap()
            .unwrap()
        {
            0 => begun += 1,
            _ => ended += 1,
        }
    }
    // The seventh call has its response, so an eighth event would be in the history by now.
    let is_fired = |event: &Event| matches!(event, Event::Fired { .. });
    assert_eq!((begun, count_events(&portal, is_fired)), (7, 7));
    server.abort();
}

#[tokio::test]
async fn events_that_cannot_be_fired() {
    let portal = Portal::start().await.unwrap();
    let error = portal.fire("ONNONSENSE", json!({})).await.unwrap_err();
    assert!(matches!(error, Error::UnknownEvent { name } if name == "ONNONSENSE"));
    let error = portal.fire("ONCRMDEALADD", json!("x")).await.unwrap_err();
    assert!(matches!(error, Error::EventData(data) if data == json!("x")));
    assert_eq!(portal.fire("ONCRMDEALADD", Value::Null).await.unwrap(), 0);
}

#[tokio::test]
async fn tokens_of_events_expire_like_all_others() {
    let setup = Setup::start().await;
    setup.bind("ONCRMDEALADD", "/deal").await;
    setup
        .portal
        .fire("ONCRMDEALADD", json!({}))
        .acting(1)
        .await
        .unwrap();
    let auth = setup.app.next_request().await["auth"].clone();
    let client = setup.client_by(&auth);
    assert_eq!(client.call("app.info", json!({})).await.0, 200);
    setup.portal.advance(Duration::from_hours(1));
    assert_eq!(client.call("app.info", json!({})).await.0, 401);
}
