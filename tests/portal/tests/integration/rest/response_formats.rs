use bizproc_portal::{Fault, Portal, StatusProfile};
use serde_json::{Value, json};

use crate::fixture::{FORM, NOWHERE, Setup, assert_refused, http_client};

/// Posts a form to a path; the status, the content type and the text of the response.
async fn xml(setup: &Setup, path: &str, body: &str) -> (u16, String, String) {
    let url = format!("{}{path}", setup.portal.endpoint());
    let response = http_client()
        .post(url)
        .header("Content-Type", FORM)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = response.status().as_u16();
    (status, kind, response.text().await.unwrap())
}

#[tokio::test]
async fn a_path_that_ends_in_xml_gets_xml() {
    let builder = Portal::builder().status_profile(StatusProfile::Docs);
    let setup = Setup::with(builder).await;
    setup.robot("a", json!({})).await;
    setup.robot("b", json!({})).await;
    let auth = format!("auth={}", setup.installation.access_token());
    let (status, kind, text) = xml(&setup, "bizproc.robot.list.xml", &auth).await;
    assert_eq!((status, &kind[..]), (200, "text/xml; charset=utf-8"));
    let begin = "<response><result><item>a</item><item>b</item></result><time><start>";
    assert!(text.starts_with(begin), "{text}");
    assert!(text.ends_with("</operating></time></response>"), "{text}");

    let params = format!("{auth}&CODE=c&NAME=n&HANDLER={NOWHERE}");
    let (.., text) = xml(&setup, "bizproc.robot.add.xml", &params).await;
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
        let response = xml(&setup, path, body).await;
        assert_eq!((response.0, &response.2[..]), (status, expected));
    }
    let broken = Fault::Error {
        status: 500,
        code: "E".to_owned(),
        description: "<&>".to_owned(),
    };
    setup.portal.fault(broken, 1);
    let (status, _, text) = xml(&setup, "bizproc.event.send.xml", &auth).await;
    let expected =
        "<response><error>E</error><error_description>&lt;&amp;&gt;</error_description></response>";
    assert_eq!((status, &text[..]), (500, expected));
}

#[tokio::test]
async fn invalid_utf8_cannot_be_echoed() {
    let setup = Setup::start().await;
    let auth = format!("auth={}", setup.installation.access_token());
    let response = setup
        .client
        .raw("batch", FORM, format!("{auth}&cmd[%FF]=app.info"))
        .await;
    assert_refused(
        &response,
        (200, "WRONG_ENCODING", "Wrong request encoding"),
        "a key",
    );
    // JSON has no such encoding.
    let commands = json!({"cmd": {"\u{fffd}": "app.info?x=%FF"}});
    let response = setup.call("batch", commands).await;
    assert!(response.1["result"]["result"].is_object(), "{response:?}");
    // Invalid bytes that the response does not echo are accepted, and so is the replacement character itself.
    for body in ["cmd[a]=app.info&x=%FF", "cmd[%EF%BF%BD]=app.info"] {
        let response = setup
            .client
            .raw("batch", FORM, format!("{auth}&{body}"))
            .await;
        assert!(
            response.1["result"]["result"].is_object(),
            "{body}: {response:?}"
        );
    }
}

#[tokio::test]
async fn a_parameter_named_token_makes_the_call_a_link_to_a_file() {
    let setup = Setup::start().await;
    let add = |link: Value| json!({"CODE": "a", "NAME": "n", "HANDLER": NOWHERE, "token": link});
    for link in ["bizproc|cXVlcnk=|signature", "bizproc", ""] {
        let text = "Access denied! Link check failed";
        setup
            .refused(
                "bizproc.robot.add",
                add(json!(link)),
                (403, "ACCESS_DENIED", text),
            )
            .await;
    }
    let missing = ("ERROR_METHOD_NOT_FOUND", "Method not found!");
    for link in ["crm|q|s", "x", "|q|s"] {
        setup
            .refused(
                "bizproc.robot.add",
                add(json!(link)),
                (404, missing.0, missing.1),
            )
            .await;
    }
    let response = setup.call("app.info", json!({"token": "|q|s"})).await;
    assert_eq!(response.0, 403, "a method of no scope");
    let anonymous = setup.anonymous();
    let response = anonymous
        .call("bizproc.robot.add", add(json!("bizproc|q|s")))
        .await;
    assert_eq!(
        response.1["error"], "NO_AUTH_FOUND",
        "authorisation comes first"
    );

    let response = setup.call("batch", json!({"token": "|q|s"})).await;
    assert_eq!(response.0, 403);
    let commands = json!({"cmd": {"link": "app.info?token=%7Cq%7Cs", "other": "app.info?token=x"}});
    let errors = setup.call("batch", commands).await.1["result"]["result_error"].take();
    assert_eq!(errors["link"]["error"], "ACCESS_DENIED");
    assert_eq!(errors["other"]["error"], "ERROR_METHOD_NOT_FOUND");

    setup.ok("bizproc.robot.add", add(Value::Null)).await;
}
