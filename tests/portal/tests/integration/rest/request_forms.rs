use bizproc_portal::Event;
use serde_json::json;

use crate::fixture::{Client, NOWHERE, Stage, VALIDATION, assert_refused};

#[tokio::test]
async fn fields_of_a_multipart_body_are_parameters_and_files_are_not() {
    let stage = Stage::start().await;
    let token = stage.installation.access_token();
    let fields = [
        ("auth", token.as_str()),
        ("CODE", "m"),
        ("HANDLER", NOWHERE),
        ("NAME[en]", "name"),
        ("PROPERTIES[a][NAME]", "x\r\ny"),
        ("FILTER\"; filename=\"f", "a file"),
    ];
    let part = |(name, value): (&str, &str)| {
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = fields.map(part).concat() + "--cut--\r\n";
    for (boundary, kind) in [
        ("cut", "multipart/form-data; boundary=cut"),
        (
            "----WebKit7B",
            "Multipart/Form-Data; boundary=\"----WebKit7B\"",
        ),
    ] {
        let body = body.replace("--cut", &format!("--{boundary}"));
        let body = body.replace("\r\n\r\nm\r\n", &format!("\r\n\r\nm{}\r\n", boundary.len()));
        let (status, answer) = stage.client.raw("bizproc.robot.add", kind, body).await;
        assert_eq!((status, &answer["result"]), (200, &json!(true)), "{answer}");
    }
    let stored = &stage.portal.robots()[0].fields;
    assert_eq!(stored["PROPERTIES"], json!({"a": {"NAME": "x\r\ny"}}));
    assert!(stored.get("FILTER").is_none());
}

#[tokio::test]
async fn double_slashes_are_one() {
    let stage = Stage::start().await;
    assert_eq!(stage.client.call("/profile", json!({})).await.0, 200);
    let webhook = stage.portal.webhook(1);
    assert_eq!(Client::new(webhook, None).get("/profile").await.0, 200);
}

#[tokio::test]
async fn a_page_of_another_host_may_call() {
    let stage = Stage::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client
        .request(
            reqwest::Method::OPTIONS,
            format!("{}profile", stage.portal.endpoint()),
        )
        .header("Origin", "https://app.example")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            asked.status().as_u16(),
            &asked.headers()["access-control-allow-origin"]
        ),
        (204, &"*".parse().unwrap())
    );
    assert!(
        asked.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("Content-Type")
    );
    let refused = client
        .get(format!("{}profile", stage.portal.endpoint()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            refused.status().as_u16(),
            &refused.headers()["access-control-allow-origin"]
        ),
        (401, &"*".parse().unwrap())
    );
}

#[tokio::test]
async fn the_first_token_counts() {
    let stage = Stage::start().await;
    let good = stage.installation.access_token();
    let nobody = stage.client_with(None);
    for (query, status) in [
        (format!("profile?auth=bad&access_token={good}"), 401),
        (format!("profile?access_token=bad&auth={good}"), 200),
        (format!("1/wrong/profile?auth={good}"), 200),
    ] {
        assert_eq!(nobody.get(&query).await.0, status, "{query}");
    }
    // None of them is a parameter.
    let params = json!({"access_token": "x", "auth_connector": "y"});
    let answer = stage.client.call("bizproc.robot.add", params).await;
    assert_refused(&answer, 400, VALIDATION, "Empty data!", "tokens only");
}

#[tokio::test]
async fn a_webhook_has_the_same_forms() {
    let stage = Stage::start().await;
    let webhook = Client::new(stage.portal.webhook(1), None);
    for path in [
        "profile",
        "profile.json",
        "profile/",
        "PROFILE",
        "Profile.json/",
    ] {
        assert_eq!(webhook.get(path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn the_newer_protocol_has_no_method_of_workflows() {
    let stage = Stage::start().await;
    for path in ["api/bizproc.robot.list", "api/x/profile", "api"] {
        let (status, answer) = stage.client.raw(path, "application/json", "{}").await;
        assert_eq!(status, 404);
        let code = answer["error"]["code"].as_str().unwrap();
        assert!(
            code.starts_with("BITRIX_REST_V3_EXCEPTION_"),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn what_reaches_no_method_stands_in_the_history() {
    let stage = Stage::start().await;
    stage.client.call("nonsense/x", json!({})).await;
    for _ in 0..60 {
        stage.client.call("profile", json!({})).await;
    }
    let history = stage.portal.history();
    let answers = |path: &str| -> Vec<u16> {
        let requested = history.iter().filter_map(|record| match &record.event {
            Event::Requested { method, answer, .. } if method == path => answer.as_ref(),
            _ => None,
        });
        requested.map(|answer| answer.status).collect()
    };
    assert_eq!(answers("nonsense/x"), [404]);
    let profile = answers("profile");
    assert_eq!(profile.len(), 60);
    assert!(
        profile.contains(&200) && profile.contains(&503),
        "{profile:?}"
    );
}
