use bizproc_portal::{Fault, Portal};
use serde_json::{Value, json};

use crate::fixture::{
    NOWHERE, Setup, WRONG_PROTOCOL, WRONG_URL, assert_argument, assert_refused, changed,
};

const WRONG_AUTH: &str = "Current authorization type is denied for this method";

#[tokio::test]
async fn events_are_for_applications_only() {
    let setup = Setup::start().await;
    let webhook = setup.webhook(1);
    for method in [
        "event.bind",
        "event.unbind",
        "event.get",
        "event.test",
        "events",
        "event.offline.get",
        "event.offline.list",
        "event.offline.clear",
        "event.offline.error",
    ] {
        webhook
            .refused(
                method,
                json!({"event": ""}),
                (403, "WRONG_AUTH_TYPE", WRONG_AUTH),
            )
            .await;
    }
}

/// Each request corrects one parameter of the former; every later parameter is wrong as well.
#[tokio::test]
async fn a_handler_is_checked_in_order() {
    let setup = Setup::with(Portal::builder().scope(["crm", "bizproc"])).await;
    let user = setup.user(4);
    let bind = async |params: Value| user.call("event.bind", params).await;
    let wrong = json!({"auth_type": 5, "event": "", "event_type": "x"});
    let denied = "Access denied! Event binding with AUTH_TYPE requires administrator access rights";
    assert_refused(&bind(wrong).await, (403, "ACCESS_DENIED", denied), "user");
    for event in [json!(""), json!("0"), json!(0), json!(false)] {
        let wrong = json!({"auth_type": 4, "event": event, "event_type": "x"});
        let text = "Argument 'EVENT' is null or empty";
        assert_argument(&bind(wrong).await, "EVENT", text);
    }
    let wrong = json!({"event": "none", "event_type": "x"});
    let text = "Value must be one of {online|offline}";
    assert_argument(&bind(wrong).await, "EVENT_TYPE", text);
    let wrong = json!({"event": "none", "event_type": "Offline"});
    let denied = "Access denied! Offline events binding requires administrator access rights";
    assert_refused(
        &bind(wrong).await,
        (403, "ACCESS_DENIED", denied),
        "offline",
    );
    let text = "Argument 'HANDLER' is null or empty";
    let missing = json!({"event": "none"});
    assert_argument(&bind(missing).await, "HANDLER", text);
    for handler in [Value::Null, json!(""), json!("0"), json!(0), json!([])] {
        let wrong = json!({"event": "none", "handler": handler});
        assert_argument(&bind(wrong).await, "HANDLER", text);
    }
    let unknown_event = (400, "ERROR_EVENT_NOT_FOUND", "Event not found");
    for (event, handler, refusal) in [
        ("none", "ftp://localhost", WRONG_URL),
        ("none", "ftp://app.example", WRONG_PROTOCOL),
        ("none", NOWHERE, unknown_event),
        // The application was not granted `task`.
        ("OnTaskAdd", NOWHERE, unknown_event),
    ] {
        let params = json!({"event": event, "handler": handler});
        user.refused("event.bind", params, refusal).await;
    }
    let array = json!({"event": "ONCRMDEALADD", "handler": ["x"]});
    assert_eq!(bind(array).await.0, 500);
    let offline = json!({"event": "onOfflineEvent", "event_type": "offline"});
    let text = "Offline event cannot be registered for this event.";
    setup
        .refused("event.bind", offline, (400, "ERROR_ARGUMENT", text))
        .await;
}

#[tokio::test]
async fn a_handler_is_bound_once() {
    let setup = Setup::start().await;
    let user = setup.user(4);
    let good = json!({"Event": "onCrmDealAdd", "HANDLER": NOWHERE, "Auth_Type": "4"});
    setup.portal.fault(Fault::ParallelBind, 1);
    let text = "Unable to set event handler: Process of binding the handler has already started";
    user.refused("event.bind", &good, (400, "ERROR_CORE", text))
        .await;
    user.ok("event.bind", good.clone()).await;
    // A bound handler is reported before one that is being bound.
    setup.portal.fault(Fault::ParallelBind, 1);
    let twice = "Unable to set event handler: Handler already binded";
    user.refused("event.bind", &good, (400, "ERROR_CORE", twice))
        .await;
    let mut other = good.clone();
    other["HANDLER"] = json!("https://app.example/other");
    user.refused("event.bind", other, (400, "ERROR_CORE", text))
        .await;
    // Without `auth_type` a user binds for himself.
    let unnamed = json!({"event": "ONCRMDEALADD", "handler": NOWHERE});
    for again in [good, unnamed.clone()] {
        let text = "Unable to set event handler: Handler already binded";
        user.refused("event.bind", again, (400, "ERROR_CORE", text))
            .await;
    }
    // For the acting user it is another handler, as it is for another source.
    setup.ok("event.bind", unnamed.clone()).await;
    let mut of_source = unnamed;
    of_source["auth_connector"] = json!("source");
    setup.ok("event.bind", of_source).await;
}

/// The parameters of a handler of deals, with more of them.
fn deal(more: &Value) -> Value {
    let params = json!({"event": "OnCrmDealAdd", "handler": NOWHERE});
    changed(params, more)
}

