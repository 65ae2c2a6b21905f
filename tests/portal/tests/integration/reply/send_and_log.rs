use bizproc_portal::{Ending, Event, Outcome, Workflow};
use serde_json::{Value, json};

use crate::fixture::{DENIED, Setup, TIMEOUT, WORKFLOW_GONE, assert_refused};

/// Runs the robot `r` and returns its workflow and event token.
async fn start(setup: &Setup) -> (Workflow, String) {
    let (workflow, call) = setup.run("r", json!({})).await;
    (workflow, call["event_token"].as_str().unwrap().to_owned())
}

async fn reply(setup: &Setup, values: Value) -> Outcome {
    let (workflow, token) = start(setup).await;
    setup
        .ok(
            "bizproc.event.send",
            json!({"EVENT_TOKEN": token, "RETURN_VALUES": values}),
        )
        .await;
    workflow.wait_finished(TIMEOUT).await.unwrap()
}

async fn setup_with_outputs() -> Setup {
    let setup = Setup::start().await;
    let outputs = json!({
        "Ok": {"NAME": "o", "TYPE": "bool", "MULTIPLE": "N", "DEFAULT": "N"},
        "Items": {"NAME": "i", "TYPE": "string", "MULTIPLE": "Y"},
        "At": {"NAME": "a", "TYPE": "datetime"},
        "Clock": {"NAME": "c", "TYPE": "time"},
        "Place": {"NAME": "p", "TYPE": "UF:address"},
    });
    setup
        .robot("r", json!({"RETURN_PROPERTIES": outputs}))
        .await;
    setup
}

#[tokio::test]
async fn values_are_matched_converted_and_stored() {
    let setup = setup_with_outputs().await;
    let defaults = json!({"Ok": "N", "Items": null, "At": null, "Clock": null, "Place": null});
    for (values, changes) in [
        (json!({"ok": "Y", "extra": 1}), json!({"Ok": "Y"})),
        (json!({"OK": ""}), json!({"Ok": ""})),
        (json!({"Ok": null}), json!({"Ok": null})),
        (json!({}), json!({})),
        (json!(null), json!({})),
        (json!("x"), json!({})),
        (json!(["Y", "Y"]), json!({})),
        (json!({"items": "x"}), json!({"Items": "x"})),
        (json!({"items": ["x", "0"]}), json!({"Items": ["x", "0"]})),
        (json!({"At": 0}), json!({"At": 0})),
        (json!({"At": 1_767_165_630}), json!({"At": 1_767_165_630})),
        (
            json!({"at": "1767165630"}),
            json!({"At": "2025-12-31T10:20:30+03:00"}),
        ),
        (json!({"Clock": "10:30"}), json!({"Clock": "10:30"})),
        (
            json!({"Clock": "{=Document:TIME}"}),
            json!({"Clock": "{=Document:TIME}"}),
        ),
        (json!({"Clock": "noon"}), json!({"Clock": null})),
        (
            json!({"Place": "A &amp; B &lt;&quot;&#039;"}),
            json!({"Place": "A & B <\"'"}),
        ),
        (json!({"ok": true}), json!({"Ok": true})),
    ] {
        let done = reply(&setup, values.clone()).await;
        let mut expected = defaults.clone();
        for (name, value) in changes.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(Value::Object(done.return_values), expected, "{values}");
        assert_eq!(
            (done.ending, done.is_timeout),
            (Ending::Replied, false),
            "{values}"
        );
    }
}

#[tokio::test]
async fn a_reply_without_values_closes_the_step() {
    let setup = setup_with_outputs().await;
    let (workflow, token) = start(&setup).await;
    let reply = json!({"EVENT_TOKEN": token});
    setup.ok("bizproc.event.send", reply).await;
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
    assert_eq!(
        Value::Object(done.return_values),
        json!({"Ok": "N", "Items": null, "At": null, "Clock": null, "Place": null})
    );
    assert_eq!(done.log, ["Received application response"]);
}

#[tokio::test]
async fn a_second_reply_has_no_effect() {
    let setup = setup_with_outputs().await;
    let (workflow, token) = start(&setup).await;
    let send = |value: &str, log: &str| json!({"event_token": token, "return_values": {"Ok": value}, "log_message": log});
    setup.ok("bizproc.event.send", send("Y", "first")).await;
    let first = workflow.wait_finished(TIMEOUT).await.unwrap();
    setup
        .ok("bizproc.event.send", send("other", "second"))
        .await;
    // A later run ends only after every earlier reply was applied.
    reply(&setup, json!({})).await;
    assert_eq!(workflow.wait_finished(TIMEOUT).await.unwrap(), first);
    assert_eq!(
        (first.log.as_slice(), &first.return_values["Ok"]),
        (["first".to_owned()].as_slice(), &json!("Y"))
    );
    let body = first.reply.unwrap();
    let kept: Value = serde_json::from_slice(body.as_bytes()).unwrap();
    assert_eq!(kept["return_values"], json!({"Ok": "Y"}));
}

