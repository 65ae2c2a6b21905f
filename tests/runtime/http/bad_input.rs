//! What portals, proxies and strangers can send: a clear error, nothing lost, the service goes on.

use bizproc_portal::{Fault, Portal, Workflow};
use bizproc_runtime::app::DEFAULT_BODY_LIMIT;
use bizproc_runtime::store::CallState;
use bizproc_runtime::{Call, Replied, Result, ReturnValues, Robot, Select};
use serde_json::{Value, json};

use crate::fixture::{SOON, World};

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

async fn world() -> World {
    World::with("acme_payment", |app| app.robot(payment)).await
}

/// A waiting workflow, and its call without properties: the application refused the call once,
/// because it came with a wrong application token.
async fn refused_call(world: &World) -> (Workflow, String) {
    world.portal.fault(Fault::WrongApplicationToken, 1);
    let inputs = json!({"amount": "1", "currency": "eur"});
    let workflow = world.portal.run("acme_payment", inputs).await.unwrap();
    let body = workflow.wait_called(SOON).await.unwrap().body.text();
    let pairs = body
        .split('&')
        .filter(|pair| !pair.starts_with("properties"));
    let token = world.installation.application_token();
    let pairs = pairs.map(|pair| match pair.split_once('=') {
        Some((key, _)) if key.contains("application_token") => format!("{key}={token}"),
        _ => pair.to_owned(),
    });
    let body = pairs.collect::<Vec<_>>().join("&");
    (workflow, body.replace("%5B", "[").replace("%5D", "]"))
}

/// After whatever happened, an ordinary call still works.
async fn still_works(world: &World) {
    let inputs = json!({"amount": "12,5", "currency": "usd"});
    let workflow = world.portal.run("acme_payment", inputs).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["total"],
        12.5
    );
}

#[tokio::test]
async fn all_faults_of_a_call_are_told_at_once_in_the_workflows_log() {
    let world = world().await;
    let inputs = json!({
        "amount": "much", "parts": "300", "currency": "rub", "due": "soon", "tags": ["1", "x", "y"],
    });
    let workflow = world.portal.run("acme_payment", inputs).await.unwrap();
    let outcome = workflow.wait_finished(SOON).await.unwrap();
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
    still_works(&world).await;
}

#[tokio::test]
async fn a_missing_value_is_an_error_only_where_one_is_needed() {
    let world = world().await;
    let workflow = world
        .portal
        .run("acme_payment", json!({"amount": ""}))
        .await
        .unwrap();
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    let expected = "2 properties do not fit the robot: \
        `amount`: a value is required, but none is set; \
        `currency`: a value is required, but none is set";
    assert!(outcome.log[0].ends_with(expected), "{:?}", outcome.log);
}

#[tokio::test]
async fn a_body_with_broken_properties_still_gets_its_answer() {
    let world = world().await;
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
        let (workflow, body) = refused_call(&world).await;
        let body = [&properties, b"&".as_slice(), body.as_bytes()].concat();
        let (status, answer) = world.post("/robot", body).await;
        assert_eq!((status, answer.as_str()), (200, r#"{"status":"accepted"}"#));
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        let named = format!("not fit the robot: `{faulty}");
        assert!(
            outcome.log[0].contains(&named),
            "{faulty}: {:?}",
            outcome.log
        );
    }
    still_works(&world).await;
}

#[tokio::test]
async fn what_is_no_call_is_told_so() {
    let world = world().await;
    let (_, call) = refused_call(&world).await;
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
            call.replace(world.portal.member_id(), "somebody"),
            403,
            "does not prove",
        ),
    ];
    for (body, status, part) in cases {
        let (got, answer) = world.post("/robot", body.clone()).await;
        assert_eq!(got, status, "{body}: {answer}");
        let answer = serde_json::from_str::<Value>(&answer).unwrap();
        assert!(
            answer["error"].as_str().unwrap().contains(part),
            "{body}: {answer}"
        );
    }
    assert!(world.service.calls().await.unwrap().is_empty());
    still_works(&world).await;
}

