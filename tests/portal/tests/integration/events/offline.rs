use std::time::Duration;

use bizproc_portal::Event;
use serde_json::{Value, json};

use crate::fixture::Setup;
use crate::fixture::offline::{ids, offline_setup, raise};

#[tokio::test]
async fn fetched_events_leave_the_queue() {
    let setup = offline_setup().await;
    raise(&setup, "ONCRMDEALADD", 7).await;
    let got = setup.result("event.offline.get", json!({})).await;
    let event = &got["events"][0];
    assert_eq!(
        (&got["process_id"], &event["ID"], &event["EVENT_NAME"]),
        (&Value::Null, &json!("1"), &json!("ONCRMDEALADD"))
    );
    assert_eq!(event["EVENT_DATA"], json!({"FIELDS": {"ID": 7}}));
    assert_eq!(event["EVENT_ADDITIONAL"], json!({"user_id": "4"}));
    assert_eq!(event["MESSAGE_ID"].as_str().unwrap().len(), 32);
    assert!(event["TIMESTAMP_X"].as_str().unwrap().ends_with("+03:00"));
    let names: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "ID",
            "TIMESTAMP_X",
            "EVENT_NAME",
            "EVENT_DATA",
            "EVENT_ADDITIONAL",
            "MESSAGE_ID"
        ]
    );
    let again = setup.result("event.offline.get", json!({})).await;
    assert_eq!(again, json!({"process_id": null, "events": []}));
    assert!(setup.app.is_quiet().await, "queued events are not sent");
    let queued = setup.portal.history().into_iter().any(|record| {
        matches!(record.event, Event::Queued { name, message_id, .. }
            if name == "ONCRMDEALADD" && event["MESSAGE_ID"] == json!(message_id))
    });
    assert!(queued);
}

#[tokio::test]
async fn repeated_events_of_one_record_share_an_entry() {
    let setup = offline_setup().await;
    raise(&setup, "ONCRMDEALADD", 7).await;
    let before = setup.result("event.offline.list", json!({})).await;
    setup.portal.advance(Duration::from_secs(5));
    raise(&setup, "ONCRMDEALADD", 7).await;
    raise(&setup, "ONCRMDEALADD", 8).await;
    let after = setup.result("event.offline.list", json!({})).await;
    assert_eq!(ids(&after), ["1", "2"]);
    assert_eq!(before[0]["MESSAGE_ID"], after[0]["MESSAGE_ID"]);
    assert_ne!(before[0]["TIMESTAMP_X"], after[0]["TIMESTAMP_X"]);
    assert_ne!(after[0]["MESSAGE_ID"], after[1]["MESSAGE_ID"]);

    // While a process has reserved the entry, the same event gets a new one.
    setup
        .result(
            "event.offline.get",
            json!({"clear": 0, "filter": {"ID": 1}}),
        )
        .await;
    raise(&setup, "ONCRMDEALADD", 7).await;
    let after = setup.result("event.offline.list", json!({})).await;
    assert_eq!(ids(&after), ["1", "2", "3"]);
    assert_eq!(after[0]["MESSAGE_ID"], after[2]["MESSAGE_ID"]);
}

#[tokio::test]
async fn a_process_reserves_and_clears() {
    let setup = offline_setup().await;
    for id in 1..=4 {
        raise(&setup, "ONCRMDEALADD", id).await;
    }
    let client = &setup.client;
    let got = client
        .result("event.offline.get", json!({"CLEAR": "0", "limit": 3}))
        .await;
    let process = got["process_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (process.len(), ids(&got["events"])),
        (32, vec!["1", "2", "3"])
    );
    let message = |index: usize| got["events"][index]["MESSAGE_ID"].clone();
    // Another process gets the rest; the same process gets its own again.
    let rest = client
        .result("event.offline.get", json!({"clear": 0}))
        .await;
    assert_eq!(ids(&rest["events"]), ["4"]);
    let own = json!({"process_id": process, "clear": 0});
    let again = client.result("event.offline.get", own.clone()).await;
    assert_eq!(
        (&again["process_id"], ids(&again["events"])),
        (&json!(process), vec!["1", "2", "3"])
    );

    client
        .ok(
            "event.offline.clear",
            json!({"process_id": process, "id": [1, 4]}),
        )
        .await;
    let listed = client.result("event.offline.list", json!({})).await;
    assert_eq!(ids(&listed), ["2", "3", "4"]);
    // Message ids take precedence over record ids.
    let both = json!({"process_id": process, "message_id": [message(1)], "id": [3]});
    client.ok("event.offline.clear", both).await;
    let listed = client.result("event.offline.list", json!({})).await;
    assert_eq!(ids(&listed), ["3", "4"]);
    assert_eq!(
        (&listed[0]["PROCESS_ID"], &listed[0]["ERROR"]),
        (&json!(process), &json!("0"))
    );
}