#[tokio::test]
async fn handlers_are_listed_and_unbound() {
    let setup = Setup::start().await;
    let admin = &setup.client;
    let user = setup.user(4);
    let own_url = format!("{}/event", setup.app.url);
    let own = json!({"event": "ONAPPINSTALL", "handler": own_url, "auth_type": "0", "offline": 0});
    let row = |auth_type: &str| json!({"event": "ONCRMDEALADD", "handler": NOWHERE, "auth_type": auth_type, "offline": 0});
    for auth_type in [0, 15, 4] {
        let params = deal(&json!({"auth_type": auth_type}));
        admin.ok("event.bind", params).await;
    }
    let offline = json!({"event_type": "offline", "auth_connector": "source", "auth_type": 15});
    admin.ok("event.bind", deal(&offline)).await;
    let listed = admin.call("event.get", json!({})).await.1["result"].clone();
    let queued = json!({"event": "ONCRMDEALADD", "connector_id": "source", "offline": 1});
    assert_eq!(listed, json!([own, row("0"), row("15"), row("4"), queued]));
    let mut elsewhere = offline;
    elsewhere["handler"] = json!("https://app.example/other");
    let seen = user.call("event.get", json!({})).await.1["result"].clone();
    assert_eq!(seen, json!([row("4")]));

    for (client, more, count) in [
        (&user, json!({"auth_type": 4}), 1),
        (&user, json!({}), 0),
        // Without the source, handlers of a source are left alone.
        (admin, json!({"event_type": "offline"}), 0),
        // The address is ignored for queued events.
        (admin, elsewhere, 1),
        (admin, json!({"handler": "https://app.example/other"}), 0),
        (admin, json!({"auth_type": "15"}), 1),
        (admin, json!({"auth_type": ""}), 1),
        (admin, json!({}), 0),
    ] {
        let (status, response) = client.call("event.unbind", deal(&more)).await;
        assert_eq!(
            (status, &response["result"]),
            (200, &json!({"count": count})),
            "{more}"
        );
    }
    let left = admin.call("event.get", json!({})).await.1["result"].clone();
    assert_eq!(left, json!([own]));
}

#[tokio::test]
async fn unbinding_is_checked_in_order() {
    let setup = Setup::start().await;
    let user = setup.user(4);
    let unbind = async |params: Value| user.call("event.unbind", params).await;
    let text = "Argument 'EVENT' is null or empty";
    for event in [Value::Null, json!("0")] {
        let wrong = json!({"event": event, "event_type": "y", "auth_type": 15});
        assert_argument(&unbind(wrong).await, "EVENT", text);
    }
    let wrong = json!({"event": "x", "event_type": "y", "auth_type": 15});
    let text = "Value must be one of {online|offline}";
    assert_argument(&unbind(wrong).await, "EVENT_TYPE", text);
    let wrong = json!({"event": "x", "event_type": "offline", "auth_type": 15});
    let denied = "Access denied! Offline events unbinding requires administrator access rights";
    assert_refused(
        &unbind(wrong).await,
        (403, "ACCESS_DENIED", denied),
        "offline",
    );
    let text = "Argument 'HANDLER' is null or empty";
    for handler in [Value::Null, json!("0")] {
        let wrong = json!({"event": "x", "handler": handler, "auth_type": 15});
        assert_argument(&unbind(wrong).await, "HANDLER", text);
    }
    let denied =
        "Access denied! Event unbinding with AUTH_TYPE requires administrator access rights";
    // As text, not even the own number is allowed.
    for auth_type in [json!(15), json!("4"), json!("15"), json!("")] {
        let wrong = deal(&json!({"auth_type": auth_type}));
        assert_refused(&unbind(wrong).await, (403, "ACCESS_DENIED", denied), "text");
    }
}

#[tokio::test]
async fn an_administrator_without_auth_type_unbinds_every_handler() {
    let setup = Setup::start().await;
    for auth_type in [0, 4, 15] {
        let params = json!({"event": "ONCRMDEALADD", "handler": NOWHERE, "auth_type": auth_type});
        setup.ok("event.bind", params).await;
    }
    let params = json!({"event": "ONCRMDEALADD", "handler": NOWHERE});
    let response = setup.call("event.unbind", params).await.1;
    assert_eq!(response["result"], json!({"count": 3}));
}

#[tokio::test]
async fn events_are_listed_by_scope() {
    let setup = Setup::with(Portal::builder().scope(["bizproc", "user"])).await;
    let names = async |params: Value| {
        let response = setup.call("events", params).await.1["result"].clone();
        serde_json::from_value::<Vec<String>>(response).unwrap()
    };
    let common = [
        "ONAPPUNINSTALL",
        "ONAPPINSTALL",
        "ONAPPUPDATE",
        "ONAPPPAYMENT",
        "ONAPPTEST",
        "ONOFFLINEEVENT",
        "ONAPPMETHODCONFIRM",
        "ONSUBSCRIPTIONRENEW",
    ];
    assert_eq!(names(json!({"SCOPE": ""})).await, common);
    let own = names(json!({})).await;
    assert_eq!(own, [common.as_slice(), &["ONUSERADD"]].concat());
    assert_eq!(
        names(json!({"scope": "user", "FULL": 1})).await,
        ["ONUSERADD"]
    );
    assert_eq!(names(json!({"SCOPE": "nonsense"})).await.len(), 0);
    let all = names(json!({"FULL": true})).await;
    assert!(all.contains(&"ONCRMDEALADD".to_owned()) && all.contains(&"ONTASKADD".to_owned()));
    // An application with every scope can bind each.
    let everything = Setup::with(Portal::builder().scope(["crm", "task", "user"])).await;
    for event in &all {
        everything.bind(event, "/other").await;
    }
}
