use std::time::Duration;

use bizproc_portal::{Edition, Portal};
use serde_json::{Value, json};

use crate::fixture::offline::{ids, offline_setup, raise};
use crate::fixture::{Client, DENIED, Setup, assert_argument, assert_refused};

#[tokio::test]
async fn filters_and_orders() {
    let setup = offline_setup().await;
    for (event, id) in [
        ("ONCRMDEALADD", 1),
        ("ONCRMLEADADD", 1),
        ("ONCRMDEALADD", 2),
    ] {
        raise(&setup, event, id).await;
        setup.portal.advance(Duration::from_mins(1));
    }
    let client = &setup.client;
    let all = client.result("event.offline.list", json!({})).await;
    let second = all[1]["TIMESTAMP_X"].clone();
    for (filter, expected) in [
        (json!({">ID": 1}), vec!["2", "3"]),
        (json!({">=ID": "2", "<ID": 3}), vec!["2"]),
        (json!({"<=ID": 1}), vec!["1"]),
        (json!({"=EVENT_NAME": "ONCRMLEADADD"}), vec!["2"]),
        (json!({"EVENT_NAME": "oncrmleadadd"}), vec![]),
        (json!({"%EVENT_NAME": "DEAL"}), vec!["1", "3"]),
        (json!({"@ID": [1, 3, 9]}), vec!["1", "3"]),
        (json!({"<=TIMESTAMP_X": second}), vec!["1", "2"]),
        (json!({"MESSAGE_ID": all[2]["MESSAGE_ID"]}), vec!["3"]),
        (json!({"=PROCESS_ID": "", "ERROR": 0}), vec!["1", "2", "3"]),
        (json!({}), vec!["1", "2", "3"]),
    ] {
        let found = client
            .result("event.offline.list", json!({"filter": filter}))
            .await;
        assert_eq!(ids(&found), expected, "{filter}");
    }
    for (order, expected) in [
        (json!({"ID": "desc"}), ["3", "2", "1"]),
        (json!({"EVENT_NAME": "DESC", "ID": "DESC"}), ["2", "3", "1"]),
        (json!({"TIMESTAMP_X": "ASC"}), ["1", "2", "3"]),
    ] {
        let found = client
            .result("event.offline.list", json!({"order": order}))
            .await;
        assert_eq!(ids(&found), expected, "{order}");
    }
    let latest = json!({"order": {"ID": "DESC"}, "limit": 1, "filter": {"%EVENT_NAME": "DEAL"}});
    let fetched = client.result("event.offline.get", latest).await;
    assert_eq!(ids(&fetched["events"]), ["3"]);
}

#[tokio::test]
async fn a_long_queue_has_pages() {
    let setup = offline_setup().await;
    for id in 0..120 {
        raise(&setup, "ONCRMDEALADD", id).await;
    }
    for (start, length, next) in [(0, 50, Some(50)), (50, 50, Some(100)), (100, 20, None)] {
        let response = setup
            .call("event.offline.list", json!({"start": start}))
            .await
            .1;
        assert_eq!(
            (
                response["result"].as_array().unwrap().len(),
                &response["total"]
            ),
            (length, &json!(120))
        );
        assert_eq!(response.get("next"), next.map(|next| json!(next)).as_ref());
    }
    let uncounted = json!({"start": -1, "order": {"ID": "DESC"}});
    let response = setup.call("event.offline.list", uncounted).await.1;
    assert_eq!(
        (
            &response["result"][0]["ID"],
            &response["total"],
            response.get("next")
        ),
        (&json!("120"), &json!(0), None)
    );
    let fetched = setup.result("event.offline.get", json!({})).await;
    assert_eq!(fetched["events"].as_array().unwrap().len(), 50);
}

