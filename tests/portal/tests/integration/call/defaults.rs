use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::routing::any;
use serde_json::json;

use crate::fixture::{Setup, TIMEOUT, changed, listen};

#[tokio::test]
async fn defaults_arrive_as_they_were_registered() {
    let setup = Setup::start().await;
    for (code, property, arrives) in [
        (
            "user",
            json!({"TYPE": "user", "DEFAULT": "Author;"}),
            json!("Author;"),
        ),
        (
            "title",
            json!({"TYPE": "select", "OPTIONS": {"pdf": "PDF"}, "DEFAULT": "PDF"}),
            json!("PDF"),
        ),
        ("flag", json!({"TYPE": "bool", "DEFAULT": true}), json!("1")),
        (
            "list",
            json!({"TYPE": "string", "MULTIPLE": "Y", "DEFAULT": ["a", "b"]}),
            json!(["a", "b"]),
        ),
        (
            "needed",
            json!({"TYPE": "string", "REQUIRED": "Y"}),
            json!(""),
        ),
        ("zero", json!({"TYPE": "int", "DEFAULT": 0}), json!("0")),
        (
            "people",
            json!({"TYPE": "user", "MULTIPLE": "Y", "DEFAULT": ["user_1", "group_d5"]}),
            json!(["user_1", "group_d5"]),
        ),
    ] {
        let named = changed(property, &json!({"NAME": "x"}));
        setup.robot(code, json!({"PROPERTIES": {"x": named}})).await;
        let call = setup.received_call(code, json!({})).await;
        assert_eq!(call["properties"]["x"], arrives, "{code}");
    }
}

#[tokio::test]
async fn identifiers_have_their_form() {
    let setup = Setup::start_with_robot().await;
    let call = setup.received_call("r", json!({})).await;
    let is_hex = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());

    let (begin, end) = call["workflow_id"]
        .as_str()
        .unwrap()
        .split_once('.')
        .unwrap();
    assert!(
        begin.len() == 14 && is_hex(begin) && end.len() == 8 && is_digits(end),
        "{begin}.{end}"
    );
    let token = call["event_token"].as_str().unwrap();
    let parts: Vec<&str> = token.split('|').collect();
    assert_eq!(
        (parts.len(), parts[0]),
        (3, call["workflow_id"].as_str().unwrap())
    );
    let numbers: Vec<&str> = parts[1].strip_prefix('A').unwrap().split('_').collect();
    assert!(
        numbers.len() == 4
            && numbers
                .iter()
                .all(|number| number.len() == 5 && is_digits(number)),
        "{numbers:?}"
    );
    let (event_id, signature) = parts[2].rsplit_once('.').unwrap();
    assert!(
        event_id.len() == 32 && event_id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{event_id}"
    );
    assert!(signature.len() == 64 && is_hex(signature), "{signature}");
}

#[tokio::test]
async fn a_call_is_a_posted_form() {
    let setup = Setup::start().await;
    let seen = Arc::new(Mutex::new(None));
    let router = Router::new().fallback(any({
        let seen = Arc::clone(&seen);
        async move |method: Method, headers: HeaderMap| {
            *seen.lock().unwrap() = Some((method, headers));
        }
    }));
    let (origin, server) = listen(router).await;
    let url = format!("{origin}/h");
    setup.robot("r", json!({"HANDLER": url})).await;
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    workflow.wait_called(TIMEOUT).await.unwrap();
    let (method, headers) = seen.lock().unwrap().take().unwrap();
    assert_eq!(method, Method::POST);
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    server.abort();
}