#[tokio::test]
async fn an_answer_never_repeats_a_token() {
    let world = world().await;
    let secret = world.installation.application_token();
    let access = world.installation.access_token();
    let (_, call) = refused_call(&world).await;
    for body in [
        call.replace(&secret, "wrong"),
        call.replace("code=", "x="),
        call,
    ] {
        let (_, answer) = world.post("/robot", body).await;
        assert!(
            !answer.contains(&secret) && !answer.contains(&access),
            "{answer}"
        );
    }
    let records = format!("{:?}", world.service.portals().await.unwrap());
    assert!(
        !records.contains(&secret) && !records.contains(&access),
        "{records}"
    );
}

#[tokio::test]
async fn a_body_too_large_is_refused_unread() {
    let world = world().await;
    let (_, mut body) = refused_call(&world).await;
    body.push_str("&properties[amount]=");
    let mut body = body.into_bytes();
    body.resize(DEFAULT_BODY_LIMIT + 1, b'1');
    let (status, answer) = world.post("/robot", body).await;
    assert_eq!(status, 413);
    assert!(answer.contains("longer than 4194304 bytes"), "{answer}");
    still_works(&world).await;
}

#[tokio::test]
async fn a_call_of_an_unknown_robot_is_kept() {
    let world = world().await;
    let (_, body) = refused_call(&world).await;
    let body = body.replace("code=acme_payment", "code=acme_other");
    // It is kept, and a portal calls handlers less often that answer errors.
    assert_eq!(world.post("/robot", body).await.0, 200);
    let CallState::Dead { reason, .. } = world.ended().await else {
        panic!("the call is not given up");
    };
    let advice = "no robot `acme_other`, only `acme_payment`";
    assert!(reason.contains(advice), "{reason}");
    still_works(&world).await;
}

#[tokio::test]
async fn a_forged_installation_changes_nothing() {
    let world = world().await;
    let install = |member: &str, server: &str, client: &str, token: &str| {
        format!(
            "event=ONAPPINSTALL&auth[member_id]={member}&auth[application_token]=forged\
             &auth[access_token]={token}&auth[server_endpoint]={server}&auth[client_endpoint]={client}"
        )
    };
    let (member, access) = (world.portal.member_id(), world.installation.access_token());
    // Tokens that are real: of a user without rights, and of another vendor's application.
    let ordinary = world.installation.token_of(2);
    let stranger = world
        .portal
        .install("http://127.0.0.1:1/install")
        .await
        .unwrap();
    let other_application = stranger.access_token();
    let server = format!("{}/rest/", world.portal.oauth_url());
    let client = world.portal.endpoint();
    let evil = "https://evil.example/rest/";
    for (body, part) in [
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
            install("somebody", &server, &client, &access),
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
    ] {
        let (status, answer) = world.post("/install", body).await;
        assert!(
            status >= 400 && answer.contains(part),
            "{part}: {status} {answer}"
        );
    }
    let portal = world.service.portals().await.unwrap().remove(0);
    assert_eq!(portal.client_endpoint.as_str(), client);
    still_works(&world).await;
}

#[tokio::test]
async fn an_installation_outlives_a_hiccup_of_the_portal() {
    let portal = Portal::start().await.unwrap();
    portal
        .fault_in("bizproc.robot.list", Fault::HtmlBadGateway, 2)
        .unwrap();
    let world = World::on(portal, "acme_payment", |app| app.robot(payment)).await;
    still_works(&world).await;
}

#[tokio::test]
async fn an_old_application_token_is_refused_after_an_update() {
    let world = world().await;
    let (_, call) = refused_call(&world).await;
    world.installation.update().await.unwrap();
    let (status, _) = world.post("/robot", call).await;
    assert_eq!(status, 403);
    world
        .portal
        .wait_registered("acme_payment", SOON)
        .await
        .unwrap();
    still_works(&world).await;
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_token() {
    let world = world().await;
    let (_, call) = refused_call(&world).await;
    world.post("/robot", call).await;
    world.ended().await;
    let printed = format!(
        "{:?} {:?} {:?}",
        world.service.calls().await.unwrap(),
        world.service.portals().await.unwrap(),
        world.service,
    );
    for secret in [
        world.installation.application_token(),
        world.installation.access_token(),
    ] {
        assert!(!printed.contains(&secret), "{printed}");
    }
}
