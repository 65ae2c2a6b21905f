use bizproc_portal::{Fault, Portal, StatusProfile};
use serde_json::{Value, json};

use crate::fixture::{NOWHERE, Stage, assert_refused};

const FORM: &str = "application/x-www-form-urlencoded";

async fn xml(stage: &Stage, path: &str, body: &str) -> (u16, String, String) {
    let request = reqwest::Client::new().post(format!("{}{path}", stage.portal.endpoint()));
    let request = request.header("Content-Type", FORM).body(body.to_owned());
    let response = request.send().await.unwrap();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = response.status().as_u16();
    (status, kind, response.text().await.unwrap())
}

#[tokio::test]
async fn an_address_that_ends_in_xml_is_answered_in_xml() {
    let builder = Portal::builder().status_profile(StatusProfile::Docs);
    let stage = Stage::with(builder).await;
    stage.robot("a", json!({})).await;
    stage.robot("b", json!({})).await;
    let auth = format!("auth={}", stage.installation.access_token());
    let (status, kind, text) = xml(&stage, "bizproc.robot.list.xml", &auth).await;
    assert_eq!((status, &kind[..]), (200, "text/xml; charset=utf-8"));
    let begin = "<response><result><item>a</item><item>b</item></result><time><start>";
    assert!(text.starts_with(begin), "{text}");
    assert!(text.ends_with("</operating></time></response>"), "{text}");

    let params = format!("{auth}&CODE=c&NAME=n&HANDLER={NOWHERE}");
    let (.., text) = xml(&stage, "bizproc.robot.add.xml", &params).await;
    assert!(
        text.starts_with("<response><result>1</result><time>"),
        "{text}"
    );

    for (path, body, status, expected) in [
        (
            "nonsense.xml",
            "",
            404,
            "<response><error>ERROR_METHOD_NOT_FOUND</error><error_description>Method not found!</error_description></response>",
        ),
        (
            "app.info.xml",
            "",
            401,
            "<response><error>NO_AUTH_FOUND</error><error_description>Wrong authorization data</error_description></response>",
        ),
    ] {
        let answer = xml(&stage, path, body).await;
        assert_eq!((answer.0, &answer.2[..]), (status, expected));
    }
    let broken = Fault::Error {
        status: 500,
        code: "E".to_owned(),
        description: "<&>".to_owned(),
    };
    stage.portal.fault(broken, 1);
    let (status, _, text) = xml(&stage, "bizproc.event.send.xml", &auth).await;
    let expected =
        "<response><error>E</error><error_description>&lt;&amp;&gt;</error_description></response>";
    assert_eq!((status, &text[..]), (500, expected));
}

#[tokio::test]
async fn bytes_that_are_no_text_cannot_be_repeated() {
    let stage = Stage::start().await;
    let auth = format!("auth={}", stage.installation.access_token());
    let answer = stage
        .client
        .raw("batch", FORM, format!("{auth}&cmd[%FF]=app.info"))
        .await;
    assert_refused(
        &answer,
        200,
        "WRONG_ENCODING",
        "Wrong request encoding",
        "a key",
    );
    // JSON has no such encoding.
    let json = json!({"cmd": {"\u{fffd}": "app.info?x=%FF"}});
    let answer = stage.client.call("batch", json).await;
    assert!(answer.1["result"]["result"].is_object(), "{answer:?}");
    // What the answer does not repeat is nobody's trouble, and neither is a character that only looks like one.
    for body in ["cmd[a]=app.info&x=%FF", "cmd[%EF%BF%BD]=app.info"] {
        let answer = stage
            .client
            .raw("batch", FORM, format!("{auth}&{body}"))
            .await;
        assert!(
            answer.1["result"]["result"].is_object(),
            "{body}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_parameter_named_token_makes_the_call_a_link_to_a_file() {
    let stage = Stage::start().await;
    let add = |link: Value| json!({"CODE": "a", "NAME": "n", "HANDLER": NOWHERE, "token": link});
    for link in ["bizproc|cXVlcnk=|signature", "bizproc", ""] {
        let answer = stage
            .client
            .call("bizproc.robot.add", add(json!(link)))
            .await;
        let text = "Access denied! Link check failed";
        assert_refused(&answer, 403, "ACCESS_DENIED", text, link);
    }
    let missing = ("ERROR_METHOD_NOT_FOUND", "Method not found!");
    for link in ["crm|q|s", "x", "|q|s"] {
        let answer = stage
            .client
            .call("bizproc.robot.add", add(json!(link)))
            .await;
        assert_refused(&answer, 404, missing.0, missing.1, link);
    }
    let answer = stage
        .client
        .call("app.info", json!({"token": "|q|s"}))
        .await;
    assert_eq!(answer.0, 403, "a method of no scope");
    let nobody = stage.client_with(None);
    let answer = nobody
        .call("bizproc.robot.add", add(json!("bizproc|q|s")))
        .await;
    assert_eq!(
        answer.1["error"], "NO_AUTH_FOUND",
        "authorisation comes first"
    );

    let answer = stage.client.call("batch", json!({"token": "|q|s"})).await;
    assert_eq!(answer.0, 403);
    let commands = json!({"cmd": {"link": "app.info?token=%7Cq%7Cs", "other": "app.info?token=x"}});
    let errors = stage.client.call("batch", commands).await.1["result"]["result_error"].take();
    assert_eq!(errors["link"]["error"], "ACCESS_DENIED");
    assert_eq!(errors["other"]["error"], "ERROR_METHOD_NOT_FOUND");

    stage.client.ok("bizproc.robot.add", add(Value::Null)).await;
}
