use bizproc_portal::{Error, Event};
use serde_json::{Value, json};

use crate::fixture::{DENIED, NOWHERE, Setup};

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
    let setup = Setup::start().await;
    let webhook = setup.webhook(4);
    for method in ["add", "delete", "list"] {
        let method = format!("bizproc.provider.{method}");
        let text = "Access denied! Application context required";
        webhook
            .refused(&method, json!({}), (403, "ACCESS_DENIED", text))
            .await;
        let ordinary = setup.user(2);
        ordinary.refused(&method, json!({}), DENIED).await;
    }
    for (params, code, text) in refused() {
        setup
            .refused("bizproc.provider.add", params, (400, code, text))
            .await;
    }
    let sender = json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "SMS"});
    let list = async || setup.call("bizproc.provider.list", json!({})).await.1["result"].clone();
    setup.ok("bizproc.provider.add", sender.clone()).await;
    setup
        .refused(
            "bizproc.provider.add",
            &sender,
            (
                400,
                "ERROR_SENDER_ALREADY_INSTALLED",
                "Sender already installed!",
            ),
        )
        .await;
    assert_eq!(list().await, json!(["s"]));
    setup
        .ok("bizproc.provider.delete", json!({"CODE": "s"}))
        .await;
    setup
        .refused(
            "bizproc.provider.delete",
            json!({"CODE": "s"}),
            (400, "ERROR_SENDER_NOT_FOUND", "Sender not found!"),
        )
        .await;
    assert_eq!(list().await, json!([]));

    setup.ok("bizproc.provider.add", sender.clone()).await;
    setup.robot("r", json!({})).await;
    setup.installation.wipe_registrations();
    assert_eq!(list().await, json!([]));
    assert!(setup.portal.robots().is_empty());
    let handlers = setup.call("event.get", json!({})).await.1["result"].clone();
    assert_eq!(handlers[0]["event"], json!("ONAPPINSTALL"));

    setup.ok("bizproc.provider.add", sender).await;
    setup.installation.uninstall(false).await.unwrap();
    setup.installation.reinstall().await.unwrap();
    let again = setup.client_of(&setup.installation);
    assert_eq!(
        again.call("bizproc.provider.list", json!({})).await.1["result"],
        Value::Array(vec![])
    );
}

#[tokio::test]
async fn a_sender_is_handed_its_messages() {
    let setup = Setup::start().await;
    let missing = setup.portal.send_message("s", "+49 30 1", "Hello").await;
    assert!(matches!(missing, Err(Error::NoSender { code }) if code == "s"));
    let handler = format!("{}/sms", setup.app.url);
    let sender = json!({"code": "s", "handler": handler, "name": "n", "type": "SMS"});
    setup.ok("bizproc.provider.add", sender).await;
    let delivery = setup
        .portal
        .send_message("s", "+49 30 1", "Hello")
        .await
        .unwrap();
    assert_eq!(
        (delivery.url, delivery.outcome.to_string()),
        (handler, "answered 200".to_owned())
    );
    let message = setup.app.next_request().await;
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
    assert_eq!(*token, json!(setup.installation.application_token()));
    let history = setup.portal.history();
    assert!(
        history
            .iter()
            .any(|record| matches!(&record.event, Event::MessageSent { code, .. } if code == "s"))
    );
}
