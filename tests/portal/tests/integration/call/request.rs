use std::time::Duration;

use bizproc_portal::{Document, Ending, Error, Event, Outgoing};
use serde_json::{Value, json};

use crate::fixture::{Setup, TIMEOUT, assert_without_tokens, read_form};

/// The expected body of a call, with the values from it that differ in every run.
fn expected_body(setup: &Setup, call: &Value) -> String {
    let encoded = |text: &str| {
        text.replace(':', "%3A")
            .replace('/', "%2F")
            .replace('|', "%7C")
    };
    let text = |name: &str| encoded(call[name].as_str().unwrap());
    let auth = |name: &str| call["auth"][name].as_str().unwrap();
    let portal = encoded(setup.portal.url());
    [
        &format!("workflow_id={}&code=acme_md5", text("workflow_id")),
        "document_id%5B0%5D=lists&document_id%5B1%5D=BizprocDocument&document_id%5B2%5D=21020",
        "document_type%5B0%5D=lists&document_type%5B1%5D=BizprocDocument&document_type%5B2%5D=iblock_72",
        &format!("event_token={}", text("event_token")),
        "properties%5BinputString%5D=a%7Cb+c%7E%C3%A9",
        "properties%5Btags%5D%5B0%5D=a&properties%5Btags%5D%5B1%5D=b",
        &format!("use_subscription=Y&timeout_duration=0&ts={}", text("ts")),
        &format!("auth%5Baccess_token%5D={}", auth("access_token")),
        &format!("auth%5Brefresh_token%5D={}", auth("refresh_token")),
        &format!("auth%5Bexpires%5D={}", auth("expires")),
        "auth%5Bexpires_in%5D=3600&auth%5Bscope%5D=crm%2Cbizproc%2Cplacement",
        &format!("auth%5Bdomain%5D={}", portal.trim_start_matches("http%3A%2F%2F")),
        &format!("auth%5Bserver_endpoint%5D={}%2Frest%2F", encoded(setup.portal.oauth_url())),
        &format!("auth%5Bclient_endpoint%5D={portal}%2Frest%2F"),
        &format!("auth%5Bstatus%5D=L&auth%5Bmember_id%5D={}", setup.portal.member_id()),
        "auth%5Buser_id%5D=4",
        &format!("auth%5Bapplication_token%5D={}", setup.installation.application_token()),
    ]
    .join("&")
}

#[tokio::test]
async fn a_call_has_its_fields_in_order() {
    let setup = Setup::start().await;
    let inputs = json!({"inputString": {"NAME": "i", "TYPE": "string"}, "tags": {"NAME": "t", "MULTIPLE": "Y"}});
    setup
        .robot("acme_md5", json!({"PROPERTIES": inputs, "AUTH_USER_ID": 4}))
        .await;
    let document = Document::new(
        ["lists", "BizprocDocument", "21020"],
        ["lists", "BizprocDocument", "iblock_72"],
    );
    let inputs = json!({"tags": ["a", "b"], "inputString": "a|b c~é"});
    let run = setup.portal.run("acme_md5", inputs);
    let workflow = run.document(document).await.unwrap();
    let body = setup.app.next_body().await;
    let call = read_form(&body);
    assert_eq!(body, expected_body(&setup, &call));

    let id = workflow.id();
    assert_eq!(call["workflow_id"], json!(id));
    let (start, rest) = id.split_once('.').unwrap();
    assert!(start.len() == 14 && rest.len() == 8, "{id}");
    let token = call["event_token"].as_str().unwrap();
    let parts: Vec<&str> = token.rsplit_once('.').unwrap().0.split('|').collect();
    assert_eq!((parts[0], parts.len(), parts[2].len()), (id, 3, 32));
    assert!(
        parts[1].starts_with('A') && parts[1].split('_').count() == 4,
        "{token}"
    );
    assert_eq!(setup.installation.application_token().len(), 32);

    // The token of the call works, as that of an ordinary user.
    let user = setup.client_by(&call["auth"]);
    assert_eq!(user.call("app.info", json!({})).await.0, 200);
    assert_eq!(user.call("bizproc.robot.list", json!({})).await.0, 403);

    let delivered = workflow.wait_called(TIMEOUT).await.unwrap();
    assert_eq!(delivered.body.text(), body);
    assert!(
        matches!(delivered.outcome, Outgoing::Responded(response) if response.status == 200 && response.body.text() == "ok")
    );
}

#[tokio::test]
async fn a_step_waits_only_for_an_exact_y() {
    let setup = Setup::start().await;
    for (number, (method, registered, wait, mode)) in [
        ("robot", json!("Y"), true, Some("Y")),
        ("robot", json!("N"), true, Some("N")),
        ("robot", json!(null), true, None),
        ("robot", json!(""), true, None),
        ("robot", json!(true), true, Some("1")),
        ("robot", json!("yes"), true, Some("yes")),
        ("robot", json!("Yes"), true, Some("Yes")),
        ("activity", json!("Y"), false, Some("Y")),
        ("activity", json!("N"), true, Some("N")),
        ("activity", json!(""), true, Some("Y")),
        ("activity", json!(false), false, Some("N")),
        ("activity", json!("1"), true, Some("1")),
        ("activity", json!("YES"), true, Some("YES")),
    ]
    .into_iter()
    .enumerate()
    {
        let code = format!("w{number}");
        setup
            .register(
                &format!("bizproc.{method}.add"),
                &code,
                json!({"USE_SUBSCRIPTION": registered}),
            )
            .await;
        let workflow = setup
            .portal
            .run(&code, json!({}))
            .wait_for_response(wait)
            .await
            .unwrap();
        let call = setup.app.next_request().await;
        assert_eq!(
            call.get("use_subscription").and_then(Value::as_str),
            mode,
            "{method} {registered}"
        );
        assert_eq!(
            workflow.is_waiting(),
            mode == Some("Y"),
            "{method} {registered}"
        );
        if mode != Some("Y") {
            assert_eq!(
                workflow.wait_finished(TIMEOUT).await.unwrap().ending,
                Ending::NotWaiting
            );
        }
    }
}

