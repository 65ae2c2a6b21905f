use std::time::Duration;

use bizproc_portal::{Platform, Portal, RatePlan};
use serde_json::{Value, json};

use crate::fixture::{
    Client, FORM, NO_METHOD, NO_TOKEN, NOWHERE, Setup, assert_refused, http_client,
};

#[tokio::test]
async fn unknown_methods_come_before_missing_tokens() {
    let setup = Setup::start().await;
    let anonymous = setup.anonymous();
    for path in [
        "nonsense",
        "nonsense.json",
        "app.info.xml.json",
        "",
        "bizproc.robot.add/x",
        "1/code/nonsense",
        "a/b/c/d",
        "%00",
        "x%ff",
    ] {
        let response = anonymous.raw(path, FORM, "").await;
        assert_refused(&response, NO_METHOD, path);
    }
    for path in [
        "bizproc.robot.add",
        "BizProc.Robot.ADD",
        "app.info.json",
        "app.info/",
        "app.info.json/",
    ] {
        let response = anonymous.raw(path, FORM, "").await;
        assert_refused(&response, NO_TOKEN, path);
    }
}

#[tokio::test]
async fn a_token_may_be_passed_in_four_ways() {
    let setup = Setup::start().await;
    let anonymous = setup.anonymous();
    let token = setup.installation.access_token();
    for name in ["auth", "access_token"] {
        let pair = format!("{name}={token}");
        let query = anonymous.get(&format!("app.info?{pair}")).await;
        assert_eq!(query.0, 200, "{name} in the query");
        let form = anonymous.raw("app.info", FORM, pair).await;
        assert_eq!(form.0, 200, "{name} in a form");
        let body = json!({name: token}).to_string();
        let json = anonymous.raw("app.info", "text/json", body).await;
        assert_eq!(json.0, 200, "{name} in JSON");
    }
    let address = format!("{}app.info?auth=wrong", setup.portal.endpoint());
    let bearer = http_client()
        .get(address)
        .header("Authorization", format!("Bearer {token}"))
        .send()
        .await
        .unwrap();
    assert_eq!(bearer.status(), 200);
}

#[tokio::test]
async fn a_webhook_has_its_code_in_the_path() {
    let setup = Setup::start().await;
    let webhook = setup.webhook(1);
    let (status, response) = webhook.get("method.get?name=bizproc.robot.add").await;
    assert_eq!(
        (status, &response["result"]),
        (200, &json!({"isExisting": true, "isAvailable": true}))
    );
    let text = "Current authorization type is denied for this method";
    webhook
        .refused("app.info", json!({}), (403, "WRONG_AUTH_TYPE", text))
        .await;
    let response = setup.anonymous().get("1/wrongcode/method.get").await;
    let refusal = (401, "INVALID_CREDENTIALS", "Invalid request credentials");
    assert_refused(&response, refusal, "wrong code");
}

#[tokio::test]
async fn tokens_expire_and_are_revoked() {
    let setup = Setup::start().await;
    let stranger = setup.client_with(Some("nonsense".to_owned()));
    let unknown = (401, "invalid_token", "Unable to get application by token");
    stranger.refused("app.info", json!({}), unknown).await;

    assert_eq!(setup.call("app.info", json!({})).await.0, 200);
    setup.portal.advance(Duration::from_hours(1));
    let text = "The access token provided has expired";
    let expired = (401, "expired_token", text);
    setup
        .refused("bizproc.robot.list", json!({}), expired)
        .await;
    let fresh = setup.user(1);
    assert_eq!(fresh.call("bizproc.robot.list", json!({})).await.0, 200);

    setup.installation.uninstall(true).await.unwrap();
    let uninstalled = (401, "APPLICATION_NOT_FOUND", "Application not found");
    fresh.refused("app.info", json!({}), uninstalled).await;
}

#[tokio::test]
async fn methods_need_their_scope() {
    let setup = Setup::with(Portal::builder().scope(["crm"])).await;
    let text = "The request requires higher privileges than provided by the access token";
    setup
        .refused(
            "bizproc.robot.list",
            json!({}),
            (401, "insufficient_scope", text),
        )
        .await;
    let webhook = setup.webhook(1);
    let text = "The request requires higher privileges than provided by the webhook token";
    webhook
        .refused(
            "bizproc.event.send",
            json!({}),
            (401, "insufficient_scope", text),
        )
        .await;
    for (name, existing, available) in [
        ("bizproc.robot.add", true, false),
        ("app.info", true, true),
        ("nonsense", false, false),
    ] {
        let response = setup.call("method.get", json!({"name": name})).await.1;
        assert_eq!(
            response["result"],
            json!({"isExisting": existing, "isAvailable": available}),
            "{name}"
        );
    }
}

