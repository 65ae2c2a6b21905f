use bizproc_portal::Event;
use serde_json::json;

use crate::fixture::{Client, NOWHERE, Setup, http_client, invalid};

#[tokio::test]
async fn fields_of_a_multipart_body_are_parameters_and_files_are_not() {
    let setup = Setup::start().await;
    let token = setup.installation.access_token();
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
        let with_boundary = body
            .replace("--cut", &format!("--{boundary}"))
            .replace("\r\n\r\nm\r\n", &format!("\r\n\r\nm{}\r\n", boundary.len()));
        let (status, response) = setup
            .client
            .raw("bizproc.robot.add", kind, with_boundary)
            .await;
        assert_eq!(
            (status, &response["result"]),
            (200, &json!(true)),
            "{response}"
        );
    }
    let stored = &setup.portal.robots()[0].fields;
    assert_eq!(stored["PROPERTIES"], json!({"a": {"NAME": "x\r\ny"}}));
    assert!(stored.get("FILTER").is_none());
}

#[tokio::test]
async fn double_slashes_count_as_one() {
    let setup = Setup::start().await;
    assert_eq!(setup.call("/profile", json!({})).await.0, 200);
    let webhook = setup.portal.webhook(1);
    assert_eq!(Client::new(webhook, None).get("/profile").await.0, 200);
}

#[tokio::test]
async fn cross_origin_requests_are_allowed() {
    let setup = Setup::start().await;
    let client = http_client();
    let asked = client
        .request(
            reqwest::Method::OPTIONS,
            format!("{}profile", setup.portal.endpoint()),
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
        .get(format!("{}profile", setup.portal.endpoint()))
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
    let setup = Setup::start().await;
    let good = setup.installation.access_token();
    let anonymous = setup.anonymous();
    for (query, status) in [
        (format!("profile?auth=bad&access_token={good}"), 401),
        (format!("profile?access_token=bad&auth={good}"), 200),
        (format!("1/wrong/profile?auth={good}"), 200),
    ] {
        assert_eq!(anonymous.get(&query).await.0, status, "{query}");
    }
    // None of these tokens reaches the method as a parameter.
    let params = json!({"access_token": "x", "auth_connector": "y"});
    setup
        .refused("bizproc.robot.add", params, invalid("Empty data!"))
        .await;
}

#[tokio::test]
async fn webhook_paths_have_the_same_forms() {
    let setup = Setup::start().await;
    let webhook = setup.webhook(1);
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
    let setup = Setup::start().await;
    for path in ["api/bizproc.robot.list", "api/x/profile", "api"] {
        let (status, response) = setup.client.raw(path, "application/json", "{}").await;
        assert_eq!(status, 404);
        let code = response["error"]["code"].as_str().unwrap();
        assert!(
            code.starts_with("BITRIX_REST_V3_EXCEPTION_"),
            "{path}: {response}"
        );
    }
}

#[tokio::test]
async fn requests_that_reach_no_method_are_recorded() {
    let setup = Setup::start().await;
    setup.call("nonsense/x", json!({})).await;
    for _ in 0..60 {
        setup.call("profile", json!({})).await;
    }
    let history = setup.portal.history();
    let statuses = |path: &str| -> Vec<u16> {
        let requested = history.iter().filter_map(|record| match &record.event {
            Event::Requested {
                method, response, ..
            } if method == path => response.as_ref(),
            _ => None,
        });
        requested.map(|response| response.status).collect()
    };
    assert_eq!(statuses("nonsense/x"), [404]);
    let profile = statuses("profile");
    assert_eq!(profile.len(), 60);
    assert!(
        profile.contains(&200) && profile.contains(&503),
        "{profile:?}"
    );
}
