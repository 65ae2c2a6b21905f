use std::time::Duration;

use bizproc_portal::{Delivery, Event, Fault, HttpResponse, Outgoing, Portal};
use serde_json::json;

use crate::fixture::{Setup, SlowHandler, TIMEOUT};

/// The calls in the history.
fn calls(portal: &Portal) -> Vec<Delivery> {
    let records = portal.history().into_iter();
    records
        .filter_map(|record| match record.event {
            Event::Called { request, .. } => Some(request),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_call_is_recorded_before_its_handler_responds() {
    let setup = Setup::start().await;
    let mut handler = SlowHandler::start().await;

    setup.robot("r", json!({"HANDLER": handler.url})).await;
    setup.portal.fault(Fault::DoubledCall, 1);
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    let sent = calls(&setup.portal);
    assert_eq!(sent.len(), 2);
    for call in &sent {
        assert_eq!(
            (
                &call.url,
                &call.outcome,
                serde_json::to_value(call).unwrap()["outcome"].is_null()
            ),
            (&handler.url, &Outgoing::Awaited, true)
        );
    }

    let call = handler.call().await;
    handler.call().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"]});
    setup.ok("bizproc.event.send", reply).await;
    workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(calls(&setup.portal), sent);
    assert!(workflow.wait_called(Duration::ZERO).await.is_err());

    // Each response is recorded with its own call.
    handler.respond();
    let called = workflow.wait_called(TIMEOUT).await.unwrap();
    let late = Outgoing::Responded(HttpResponse {
        status: 200,
        body: "late".into(),
    });
    let is_late = |call: &Delivery| call.outcome == late;
    assert!(is_late(&called), "{called:?}");
    let responded = calls(&setup.portal).into_iter().filter(&is_late);
    assert_eq!(responded.count(), 1);
    handler.respond();
    let both = async {
        while !calls(&setup.portal).iter().all(&is_late) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, both).await.unwrap();
}

#[tokio::test]
async fn the_parameters_of_a_reply_are_recorded_from_query_and_body() {
    let setup = Setup::start().await;
    setup
        .robot("r", json!({"RETURN_PROPERTIES": {"a": {"NAME": "a"}}}))
        .await;
    let auth = setup.installation.access_token();
    for is_get in [true, false] {
        let (workflow, call) = setup.run("r", json!({})).await;
        let token = call["event_token"].clone();
        let encoded = token.as_str().unwrap().replace('|', "%7C");
        let address =
            format!("bizproc.event.send?Event_Token={encoded}&return_values[A]=1&auth={auth}");
        let (status, params) = if is_get {
            let (status, _) = setup.client.get(&address).await;
            (
                status,
                json!({"Event_Token": token, "return_values": {"A": "1"}, "auth": auth}),
            )
        } else {
            let body = r#"{"return_values": {"A": 2}}"#;
            let (status, _) = setup.client.raw(&address, "application/json", body).await;
            (
                status,
                json!({"Event_Token": token, "return_values": {"A": 2}, "auth": auth}),
            )
        };
        assert_eq!(status, 200);
        workflow.wait_finished(TIMEOUT).await.unwrap();
        let history = setup.portal.history();
        let replied = history.iter().rev().find_map(|record| match &record.event {
            Event::Replied {
                workflow_id,
                params,
                body,
                ..
            } => Some((workflow_id.clone(), params.clone(), body.clone())),
            _ => None,
        });
        let (id, recorded, body) = replied.unwrap();
        assert_eq!((id.as_deref(), recorded), (Some(workflow.id()), params));
        if is_get {
            assert!(body.as_bytes().is_empty() && body.json().is_err());
        } else {
            assert_eq!(body.json().unwrap(), json!({"return_values": {"A": 2}}));
        }
    }
}

#[tokio::test]
async fn the_oldest_records_are_dropped() {
    let setup = Setup::with(Portal::builder().history_limit(3)).await;
    for number in 0..5 {
        let method = ["bizproc.robot.list", "bizproc.activity.list"][number % 2];
        setup.call(method, json!({})).await;
    }
    let methods: Vec<String> = setup
        .portal
        .history()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Requested { method, .. } => Some(method),
            _ => None,
        })
        .collect();
    let [robots, activities] = ["bizproc.robot.list", "bizproc.activity.list"];
    assert_eq!(methods, [robots, activities, robots]);
}

#[tokio::test]
async fn a_response_is_recorded_with_its_call_unless_that_was_dropped() {
    for (limit, is_recorded) in [(1000, true), (2, false)] {
        let setup = Setup::with(Portal::builder().history_limit(limit)).await;
        let mut handler = SlowHandler::start().await;
        setup.robot("r", json!({"HANDLER": handler.url})).await;
        let workflow = setup.portal.run("r", json!({})).await.unwrap();
        handler.call().await;
        for _ in 0..5 {
            setup.call("bizproc.robot.list", json!({})).await;
        }
        handler.respond();
        workflow.wait_called(TIMEOUT).await.unwrap();
        let responded: Vec<bool> = calls(&setup.portal)
            .iter()
            .map(|call| matches!(call.outcome, Outgoing::Responded(_)))
            .collect();
        assert_eq!(responded, vec![true; usize::from(is_recorded)]);
    }
}
