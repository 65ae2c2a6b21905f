//! Faulty and forged requests get a clear error, lose nothing, and leave the application working.

use bizproc_portal::{Fault, Portal, Workflow};
use bizproc_runtime::app::DEFAULT_BODY_LIMIT;
use bizproc_runtime::store::CallState;
use bizproc_runtime::{Call, Replied, Result, ReturnValues, Robot, Select};
use serde_json::{Value, json};

use crate::fixture::{TestApp, finish};

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Currency {
    Eur,
    Usd,
}

/// Payment
#[expect(dead_code, reason = "the properties are there to be read wrongly")]
#[derive(Robot)]
#[robot(code = "acme_payment", returns = Paid)]
struct Payment {
    amount: f64,
    parts: Option<u8>,
    currency: Currency,
    due: Option<jiff::civil::Date>,
    tags: Vec<i64>,
}

#[derive(ReturnValues)]
struct Paid {
    total: f64,
}

async fn payment(call: Call<Payment>) -> Result<Replied> {
    let total = call.input.amount;
    call.reply(Paid { total }).await
}

async fn payment_app() -> TestApp {
    TestApp::start("acme_payment", |app| app.robot(payment)).await
}

/// A waiting workflow, and a valid call of it without properties that the application has refused
/// once.
async fn refused_call(app: &TestApp) -> (Workflow, String) {
    let inputs = json!({"amount": "1", "currency": "eur"});
    let (workflow, body) = app.refused_call("acme_payment", inputs).await;
    let pairs: Vec<_> = body
        .split('&')
        .filter(|pair| !pair.starts_with("properties"))
        .collect();
    let body = pairs.join("&").replace("%5B", "[").replace("%5D", "]");
    (workflow, body)
}

/// Runs an ordinary call.
async fn check_still_works(app: &TestApp) {
    let inputs = json!({"amount": "12,5", "currency": "usd"});
    let outcome = app.run("acme_payment", inputs).await;
    assert_eq!(outcome.return_values["total"], 12.5);
}

#[tokio::test]
async fn all_faults_of_a_call_are_in_the_workflows_log_together() {
    let app = payment_app().await;
    let inputs = json!({
        "amount": "much", "parts": "300", "currency": "rub", "due": "soon", "tags": ["1", "x", "y"],
    });
    let outcome = app.run("acme_payment", inputs).await;
    assert_eq!(outcome.log.len(), 1);
    let expected = "The robot `acme_payment` failed: 6 properties do not fit the robot: \
        `amount`: expected a number, received `much`; \
        `parts`: expected a whole number from 0 to 255, received `300`; \
        `currency`: expected one of `eur`, `usd`, received `rub`; \
        `due`: expected a date such as `31.12.2025` or `2025-12-31`, with or without a time, \
        received `soon`; \
        `tags[1]`: expected a whole number from -9223372036854775808 to 9223372036854775807, \
        received `x`; \
        `tags[2]`: expected a whole number from -9223372036854775808 to 9223372036854775807, \
        received `y`";
    assert_eq!(outcome.log[0], expected);
    check_still_works(&app).await;
}

#[tokio::test]
async fn a_missing_value_is_an_error_only_where_one_is_needed() {
    let app = payment_app().await;
    let outcome = app.run("acme_payment", json!({"amount": ""})).await;
    let expected = "2 properties do not fit the robot: \
        `amount`: a value is required, but none is set; \
        `currency`: a value is required, but none is set";
    assert!(outcome.log[0].ends_with(expected), "{:?}", outcome.log);
}