/// Parameters of `get` and `list`, the argument that is refused, and the text.
#[rustfmt::skip]
fn wrong_queries() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let positive = "Value must be positive integer";
    vec![
        ("get", json!({"limit": 0}), "LIMIT", positive),
        ("get", json!({"limit": -1}), "LIMIT", positive),
        ("get", json!({"filter": "x"}), "filter", "The filter is not an array."),
        ("get", json!({"order": "x"}), "order", "The order is not an array."),
        ("get", json!({"filter": {"ERROR": 1}}), "filter", "Filter field not allowed: ERROR"),
        ("list", json!({"filter": {"!ID": 1}}), "filter", "Filter operation not allowed: !"),
        ("get", json!({"filter": {"=ID": [1]}}), "=ID", "The value of an argument '=ID' has an invalid type"),
        ("get", json!({"order": {"PROCESS_ID": "ASC"}}), "order", "Order field not allowed: PROCESS_ID"),
        ("list", json!({"order": {"ID": "up"}}), "order", "Order direction should be one of {ASC|DESC}"),
    ]
}

#[tokio::test]
async fn filters_and_orders_are_checked() {
    let setup = offline_setup().await;
    for (method, params, name, text) in wrong_queries() {
        let method = format!("event.offline.{method}");
        assert_argument(&setup.call(&method, params).await, name, text);
    }
    let moment = json!({"filter": {">TIMESTAMP_X": "yesterday"}});
    let refusal = (400, "ERROR_CORE", "Incorrect date/time");
    setup.refused("event.offline.list", moment, refusal).await;
}

#[tokio::test]
async fn clearing_and_failing_are_checked() {
    let setup = offline_setup().await;
    let messages = "Value must be array of MESSAGE_ID values";
    let integers = "Value must be array of integers";
    let process = "Argument 'PROCESS_ID' is null or empty";
    for (method, params, name, text) in [
        ("clear", json!({"message_id": "m"}), "PROCESS_ID", process),
        ("error", json!({"message_id": "m"}), "PROCESS_ID", process),
        (
            "clear",
            json!({"process_id": "p", "message_id": "m"}),
            "message_id",
            messages,
        ),
        (
            "clear",
            json!({"process_id": "p", "message_id": ["m"]}),
            "message_id",
            messages,
        ),
        ("clear", json!({"process_id": "p", "id": 1}), "id", integers),
        (
            "clear",
            json!({"process_id": "p", "id": [0]}),
            "id",
            integers,
        ),
        ("error", json!({"process_id": "p"}), "message_id", messages),
    ] {
        let method = format!("event.offline.{method}");
        assert_argument(&setup.call(&method, params).await, name, text);
    }
    let user = setup.user(4);
    for method in ["get", "list", "clear", "error"] {
        user.refused(&format!("event.offline.{method}"), json!({}), DENIED)
            .await;
    }
}

#[tokio::test]
async fn plans_without_the_features_of_offline_events() {
    let setup = Setup::with(Portal::builder().features(["bizproc"])).await;
    let text =
        |feature: &str| format!("This feature is not enabled for the current license: {feature}");
    let bind = json!({"event": "ONCRMDEALADD", "event_type": "offline", "auth_connector": "a"});
    setup
        .refused(
            "event.bind",
            bind,
            (403, "WRONG_LICENSE", &text("auth_connector")),
        )
        .await;
    let response = setup.call("event.offline.get", json!({"clear": 0})).await;
    let extended = text("extended offline events handling");
    assert_refused(&response, (403, "WRONG_LICENSE", &extended), "get");
    setup.result("event.offline.get", json!({"clear": 1})).await;

    let self_hosted = Portal::builder().features([]).edition(Edition::SelfHosted);
    let own = self_hosted.start().await.unwrap();
    let cloud = Portal::start().await.unwrap();
    for (portal, code, value) in [
        (&setup.portal, "rest_offline_extended", "N"),
        (&own, "rest_offline_extended", "Y"),
        (&cloud, "rest_offline_extended", "Y"),
        (&cloud, "rest_auth_connector", "Y"),
        (&cloud, "nonsense", "N"),
    ] {
        let webhook = Client::new(portal.webhook(1), None);
        let feature = webhook.result("feature.get", json!({"code": code})).await;
        assert_eq!(feature, json!({"value": value}), "{code}");
    }
    setup
        .refused(
            "feature.get",
            json!({}),
            (400, "CODE_EMPTY", "CODE can't be empty"),
        )
        .await;
}
