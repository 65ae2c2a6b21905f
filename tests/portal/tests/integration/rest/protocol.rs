use std::time::Duration;

use bizproc_portal::{Platform, Portal, RatePlan};
use serde_json::{Value, json};

use crate::fixture::{Client, NOWHERE, Stage, assert_refused};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn unknown_methods_come_before_missing_tokens() {
    let stage = Stage::start().await;
    let nobody = stage.client_with(None);
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
        let answer = nobody.raw(path, FORM, "").await;
        assert_refused(
            &answer,
            404,
            "ERROR_METHOD_NOT_FOUND",
            "Method not found!",
            path,
        );
    }
    for path in [
        "bizproc.robot.add",
        "BizProc.Robot.ADD",
        "app.info.json",
        "app.info/",
        "app.info.json/",
    ] {
        let answer = nobody.raw(path, FORM, "").await;
        assert_refused(
            &answer,
            401,
            "NO_AUTH_FOUND",
            "Wrong authorization data",
            path,
        );
    }
}

#[tokio::test]
async fn a_token_may_stand_in_four_places() {
    let stage = Stage::start().await;
    let (nobody, token) = (stage.client_with(None), stage.installation.access_token());
    for name in ["auth", "access_token"] {
        assert_eq!(
            nobody.get(&format!("app.info?{name}={token}")).await.0,
            200,
            "{name} in the query"
        );
        assert_eq!(
            nobody
                .raw("app.info", FORM, format!("{name}={token}"))
                .await
                .0,
            200,
            "{name} in a form"
        );
        assert_eq!(
            nobody
                .raw("app.info", "text/json", json!({name: token}).to_string())
                .await
                .0,
            200,
            "{name}"
        );
    }
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}app.info?auth=wrong", stage.portal.endpoint());
    let bearer = http
        .get(address)
        .header("Authorization", format!("Bearer {token}"))
        .send()
        .await
        .unwrap();
    assert_eq!(bearer.status(), 200);

    let webhook = Client::new(stage.portal.webhook(1), None);
    let (status, answer) = webhook.get("method.get?name=bizproc.robot.add").await;
    assert_eq!(
        (status, &answer["result"]),
        (200, &json!({"isExisting": true, "isAvailable": true}))
    );
    let answer = webhook.call("app.info", json!({})).await;
    let text = "Current authorization type is denied for this method";
    assert_refused(&answer, 403, "WRONG_AUTH_TYPE", text, "webhook");
    let answer = nobody.get("1/wrongcode/method.get").await;
    assert_refused(
        &answer,
        401,
        "INVALID_CREDENTIALS",
        "Invalid request credentials",
        "wrong code",
    );
}

#[tokio::test]
async fn tokens_expire_and_are_revoked() {
    let stage = Stage::start().await;
    let stranger = stage.client_with(Some("nonsense".to_owned()));
    let answer = stranger.call("app.info", json!({})).await;
    assert_refused(
        &answer,
        401,
        "invalid_token",
        "Unable to get application by token",
        "unknown",
    );

    assert_eq!(stage.client.call("app.info", json!({})).await.0, 200);
    stage.portal.advance(Duration::from_hours(1));
    let answer = stage.client.call("bizproc.robot.list", json!({})).await;
    assert_refused(
        &answer,
        401,
        "expired_token",
        "The access token provided has expired",
        "after an hour",
    );
    let fresh = stage.client_with(Some(stage.installation.token_of(1)));
    assert_eq!(fresh.call("bizproc.robot.list", json!({})).await.0, 200);

    stage.installation.uninstall(true).await.unwrap();
    let answer = fresh.call("app.info", json!({})).await;
    assert_refused(
        &answer,
        401,
        "APPLICATION_NOT_FOUND",
        "Application not found",
        "uninstalled",
    );
}

#[tokio::test]
async fn scope_is_needed() {
    let stage = Stage::with(Portal::builder().scope(["crm"])).await;
    let answer = stage.client.call("bizproc.robot.list", json!({})).await;
    let text = "The request requires higher privileges than provided by the access token";
    assert_refused(&answer, 401, "insufficient_scope", text, "application");
    let webhook = Client::new(stage.portal.webhook(1), None);
    let answer = webhook.call("bizproc.event.send", json!({})).await;
    let text = "The request requires higher privileges than provided by the webhook token";
    assert_refused(&answer, 401, "insufficient_scope", text, "webhook");
    for (name, existing, available) in [
        ("bizproc.robot.add", true, false),
        ("app.info", true, true),
        ("nonsense", false, false),
    ] {
        let answer = stage
            .client
            .call("method.get", json!({"name": name}))
            .await
            .1;
        assert_eq!(
            answer["result"],
            json!({"isExisting": existing, "isAvailable": available}),
            "{name}"
        );
    }
}