#[tokio::test]
async fn failed_events_are_marked() {
    let setup = offline_setup().await;
    raise(&setup, "ONCRMDEALADD", 1).await;
    let client = &setup.client;
    let got = client
        .result("event.offline.get", json!({"clear": 0}))
        .await;
    let process = got["process_id"].clone();
    let message = got["events"][0]["MESSAGE_ID"].clone();
    // The failed entry replaces the newer entry of the same record.
    raise(&setup, "ONCRMDEALADD", 1).await;
    let failed = json!({"process_id": process, "message_id": [message]});
    client.ok("event.offline.error", failed).await;
    let listed = client.result("event.offline.list", json!({})).await;
    let expected = json!({"ID": "1", "PROCESS_ID": "", "ERROR": "1"});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&listed[0][name], value, "{name}");
    }
    assert_eq!(ids(&listed), ["1"]);
    let good = client
        .result("event.offline.get", json!({"clear": 0}))
        .await;
    assert_eq!(good["events"], json!([]));
    let bad = client
        .result("event.offline.get", json!({"error": 1}))
        .await;
    assert_eq!(ids(&bad["events"]), ["1"]);
}

#[tokio::test]
async fn reserved_events_expire_after_thirty_days() {
    let setup = offline_setup().await;
    for id in 1..=2 {
        raise(&setup, "ONCRMDEALADD", id).await;
    }
    let one = json!({"clear": 0, "limit": 1});
    setup.result("event.offline.get", one).await;
    for (hours, left) in [(30 * 24 - 1, 2), (2, 1)] {
        setup.portal.advance(Duration::from_hours(hours));
        let client = setup.user(1);
        let listed = client.result("event.offline.list", json!({})).await;
        assert_eq!(ids(&listed).len(), left);
    }
}

#[tokio::test]
async fn a_process_may_clear_all_its_events() {
    let setup = offline_setup().await;
    raise(&setup, "ONCRMDEALADD", 1).await;
    raise(&setup, "ONCRMDEALADD", 2).await;
    let got = setup
        .result("event.offline.get", json!({"clear": 0, "limit": 1}))
        .await;
    let params = json!({"process_id": got["process_id"]});
    setup.ok("event.offline.clear", params).await;
    let listed = setup.result("event.offline.list", json!({})).await;
    assert_eq!(ids(&listed), ["2"]);
}

#[tokio::test]
async fn each_source_has_its_own_queue_without_its_own_events() {
    let setup = Setup::start().await;
    let client = &setup.client;
    for connector in [json!(null), json!("a"), json!("b")] {
        let params =
            json!({"event": "ONAPPTEST", "event_type": "offline", "auth_connector": connector});
        client.ok("event.bind", params).await;
    }
    client
        .call("event.test", json!({"auth_connector": "a"}))
        .await;
    for (connector, length) in [("", 1), ("a", 0), ("b", 1)] {
        let params = json!({"auth_connector": connector});
        let listed = client.result("event.offline.list", params).await;
        assert_eq!(listed.as_array().unwrap().len(), length, "{connector}");
    }
    let fetched = client
        .result("event.offline.get", json!({"auth_connector": "b"}))
        .await;
    assert_eq!(ids(&fetched["events"]).len(), 1);
    let left = client.result("event.offline.list", json!({})).await;
    assert_eq!(ids(&left).len(), 1);
}

#[tokio::test]
async fn onofflineevent_announces_queued_events() {
    let setup = offline_setup().await;
    let handler = |path: &str, options: Value| json!({"event": "ONOFFLINEEVENT", "handler": format!("{}{path}", setup.app.url), "options": options});
    setup
        .ok("event.bind", handler("/second", Value::Null))
        .await;
    let patient = handler("/patient", json!({"minTimeout": "60", "other": 1}));
    setup.ok("event.bind", patient).await;
    let eager = handler("/eager", json!({"minTimeout": 0}));
    setup.ok("event.bind", eager).await;
    // Handlers 2 and 3 queue; 4 waits a second, 5 a minute, 6 not at all.
    let notified = async |count: usize| {
        let mut ids = Vec::new();
        for _ in 0..count {
            let event = setup.app.next_request().await;
            assert_eq!(event["event"], json!("ONOFFLINEEVENT"));
            assert_eq!(event.get("data"), None);
            assert!(event["auth"]["refresh_token"].is_string());
            ids.push(event["event_handler_id"].as_str().unwrap().to_owned());
        }
        ids.sort_unstable();
        assert!(setup.app.is_quiet().await);
        ids
    };
    let two = json!({"FIELDS": {"ID": 1}});
    let both = setup
        .portal
        .fire("ONCRMDEALADD", two.clone())
        .and("ONCRMLEADADD", two)
        .acting(4);
    assert_eq!(both.await.unwrap(), 2);
    raise(&setup, "ONCRMDEALADD", 2).await;
    // Once for two events of one request, and again where no time-out is set.
    assert_eq!(notified(4).await, ["4", "5", "6", "6"]);
    setup.portal.advance(Duration::from_secs(1));
    raise(&setup, "ONCRMDEALADD", 3).await;
    assert_eq!(notified(2).await, ["4", "6"]);
    setup.portal.advance(Duration::from_mins(1));
    raise(&setup, "ONCRMDEALADD", 4).await;
    assert_eq!(notified(3).await, ["4", "5", "6"]);
}

#[tokio::test]
async fn an_uninstallation_empties_the_queue() {
    let setup = offline_setup().await;
    raise(&setup, "ONCRMDEALADD", 1).await;
    setup.installation.uninstall(false).await.unwrap();
    setup.installation.reinstall().await.unwrap();
    let client = setup.client_of(&setup.installation);
    assert_eq!(
        client.result("event.offline.list", json!({})).await,
        json!([])
    );
    let handlers = client.result("event.get", json!({})).await;
    assert_eq!(
        handlers.as_array().unwrap().len(),
        1,
        "its own ONAPPINSTALL"
    );
}