#[tokio::test]
async fn log_messages_and_their_default() {
    let setup = setup_with_outputs().await;
    let default = "Received application response";
    for (message, line) in [
        (json!("done"), "done"),
        (json!(null), default),
        (json!(""), default),
        (json!("0"), default),
        (json!(5), default),
        (json!(["x"]), default),
    ] {
        let (workflow, token) = start(&setup).await;
        let log = json!({"Event_Token": token, "Log_Message": message});
        let response = setup.call("bizproc.activity.log", log.clone()).await;
        if matches!(message, Value::Null) || message == json!("") || message == json!("0") {
            assert_refused(
                &response,
                (400, "ERROR_EMPTY_LOG_MESSAGE", "Empty log message!"),
                "empty",
            );
            assert_eq!(workflow.log().len(), 0);
        } else {
            assert_eq!((response.0, &response.1["result"]), (200, &json!(true)));
            assert_eq!(workflow.log(), [line]);
        }
        assert!(workflow.is_waiting());
        setup.ok("bizproc.event.send", log).await;
        assert_eq!(
            workflow
                .wait_finished(TIMEOUT)
                .await
                .unwrap()
                .log
                .last()
                .unwrap(),
            line
        );
        setup
            .refused(
                "bizproc.activity.log",
                json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "x"}),
                WORKFLOW_GONE,
            )
            .await;
    }
}

#[tokio::test]
async fn invalid_event_tokens_are_refused() {
    let setup = setup_with_outputs().await;
    let (workflow, token) = start(&setup).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = Setup::start().await;
    other.robot("r", json!({})).await;
    let foreign = start(&other).await.1;
    for bad in [
        json!(null),
        json!(""),
        json!(5),
        json!([token]),
        json!(signed),
        json!(format!("x{token}")),
        json!(format!("{signed}.{}", signature.to_uppercase())),
        json!(format!("{token}0")),
        json!(foreign),
    ] {
        for method in ["bizproc.event.send", "bizproc.activity.log"] {
            setup
                .refused(
                    method,
                    json!({"EVENT_TOKEN": bad, "LOG_MESSAGE": ""}),
                    DENIED,
                )
                .await;
        }
    }
    assert!(workflow.is_waiting());
    // Any user may reply, and a webhook.
    let user = setup.user(9);
    user.ok(
        "bizproc.activity.log",
        json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"}),
    )
    .await;
    let webhook = setup.webhook(9);
    webhook
        .ok("bizproc.event.send", json!({"EVENT_TOKEN": token}))
        .await;
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().log,
        ["half", "Received application response"]
    );
}

#[tokio::test]
async fn a_reply_may_come_as_a_form() {
    let setup = setup_with_outputs().await;
    let (workflow, token) = start(&setup).await;
    let body = format!(
        "event_token={}&return_values[OK]=Y&return_values[items][]=a&return_values[items][]=b&log_message=got+it&auth={}",
        token.replace('|', "%7C"),
        setup.installation.access_token()
    );
    let kind = "application/x-www-form-urlencoded";
    let (status, response) = setup
        .client
        .raw("bizproc.event.send.json", kind, body.clone())
        .await;
    assert_eq!((status, &response["result"]), (200, &json!(true)));
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(
        (&done.return_values["Ok"], &done.return_values["Items"]),
        (&json!("Y"), &json!(["a", "b"]))
    );
    assert_eq!(done.log, ["got it"]);
    assert_eq!(done.reply.unwrap().text(), body);
    let history = setup.portal.history();
    let replied = history.iter().find_map(|record| match &record.event {
        Event::Replied {
            workflow_id,
            body: sent,
            response,
            ..
        } => Some((workflow_id, sent, response)),
        _ => None,
    });
    let (workflow_id, sent, response) = replied.unwrap();
    assert_eq!(workflow_id.as_deref(), Some(workflow.id()));
    assert_eq!(sent.text(), body);
    assert_eq!(response.as_ref().map(|response| response.status), Some(200));
}

#[tokio::test]
async fn the_history_records_a_whole_run() {
    let setup = setup_with_outputs().await;
    let (workflow, token) = start(&setup).await;
    let reply =
        json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"OK": "Y"}, "LOG_MESSAGE": "got it"});
    setup.ok("bizproc.event.send", reply.clone()).await;
    workflow.wait_finished(TIMEOUT).await.unwrap();
    let history = setup.portal.history();
    assert!(history.is_sorted_by_key(|record| record.at));
    let names: Vec<&str> = history
        .iter()
        .map(|record| match &record.event {
            Event::Installed { .. } => "installed",
            Event::Requested { method, .. } if method == "bizproc.robot.add" => "requested",
            Event::Registered { .. } => "registered",
            Event::WorkflowStarted { .. } => "workflow started",
            Event::Started { .. } => "started",
            Event::Waiting { .. } => "waiting",
            Event::Returned { .. } => "returned",
            Event::StepClosed { .. } => "closed",
            Event::Called { .. } => "called",
            Event::Replied { .. } => "replied",
            Event::Logged { text, .. } if text == "got it" => "logged",
            Event::Finished {
                ending: Ending::Replied,
                ..
            } => "finished",
            _ => "other",
        })
        .collect();
    assert_eq!(
        names.join(", "),
        "installed, requested, registered, workflow started, started, called, waiting, replied, \
         logged, returned, closed, finished"
    );
}