#[tokio::test]
async fn a_call_with_broken_properties_still_gets_a_reply() {
    let app = payment_app().await;
    let mut deep = "properties[amount]".to_owned();
    deep.push_str(&"[a]".repeat(70));
    let tags = (0..20_000).map(|number| format!("properties[tags][{number}]=1&"));
    let many = tags.collect::<String>();
    for (properties, faulty) in [
        (
            b"properties[currency]=eur&properties[amount]=\xff\xfe".to_vec(),
            "amount",
        ),
        (
            b"properties[currency]=eur&properties[amount]=%FF".to_vec(),
            "amount",
        ),
        (
            format!("properties[currency]=eur&{deep}=1").into_bytes(),
            "amount",
        ),
        (many.into_bytes(), "properties"),
    ] {
        let (workflow, body) = refused_call(&app).await;
        let body = [&properties, b"&".as_slice(), body.as_bytes()].concat();
        let (status, response) = app.post("/robot", body).await;
        assert_eq!(
            (status, response.as_str()),
            (200, r#"{"status":"accepted"}"#)
        );
        let outcome = finish(&workflow).await;
        let named = format!("not fit the robot: `{faulty}");
        assert!(
            outcome.log[0].contains(&named),
            "{faulty}: {:?}",
            outcome.log
        );
    }
    check_still_works(&app).await;
}

#[tokio::test]
async fn a_body_that_is_no_call_is_refused_with_the_reason() {
    let app = payment_app().await;
    let (_, call) = refused_call(&app).await;
    let cases = [
        (
            String::new(),
            400,
            "it has no `event_token`, `code`, `workflow_id`",
        ),
        (
            "code=acme_payment".into(),
            400,
            "it has no `event_token`, `workflow_id`",
        ),
        (
            call.replace("event_token", "other"),
            400,
            "it has no `event_token`",
        ),
        (
            call.replace("auth[member_id]", "x"),
            400,
            "no `auth[member_id]`",
        ),
        ("{\"code\":".into(), 400, "JSON"),
        (
            "%FF=%FF&code=%FF&event_token[]=1".into(),
            400,
            "it has no `event_token`, `code`",
        ),
        (
            call.replace("auth[application_token]", "x"),
            403,
            "does not prove",
        ),
        (
            call.replace(app.portal.member_id(), "unknown"),
            403,
            "does not prove",
        ),
    ];
    for (body, status, part) in cases {
        let (got, response) = app.post("/robot", body.clone()).await;
        assert_eq!(got, status, "{body}: {response}");
        let json = serde_json::from_str::<Value>(&response).unwrap();
        assert!(
            json["error"].as_str().unwrap().contains(part),
            "{body}: {response}"
        );
    }
    assert!(app.calls().await.is_empty());
    check_still_works(&app).await;
}

#[tokio::test]
async fn a_response_never_repeats_a_token() {
    let app = payment_app().await;
    let secret = app.installation.application_token();
    let access = app.installation.access_token();
    let (_, call) = refused_call(&app).await;
    for body in [
        call.replace(&secret, "wrong"),
        call.replace("code=", "x="),
        call,
    ] {
        let (_, response) = app.post("/robot", body).await;
        assert!(
            !response.contains(&secret) && !response.contains(&access),
            "{response}"
        );
    }
    let records = format!("{:?}", app.service().portals().await.unwrap());
    assert!(
        !records.contains(&secret) && !records.contains(&access),
        "{records}"
    );
}

#[tokio::test]
async fn a_body_too_large_is_refused_unread() {
    let app = payment_app().await;
    let (_, call) = refused_call(&app).await;
    let mut body = format!("{call}&properties[amount]=").into_bytes();
    body.resize(DEFAULT_BODY_LIMIT + 1, b'1');
    let (status, response) = app.post("/robot", body).await;
    assert_eq!(status, 413);
    assert!(response.contains("longer than 4194304 bytes"), "{response}");
    check_still_works(&app).await;
}

#[tokio::test]
async fn a_call_of_an_unknown_robot_is_a_dead_letter() {
    let app = payment_app().await;
    let (_, call) = refused_call(&app).await;
    let body = call.replace("code=acme_payment", "code=acme_other");
    // It gets a 200: a portal calls a handler less often that responds with errors.
    assert_eq!(app.post("/robot", body).await.0, 200);
    let CallState::Dead { reason, .. } = app.final_state().await else {
        panic!("the call is not dead");
    };
    let advice = "no robot `acme_other`, only `acme_payment`";
    assert!(reason.contains(advice), "{reason}");
    check_still_works(&app).await;
}

/// An installation event.
fn install(member: &str, server: &str, client: &str, token: &str) -> String {
    format!(
        "event=ONAPPINSTALL&auth[member_id]={member}&auth[application_token]=forged\
         &auth[access_token]={token}&auth[server_endpoint]={server}&auth[client_endpoint]={client}"
    )
}

/// Forged events, each with a part of the response.
async fn forged_events(app: &TestApp) -> Vec<(String, &'static str)> {
    let member = app.portal.member_id();
    let access = app.installation.access_token();
    // Tokens that are real: of a user without rights, and of another vendor's application.
    let ordinary = app.installation.token_of(2);
    let stranger = app
        .portal
        .install("http://127.0.0.1:1/install")
        .await
        .unwrap();
    let other_application = stranger.access_token();
    let server = format!("{}/rest/", app.portal.oauth_url());
    let client = app.portal.endpoint();
    let evil = "https://evil.example/rest/";
    vec![
        (
            install(member, "https://evil.example/rest/", &client, &access),
            "no authorisation server",
        ),
        (
            install(member, "http://oauth.bitrix.info/rest/", &client, &access),
            "only `https`",
        ),
        (install(member, &server, evil, &access), "does not confirm"),
        (
            install("unknown", &server, &client, &access),
            "does not confirm",
        ),
        (install(member, &server, &client, "guess"), "does not vouch"),
        (
            install(member, &server, &client, &ordinary),
            "not an administrator's",
        ),
        (
            install(member, &server, &client, &other_application),
            "does not confirm",
        ),
        (
            format!("event=ONAPPUNINSTALL&auth[member_id]={member}&auth[application_token]=x"),
            "prove",
        ),
        (
            "event=ONAPPINSTALL&auth[member_id]=x".into(),
            "no `auth[server_endpoint]`",
        ),
        (format!("auth[member_id]={member}"), "no `event`"),
    ]
}

#[tokio::test]
async fn a_forged_installation_changes_nothing() {
    let app = payment_app().await;
    for (body, part) in forged_events(&app).await {
        let (status, response) = app.post("/install", body).await;
        assert!(
            status >= 400 && response.contains(part),
            "{part}: {status} {response}"
        );
    }
    let portal = app.service().portals().await.unwrap().remove(0);
    assert_eq!(portal.client_endpoint.as_str(), app.portal.endpoint());
    check_still_works(&app).await;
}

#[tokio::test]
async fn an_installation_is_retried_when_the_portal_fails_briefly() {
    let portal = Portal::start().await.unwrap();
    portal
        .fault_in("bizproc.robot.list", Fault::HtmlBadGateway, 2)
        .unwrap();
    let app = TestApp::start_on(portal, "acme_payment", |app| app.robot(payment)).await;
    check_still_works(&app).await;
}

#[tokio::test]
async fn an_old_application_token_is_refused_after_an_update() {
    let app = payment_app().await;
    let (_, call) = refused_call(&app).await;
    app.installation.update().await.unwrap();
    let (status, _) = app.post("/robot", call).await;
    assert_eq!(status, 403);
    app.wait_registered("acme_payment").await;
    check_still_works(&app).await;
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_token() {
    let app = payment_app().await;
    let (_, call) = refused_call(&app).await;
    app.post("/robot", call).await;
    app.final_state().await;
    let printed = format!(
        "{:?} {:?} {:?}",
        app.calls().await,
        app.service().portals().await.unwrap(),
        app.service(),
    );
    for secret in [
        app.installation.application_token(),
        app.installation.access_token(),
    ] {
        assert!(!printed.contains(&secret), "{printed}");
    }
}
