use bizproc_portal::{Error, Event};
use serde_json::{Value, json};

use crate::fixture::{Client, NOWHERE, Stage, assert_refused};

const INVALID: &str = "ERROR_SENDER_VALIDATION_FAILURE";

/// Parameters that are refused, by the first check that they fail.
fn refused() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (json!({}), INVALID, "Empty data!"),
        (json!({"NAME": "n"}), INVALID, "Empty sender code!"),
        (json!({"code": "a b"}), INVALID, "Wrong sender code!"),
        (
            json!({"code": "s"}),
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ),
        (
            json!({"code": "s", "handler": NOWHERE}),
            INVALID,
            "Empty sender NAME!",
        ),
        (
            json!({"code": "s", "handler": NOWHERE, "name": "n"}),
            INVALID,
            "Empty sender message TYPE!",
        ),
        (
            json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "sms"}),
            INVALID,
            "Unknown sender message TYPE!",
        ),
        (
            json!({"code": "x".repeat(129), "handler": NOWHERE, "name": "n", "type": "SMS"}),
            "ERROR_SENDER_ADD_FAILURE",
            "Sender save error!",
        ),
    ]
}

#[tokio::test]
async fn senders_are_checked_in_order() {
    let stage = Stage::start().await;
    let webhook = Client::new(stage.portal.webhook(4), None);
    for method in ["add", "delete", "list"] {
        let method = format!("bizproc.provider.{method}");
        let text = "Access denied! Application context required";
        assert_refused(
            &webhook.call(&method, json!({})).await,
            403,
            "ACCESS_DENIED",
            text,
            &method,
        );
        let ordinary = stage.client_with(Some(stage.installation.token_of(2)));
        assert_refused(
            &ordinary.call(&method, json!({})).await,
            403,
            "ACCESS_DENIED",
            "Access denied!",
            &method,
        );
    }
    for (params, code, text) in refused() {
        let answer = stage
            .client
            .call("bizproc.provider.add", params.clone())
            .await;
        assert_refused(&answer, 400, code, text, &params.to_string());
    }
    let sender = json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "SMS"});
    let list = async || {
        stage
            .client
            .call("bizproc.provider.list", json!({}))
            .await
            .1["result"]
            .clone()
    };
    stage
        .client
        .ok("bizproc.provider.add", sender.clone())
        .await;
    let answer = stage
        .client
        .call("bizproc.provider.add", sender.clone())
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_SENDER_ALREADY_INSTALLED",
        "Sender already installed!",
        "twice",
    );
    assert_eq!(list().await, json!(["s"]));
    stage
        .client
        .ok("bizproc.provider.delete", json!({"CODE": "s"}))
        .await;
    let answer = stage
        .client
        .call("bizproc.provider.delete", json!({"CODE": "s"}))
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_SENDER_NOT_FOUND",
        "Sender not found!",
        "gone",
    );
    assert_eq!(list().await, json!([]));

    stage
        .client
        .ok("bizproc.provider.add", sender.clone())
        .await;
    stage.robot("r", json!({})).await;
    stage.installation.wipe_registrations();
    assert_eq!(list().await, json!([]));
    assert!(stage.portal.robots().is_empty());
    let handlers = stage.client.call("event.get", json!({})).await.1["result"].clone();
    assert_eq!(handlers[0]["event"], json!("ONAPPINSTALL"));

    stage.client.ok("bizproc.provider.add", sender).await;
    stage.installation.uninstall(false).await.unwrap();
    stage.installation.reinstall().await.unwrap();
    let again = stage.client_with(Some(stage.installation.access_token()));
    assert_eq!(
        again.call("bizproc.provider.list", json!({})).await.1["result"],
        Value::Array(vec![])
    );
}

#[tokio::test]
async fn a_sender_is_handed_its_messages() {
    let stage = Stage::start().await;
    let missing = stage.portal.send_message("s", "+49 30 1", "Hello").await;
    assert!(matches!(missing, Err(Error::NoSender { code }) if code == "s"));
    let handler = format!("{}/sms", stage.app.url);
    let sender = json!({"code": "s", "handler": handler, "name": "n", "type": "SMS"});
    stage.client.ok("bizproc.provider.add", sender).await;
    let delivery = stage
        .portal
        .send_message("s", "+49 30 1", "Hello")
        .await
        .unwrap();
    assert_eq!(
        (delivery.url, delivery.outcome.to_string()),
        (handler, "answered 200".to_owned())
    );
    let message = stage.app.request().await.1;
    for (name, value) in [
        ("module_id", json!("bizproc")),
        ("type", json!("SMS")),
        ("code", json!("s")),
        ("message_to", json!("+49 30 1")),
        ("message_body", json!("Hello")),
        (
            "properties",
            json!({"phone_number": "+49 30 1", "message_text": "Hello"}),
        ),
        ("document_type", json!(["crm", "CCrmDocumentDeal", "DEAL"])),
        ("event_token", json!(null)),
    ] {
        assert_eq!(message[name], value, "{name}");
    }
    assert_eq!(message["message_id"].as_str().unwrap().len(), 32);
    let token = &message["auth"]["application_token"];
    assert_eq!(*token, json!(stage.installation.application_token()));
    let history = stage.portal.history();
    assert!(
        history
            .iter()
            .any(|record| matches!(&record.event, Event::MessageSent { code, .. } if code == "s"))
    );
}