#[tokio::test]
async fn bodies_override_the_query_and_malformed_json_is_passed_over() {
    let stage = Stage::start().await;
    let token = stage.installation.access_token();
    let address = format!("method.get?auth={token}&name=nonsense");
    for (kind, body) in [
        ("application/json", r#"{"name":"app.info"}"#),
        ("application/json; charset=utf-8", r#"{"name":"app.info"}"#),
        (FORM, "name=app.info"),
    ] {
        let answer = stage.client.raw(&address, kind, body).await.1;
        assert_eq!(answer["result"]["isExisting"], json!(true), "{kind}");
    }
    for body in ["{\"name\":", "\"name\"", "", "\u{0}", "[1,2]"] {
        let (status, answer) = stage.client.raw(&address, "application/json", body).await;
        assert_eq!(
            (status, &answer["result"]["isExisting"]),
            (200, &json!(false)),
            "{body}"
        );
    }
    let body = format!("{{\"auth\":\"{token}\"");
    let answer = stage.client.raw("app.info", "application/json", body).await;
    assert_refused(
        &answer,
        401,
        "NO_AUTH_FOUND",
        "Wrong authorization data",
        "the token was in broken JSON",
    );
}

#[tokio::test]
async fn paging_parameters_are_not_the_methods() {
    let stage = Stage::start().await;
    let answer = stage
        .client
        .call(
            "bizproc.robot.add",
            json!({"start": 0, "state": "x", "auth_connector": "c"}),
        )
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_ACTIVITY_VALIDATION_FAILURE",
        "Empty data!",
        "nothing is left",
    );
}

#[tokio::test]
async fn the_envelope() {
    for (platform, whole) in [(Platform::v26(), true), (Platform::v24(), false)] {
        let stage = Stage::with(Portal::builder().platform(platform)).await;
        let (status, answer) = stage.client.call("app.info", json!({})).await;
        assert_eq!(status, 200);
        let time = answer["time"].as_object().unwrap();
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
        let (start, finish) = (
            time["start"].as_f64().unwrap(),
            time["finish"].as_f64().unwrap(),
        );
        assert!(
            (finish - start - time["duration"].as_f64().unwrap()).abs() < 0.001,
            "{time:?}"
        );
        assert!(time["date_start"].as_str().unwrap().ends_with("+03:00"));
        let info = &answer["result"];
        assert_eq!(
            (&info["ID"], &info["INSTALLED"], &info["LANGUAGE_ID"]),
            (&json!(1), &json!(true), &json!("en"))
        );
        assert_eq!(
            (&info["STATUS"], &info["VERSION"]),
            (&json!("L"), &json!(1))
        );

        let (_, failure) = stage.client.call("bizproc.robot.add", json!({})).await;
        assert_eq!(failure.get("time"), None);
    }
}

#[tokio::test]
async fn the_authorisation_server_says_whose_a_token_is() {
    let stage = Stage::start().await;
    let token = stage.installation.access_token();
    let server = Client::new(format!("{}/rest/", stage.portal.oauth_url()), None);
    let (status, answer) = server.get(&format!("app.info?auth={token}")).await;
    assert_eq!(status, 200);
    let info = &answer["result"];
    assert_eq!(info["client_id"], json!(stage.installation.client_id()));
    assert_eq!(info["user_id"], json!(1));
    assert_eq!(
        info["install"]["member_id"],
        json!(stage.portal.member_id())
    );
    assert_eq!(
        info["install"]["client_endpoint"],
        json!(stage.portal.endpoint())
    );
    assert_eq!(info["install"]["installed"], json!(true));
    assert_eq!(info["scope"], json!("crm,bizproc,placement"));

    assert_refused(
        &server.get("app.info").await,
        401,
        "NO_AUTH_FOUND",
        "Wrong authorization data",
        "none",
    );
    let answer = server.get("app.info?auth=stolen").await;
    assert_refused(
        &answer,
        401,
        "invalid_token",
        "Unable to get application by token",
        "unknown",
    );
    assert_refused(
        &server.get("profile").await,
        404,
        "ERROR_METHOD_NOT_FOUND",
        "Method not found!",
        "other",
    );
}

#[tokio::test]
async fn a_definition_may_come_as_a_form() {
    let stage = Stage::start().await;
    let body = format!(
        "auth={}&CODE=form&HANDLER={NOWHERE}&NAME[en]=Form&PROPERTIES[a][NAME]=A&PROPERTIES[a][OPTIONS][x]=X&AUTH_USER_ID=4",
        stage.installation.access_token()
    );
    let (status, _) = stage.client.raw("bizproc.robot.add", FORM, body).await;
    assert_eq!(status, 200);
    let fields = &stage.portal.robots()[0].fields;
    assert_eq!(fields["NAME"], json!({"EN": "Form"}));
    assert_eq!(
        fields["PROPERTIES"],
        json!({"a": {"NAME": "A", "OPTIONS": {"x": "X"}}})
    );
    assert_eq!(fields["AUTH_USER_ID"], json!(4));
}

#[tokio::test]
async fn any_bytes_get_an_answer() {
    let stage = Stage::with(Portal::builder().rate_plan(RatePlan::Off)).await;
    let token = stage.installation.access_token();
    let mut bodies: Vec<Vec<u8>> = vec![
        vec![0xff; 300],
        (0..=255).collect(),
        b"&&&===[[[]]]&a[b&[c]=1&=x&%&%z%1&a[]]]=".to_vec(),
        format!("a{}=1", "[x]".repeat(5000)).into_bytes(),
        "[".repeat(100_000).into_bytes(),
        format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)).into_bytes(),
        br#"{"CODE":1e999,"x":"\ud800"}"#.to_vec(),
    ];
    // A small generator of noise, the same in every run.
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
                let (status, answer) = stage
                    .client
                    .raw(&format!("{path}?auth={token}"), kind, body.clone())
                    .await;
                assert!((400..500).contains(&status), "{path} {kind} {status}");
                assert!(answer["error"].is_string(), "{answer}");
            }
        }
    }
    let (status, shown) = Client::new(stage.portal.url(), None).get("/-/state").await;
    assert_eq!((status, &shown["url"]), (200, &json!(stage.portal.url())));
    assert!(
        matches!(&shown["history"], Value::Array(history) if history[0]["event"] == "installed")
    );
    let elsewhere = Client::new(stage.portal.url(), None)
        .raw("/elsewhere", FORM, "")
        .await;
    assert_eq!(elsewhere.0, 404);
}