#[tokio::test]
async fn tokens_belong_to_the_registered_or_chosen_user() {
    let setup = Setup::start().await;
    setup.robot("owned", json!({"AUTH_USER_ID": 4})).await;
    setup.robot("unowned", json!({"AUTH_USER_ID": 0})).await;
    assert_eq!(
        setup.received_call("owned", json!({})).await["auth"]["user_id"],
        json!("4")
    );
    setup
        .portal
        .run("owned", json!({}))
        .run_as(7)
        .await
        .unwrap();
    assert_eq!(
        setup.app.next_request().await["auth"]["user_id"],
        json!("7")
    );
    let auth = setup.received_call("unowned", json!({})).await["auth"].clone();
    assert_without_tokens(&auth);
    setup
        .portal
        .run("unowned", json!({}))
        .run_as(7)
        .await
        .unwrap();
    assert_eq!(
        setup.app.next_request().await["auth"]["user_id"],
        json!("7")
    );
}

#[tokio::test]
async fn time_outs_pass_by_the_portals_clock() {
    let setup = Setup::start().await;
    let outputs = json!({"RETURN_PROPERTIES": {"Ok": {"NAME": "o", "DEFAULT": "N"}}});
    setup.activity("a", outputs).await;
    setup.robot("r", json!({})).await;
    let workflow = setup
        .portal
        .run("a", json!({}))
        .timeout(Duration::from_mins(10))
        .await
        .unwrap();
    let call = setup.app.next_request().await;
    assert_eq!(call["timeout_duration"], json!("600"));
    setup.portal.advance(Duration::from_secs(590));
    assert!(matches!(
        workflow.wait_finished(Duration::ZERO).await,
        Err(Error::StillWaiting { .. })
    ));
    setup.portal.advance(Duration::from_secs(10));
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!((done.ending, done.is_timeout), (Ending::TimedOut, true));
    assert_eq!(Value::Object(done.return_values), json!({"Ok": "N"}));

    // A reply that comes later changes nothing.
    let fresh = setup.user(1);
    let late = json!({"EVENT_TOKEN": call["event_token"], "RETURN_VALUES": {"Ok": "Y"}});
    fresh.ok("bizproc.event.send", late).await;
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().return_values["Ok"],
        json!("N")
    );

    let refused = setup
        .portal
        .run("r", json!({}))
        .timeout(Duration::from_secs(1))
        .await;
    assert!(matches!(refused, Err(Error::NoTimeout { .. })));
}

#[tokio::test]
async fn time_outs_are_whole_seconds_up_to_five_years() {
    let setup = Setup::start().await;
    setup.activity("a", json!({})).await;
    for (millis, seconds) in [(0, "0"), (1, "1"), (500, "1"), (1000, "1"), (1001, "2")] {
        let run = setup.portal.run("a", json!({}));
        run.timeout(Duration::from_millis(millis)).await.unwrap();
        assert_eq!(
            setup.app.next_request().await["timeout_duration"],
            json!(seconds),
            "{millis} ms"
        );
    }
    for (value, unit, seconds) in [
        ("5", "m", "300"),
        ("1e2", "s", "100"),
        ("2", "h", "7200"),
        ("1", "x", "1"),
        ("", "s", "0"),
        ("-3", "d", "0"),
        ("400000", "d", "157680000"),
    ] {
        setup
            .portal
            .run("a", json!({}))
            .timeout_as_typed(value, unit)
            .await
            .unwrap();
        assert_eq!(
            setup.app.next_request().await["timeout_duration"],
            json!(seconds),
            "{value} {unit}"
        );
    }
}

#[tokio::test]
async fn runs_that_fail_before_or_at_the_call() {
    let setup = Setup::start_with_robot().await;
    let missing = setup.portal.run("R", json!({})).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        r#"no robot or activity "R" is registered; registered are ["r"]"#
    );
    for inputs in [json!("x"), json!(1), json!(["x"]), json!([{"x": 1}])] {
        let refused = setup.portal.run("r", inputs.clone()).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Inputs(refused) if *refused == inputs),
            "{refused}"
        );
    }
    for inputs in [json!({}), json!([]), json!(null)] {
        setup.received_call("r", inputs).await;
    }

    // An unreachable handler is called once; the workflow waits nevertheless.
    let update = json!({"CODE": "r", "FIELDS": {"HANDLER": "http://127.0.0.1:1/h"}});
    setup.ok("bizproc.robot.update", update).await;
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    let call = workflow.wait_called(TIMEOUT).await.unwrap();
    assert!(matches!(call.outcome, Outgoing::Failed(_)), "{call:?}");
    assert!(workflow.is_waiting());
    workflow.kill();
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().ending,
        Ending::Killed
    );
    let history = setup.portal.history();
    let calls = history.iter().filter(|record| match &record.event {
        Event::Called { workflow_id, .. } => workflow_id == workflow.id(),
        _ => false,
    });
    assert_eq!(calls.count(), 1);
}
