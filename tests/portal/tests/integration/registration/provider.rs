use bizproc_portal::{Error, Event};
use serde_json::{Value, json};

use crate::fixture::{DENIED, NO_APPLICATION, NOWHERE, Refusal, Setup, WRONG_URL};

/// Parameters that are refused, by the first check that they fail.
#[rustfmt::skip]
fn wrong_senders() -> Vec<(Value, Refusal<'static>)> {
    let wrong = |text| (400, "ERROR_SENDER_VALIDATION_FAILURE", text);
    let long = "x".repeat(129);
    vec![
        (json!({}), wrong("Empty data!")),
        (json!({"NAME": "n"}), wrong("Empty sender code!")),
        (json!({"code": "a b"}), wrong("Wrong sender code!")),
        (json!({"code": "s"}), WRONG_URL),
        (json!({"code": "s", "handler": NOWHERE}), wrong("Empty sender NAME!")),
        (
            json!({"code": "s", "handler": NOWHERE, "name": "n"}),
            wrong("Empty sender message TYPE!"),
        ),
        (
            json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "sms"}),
            wrong("Unknown sender message TYPE!"),
        ),
        (
            json!({"code": long, "handler": NOWHERE, "name": "n", "type": "SMS"}),
            (400, "ERROR_SENDER_ADD_FAILURE", "Sender save error!"),
        ),
    ]
}

fn sender() -> Value {
    json!({"code": "s", "handler": NOWHERE, "name": "n", "type": "SMS"})
}

#[tokio::test]
async fn senders_are_checked_in_order() {
    let setup = Setup::start().await;
    for method in ["add", "delete", "list"] {
        let method = format!("bizproc.provider.{method}");
        let webhook = setup.webhook(4);
        webhook.refused(&method, json!({}), NO_APPLICATION).await;
        setup.user(2).refused(&method, json!({}), DENIED).await;
    }
    for (params, refusal) in wrong_senders() {
        setup.refused("bizproc.provider.add", params, refusal).await;
    }
    setup.ok("bizproc.provider.add", sender()).await;
    let text = "Sender already installed!";
    let twice = (400, "ERROR_SENDER_ALREADY_INSTALLED", text);
    setup.refused("bizproc.provider.add", sender(), twice).await;
    let senders = setup.result("bizproc.provider.list", json!({})).await;
    assert_eq!(senders, json!(["s"]));

    let code = json!({"CODE": "s"});
    setup.ok("bizproc.provider.delete", code.clone()).await;
    let gone = (400, "ERROR_SENDER_NOT_FOUND", "Sender not found!");
    setup.refused("bizproc.provider.delete", code, gone).await;
    let senders = setup.result("bizproc.provider.list", json!({})).await;
    assert_eq!(senders, json!([]));
}

#[tokio::test]
async fn senders_are_removed_with_the_registrations_of_their_application() {
    let setup = Setup::start().await;
    setup.ok("bizproc.provider.add", sender()).await;
    setup.robot("r", json!({})).await;
    setup.installation.wipe_registrations();
    let senders = setup.result("bizproc.provider.list", json!({})).await;
    assert_eq!(senders, json!([]));
    assert!(setup.portal.robots().is_empty());
    let handlers = setup.result("event.get", json!({})).await;
    assert_eq!(handlers[0]["event"], json!("ONAPPINSTALL"));

    setup.ok("bizproc.provider.add", sender()).await;
    setup.installation.uninstall(false).await.unwrap();
    setup.installation.reinstall().await.unwrap();
    let client = setup.client_of(&setup.installation);
    let senders = client.result("bizproc.provider.list", json!({})).await;
    assert_eq!(senders, json!([]));
}

#[tokio::test]
async fn a_sender_receives_its_messages() {
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
        (handler, "responded with 200".to_owned())
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