#[tokio::test]
async fn bodies_override_the_query_and_malformed_json_is_ignored() {
    let setup = Setup::start().await;
    let token = setup.installation.access_token();
    let address = format!("method.get?auth={token}&name=nonsense");
    for (kind, body) in [
        ("application/json", r#"{"name":"app.info"}"#),
        ("application/json; charset=utf-8", r#"{"name":"app.info"}"#),
        (FORM, "name=app.info"),
    ] {
        let response = setup.client.raw(&address, kind, body).await.1;
        assert_eq!(response["result"]["isExisting"], json!(true), "{kind}");
    }
    for body in ["{\"name\":", "\"name\"", "", "\u{0}", "[1,2]"] {
        let (status, response) = setup.client.raw(&address, "application/json", body).await;
        assert_eq!(
            (status, &response["result"]["isExisting"]),
            (200, &json!(false)),
            "{body}"
        );
    }
    let body = format!("{{\"auth\":\"{token}\"");
    let response = setup.client.raw("app.info", "application/json", body).await;
    assert_refused(&response, NO_TOKEN, "the token was in broken JSON");
}

#[tokio::test]
async fn paging_parameters_do_not_reach_the_method() {
    let setup = Setup::start().await;
    setup
        .refused(
            "bizproc.robot.add",
            json!({"start": 0, "state": "x", "auth_connector": "c"}),
            (400, "ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty data!"),
        )
        .await;
}

#[tokio::test]
async fn a_result_has_its_envelope() {
    for (platform, whole) in [(Platform::v26(), true), (Platform::v24(), false)] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        let (status, response) = setup.call("app.info", json!({})).await;
        assert_eq!(status, 200);
        let time = response["time"].as_object().unwrap();
        let names = [
            "start",
            "finish",
            "duration",
            "processing",
            "date_start",
            "date_finish",
            "operating_reset_at",
            "operating",
        ];
        assert!(time.keys().eq(names), "{time:?}");
        assert_eq!(time["start"].is_i64(), whole);
        let number = |name: &str| time[name].as_f64().unwrap();
        let difference = number("finish") - number("start") - number("duration");
        assert!(difference.abs() < 0.001, "{time:?}");
        assert!(time["date_start"].as_str().unwrap().ends_with("+03:00"));
        let info = &response["result"];
        assert_eq!(
            (&info["ID"], &info["INSTALLED"], &info["LANGUAGE_ID"]),
            (&json!(1), &json!(true), &json!("en"))
        );
        assert_eq!(
            (&info["STATUS"], &info["VERSION"]),
            (&json!("L"), &json!(1))
        );

        let (_, failure) = setup.call("bizproc.robot.add", json!({})).await;
        assert_eq!(failure.get("time"), None);
    }
}

#[tokio::test]
async fn the_authorisation_server_describes_a_token() {
    let setup = Setup::start().await;
    let token = setup.installation.access_token();
    let server = Client::new(format!("{}/rest/", setup.portal.oauth_url()), None);
    let (status, response) = server.get(&format!("app.info?auth={token}")).await;
    assert_eq!(status, 200);
    let info = &response["result"];
    assert_eq!(info["client_id"], json!(setup.installation.client_id()));
    assert_eq!(info["user_id"], json!(1));
    assert_eq!(
        info["install"]["member_id"],
        json!(setup.portal.member_id())
    );
    assert_eq!(
        info["install"]["client_endpoint"],
        json!(setup.portal.endpoint())
    );
    assert_eq!(info["install"]["installed"], json!(true));
    assert_eq!(info["scope"], json!("crm,bizproc,placement"));

    assert_refused(&server.get("app.info").await, NO_TOKEN, "none");
    let response = server.get("app.info?auth=stolen").await;
    assert_refused(
        &response,
        (401, "invalid_token", "Unable to get application by token"),
        "unknown",
    );
    assert_refused(&server.get("profile").await, NO_METHOD, "other");
}

#[tokio::test]
async fn a_definition_may_come_as_a_form() {
    let setup = Setup::start().await;
    let body = format!(
        "auth={}&CODE=form&HANDLER={NOWHERE}&NAME[en]=Form&PROPERTIES[a][NAME]=A&PROPERTIES[a][OPTIONS][x]=X&AUTH_USER_ID=4",
        setup.installation.access_token()
    );
    let (status, _) = setup.client.raw("bizproc.robot.add", FORM, body).await;
    assert_eq!(status, 200);
    let fields = &setup.portal.robots()[0].fields;
    assert_eq!(fields["NAME"], json!({"EN": "Form"}));
    assert_eq!(
        fields["PROPERTIES"],
        json!({"a": {"NAME": "A", "OPTIONS": {"x": "X"}}})
    );
    assert_eq!(fields["AUTH_USER_ID"], json!(4));
}

#[tokio::test]
async fn any_bytes_get_a_response() {
    let setup = Setup::with(Portal::builder().rate_plan(RatePlan::Off)).await;
    let token = setup.installation.access_token();
    let mut bodies: Vec<Vec<u8>> = vec![
        vec![0xff; 300],
        (0..=255).collect(),
        b"&&&===[[[]]]&a[b&[c]=1&=x&%&%z%1&a[]]]=".to_vec(),
        format!("a{}=1", "[x]".repeat(5000)).into_bytes(),
        "[".repeat(100_000).into_bytes(),
        format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)).into_bytes(),
        br#"{"CODE":1e999,"x":"\ud800"}"#.to_vec(),
    ];
    // Noise that is the same in every run.
    let mut seed = 7_u32;
    for length in 0..60 {
        let noise = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        });
        bodies.push(noise.take(length).collect());
    }
    for body in bodies {
        for path in [
            "bizproc.robot.add",
            "bizproc.event.send",
            "bizproc.activity.log",
            "bizproc.robot.update",
        ] {
            for kind in [
                "application/json",
                FORM,
                "multipart/form-data",
                "\"",
                "image/png",
            ] {
                let (status, response) = setup
                    .client
                    .raw(&format!("{path}?auth={token}"), kind, body.clone())
                    .await;
                assert!((400..500).contains(&status), "{path} {kind} {status}");
                assert!(response["error"].is_string(), "{response}");
            }
        }
    }
    let (status, shown) = Client::new(setup.portal.url(), None).get("/-/state").await;
    assert_eq!((status, &shown["url"]), (200, &json!(setup.portal.url())));
    assert!(
        matches!(&shown["history"], Value::Array(history) if history[0]["event"] == "installed")
    );
    let elsewhere = Client::new(setup.portal.url(), None)
        .raw("/elsewhere", FORM, "")
        .await;
    assert_eq!(elsewhere.0, 404);
}
