use std::time::Duration;

use bizproc_portal::{Block, Fault, Portal, StatusProfile};
use serde_json::{Value, json};

use crate::fixture::{Client, Stage, assert_refused, with};

/// What shuts a portal off, in the order in which it is told.
const BLOCKS: [(Block, u16, &str, &str); 5] = [
    (Block::Deleted, 403, "PORTAL_DELETED", "Portal was deleted"),
    (
        Block::NoAuthorisationServer,
        401,
        "CONNECTION_ERROR",
        "Error connecting to authorization server",
    ),
    (
        Block::Subscription,
        401,
        "PAYMENT_REQUIRED",
        "Subscription has been ended",
    ),
    (
        Block::Overload,
        401,
        "OVERLOAD_LIMIT",
        "REST API is blocked due to overload.",
    ),
    (
        Block::Plan,
        401,
        "ACCESS_DENIED",
        "REST is available only on commercial plans.",
    ),
];

#[tokio::test]
async fn the_first_block_is_told() {
    let stage = Stage::start().await;
    let unknown = stage.client_with(Some("guess".to_owned()));
    let webhook = Client::new(stage.portal.webhook(1), None);
    for (block, ..) in BLOCKS.iter().rev() {
        stage.portal.block(*block);
    }
    for (block, status, code, text) in BLOCKS {
        let answer = stage.client.call("bizproc.robot.list", json!({})).await;
        assert_refused(&answer, status, code, text, "block");
        // What the authorisation server says of a token comes before what the portal says of itself.
        let told = unknown.call("bizproc.robot.list", json!({})).await.1;
        let is_first = matches!(block, Block::Deleted | Block::NoAuthorisationServer);
        assert_eq!(told["error"], if is_first { code } else { "invalid_token" });
        // A webhook has nothing to do with that server.
        let told = webhook.call("bizproc.robot.list", json!({})).await.1;
        let of_webhook = match block {
            Block::Deleted => "PORTAL_DELETED",
            Block::Plan => "ACCESS_DENIED",
            _ => "OVERLOAD_LIMIT",
        };
        assert_eq!(told["error"], of_webhook, "{block:?}");
        stage.portal.unblock(block);
    }
    assert_eq!(
        stage.client.call("bizproc.robot.list", json!({})).await.0,
        200
    );
}

#[tokio::test]
async fn the_first_reason_against_a_token_is_told() {
    let stage = Stage::with(Portal::builder().scope(["crm"])).await;
    let installation = &stage.installation;
    let old = installation.token_of(5);
    let gone = stage.portal.install("http://127.0.0.1:1/x").await.unwrap();
    let of_gone = gone.access_token();
    stage.portal.advance(Duration::from_hours(2));
    gone.uninstall(false).await.unwrap();
    // User 5 was dismissed, and like user 6 may not use the application.
    stage.portal.dismiss_user(5);
    installation.revoke_access(5);
    installation.revoke_access(6);
    let not_granted = "The request requires higher privileges than provided by the access token";
    for (token, method, code, text) in [
        (
            of_gone,
            "bizproc.robot.list",
            "APPLICATION_NOT_FOUND",
            "Application not found",
        ),
        (
            old,
            "bizproc.robot.list",
            "expired_token",
            "The access token provided has expired",
        ),
        (
            installation.token_of(5),
            "bizproc.robot.list",
            "insufficient_scope",
            not_granted,
        ),
        (
            installation.token_of(5),
            "profile",
            "authorization_error",
            "Unable to authorize user",
        ),
        (
            installation.token_of(6),
            "profile",
            "user_access_error",
            "The user does not have access to the application",
        ),
    ] {
        let answer = stage.client_with(Some(token)).call(method, json!({})).await;
        assert_refused(&answer, 401, code, text, code);
    }
}

/// Every refusal that a status profile changes, or leaves: server's, documentation's, Python client's.
const STATUSES: [(&str, [u16; 3]); 19] = [
    ("expired_token", [401, 401, 401]),
    ("invalid_token", [401, 401, 401]),
    ("NO_AUTH_FOUND", [401, 401, 401]),
    ("insufficient_scope", [401, 403, 403]),
    ("INVALID_CREDENTIALS", [401, 403, 403]),
    ("user_access_error", [401, 403, 403]),
    ("ACCESS_DENIED", [401, 403, 403]),
    ("OVERLOAD_LIMIT", [401, 503, 503]),
    ("PORTAL_DELETED", [403, 500, 410]),
    ("INVALID_REQUEST", [401, 400, 400]),
    ("ERROR_METHOD_NOT_FOUND", [404, 404, 404]),
    ("WRONG_AUTH_TYPE", [403, 403, 403]),
    ("CONNECTION_ERROR", [401, 401, 401]),
    ("PAYMENT_REQUIRED", [401, 401, 401]),
    ("authorization_error", [401, 401, 401]),
    ("OPERATION_TIME_LIMIT", [429, 429, 429]),
    ("QUERY_LIMIT_EXCEEDED", [503, 503, 503]),
    ("ERROR_ACTIVITY_VALIDATION_FAILURE", [400, 400, 400]),
    ("ERROR_CORE", [500, 500, 500]),
];

async fn provoke(stage: &Stage, code: &str) -> (u16, Value) {
    let portal = &stage.portal;
    let with_token = |token: &str| stage.client_with(Some(token.to_owned()));
    let blocked = async |block| {
        portal.block(block);
        let answer = stage.client.call("profile", json!({})).await;
        portal.unblock(block);
        answer
    };
    match code {
        "expired_token" => {
            let token = stage.installation.token_of(1);
            portal.advance(Duration::from_hours(1));
            with_token(&token).call("profile", json!({})).await
        }
        "invalid_token" => with_token("guess").call("profile", json!({})).await,
        "NO_AUTH_FOUND" => stage.client_with(None).call("profile", json!({})).await,
        "insufficient_scope" => {
            with_token(&stage.installation.token_of(1))
                .call("user.current", json!({}))
                .await
        }
        "INVALID_CREDENTIALS" => {
            let endpoint = format!("{}1/guess/", portal.endpoint().replace("http:", "https:"));
            secure(portal).get(format!("{endpoint}profile")).await
        }
        "user_access_error" => {
            stage.installation.revoke_access(9);
            with_token(&stage.installation.token_of(9))
                .call("profile", json!({}))
                .await
        }
        "ACCESS_DENIED" => blocked(Block::Plan).await,
        "OVERLOAD_LIMIT" => blocked(Block::Overload).await,
        "PORTAL_DELETED" => blocked(Block::Deleted).await,
        "INVALID_REQUEST" => {
            Client::new(portal.webhook(1), None)
                .call("profile", json!({}))
                .await
        }
        "ERROR_METHOD_NOT_FOUND" => stage.client.call("nonsense", json!({})).await,
        "CONNECTION_ERROR" => blocked(Block::NoAuthorisationServer).await,
        "PAYMENT_REQUIRED" => blocked(Block::Subscription).await,
        "authorization_error" => {
            portal.dismiss_user(8);
            with_token(&stage.installation.token_of(8))
                .call("profile", json!({}))
                .await
        }
        "OPERATION_TIME_LIMIT" => {
            let admin = with_token(&stage.installation.token_of(1));
            let slow = Fault::Slow(Duration::from_mins(10));
            portal.fault_in("scope", slow, 1).unwrap();
            admin.call("scope", json!({})).await;
            admin.call("scope", json!({})).await
        }
        "QUERY_LIMIT_EXCEEDED" => loop {
            let answer = stage.client.call("nonsense", json!({})).await;
            if answer.0 == 503 {
                portal.advance(Duration::from_mins(1));
                break answer;
            }
        },
        "ERROR_ACTIVITY_VALIDATION_FAILURE" => {
            with_token(&stage.installation.token_of(1))
                .call("bizproc.robot.add", json!({}))
                .await
        }
        "ERROR_CORE" => {
            let huge = json!({"FILTER": {"INCLUDE": "x".repeat(70_000)}});
            with_token(&stage.installation.token_of(1))
                .call("bizproc.robot.add", with(huge))
                .await
        }
        "WRONG_AUTH_TYPE" => {
            let url = portal.webhook(1).replace("http:", "https:");
            secure(portal).get(format!("{url}app.info")).await
        }
        other => unreachable!("{other}"),
    }
}

/// A client that trusts the portal's authority.
struct Secure(reqwest::Client);

fn secure(portal: &Portal) -> Secure {
    let certificate = reqwest::Certificate::from_pem(portal.certificate().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate]);
    Secure(client.build().unwrap())
}

impl Secure {
    async fn get(&self, url: String) -> (u16, Value) {
        let response = self.0.get(url).send().await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&response.text().await.unwrap()).unwrap(),
        )
    }
}

#[tokio::test]
async fn statuses_follow_the_table_in_force() {
    let profiles = [
        StatusProfile::Server,
        StatusProfile::Docs,
        StatusProfile::PythonSdk,
    ];
    for (index, profile) in profiles.into_iter().enumerate() {
        let builder = Portal::builder()
            .status_profile(profile)
            .https_required(true);
        let stage = Stage::with(builder).await;
        for (code, statuses) in STATUSES {
            let (status, answer) = provoke(&stage, code).await;
            assert_eq!(
                (answer["error"].as_str(), status),
                (Some(code), statuses[index]),
                "{profile:?}: {answer}"
            );
            assert!(answer.get("time").is_none());
        }
    }
}

#[tokio::test]
async fn errors_of_the_front_end_can_be_switched_on_for_any_method() {
    let stage = Stage::start().await;
    for (fault, status, code) in [
        (Fault::query_limit(), 503, "QUERY_LIMIT_EXCEEDED"),
        (Fault::operation_time_limit(), 429, "OPERATION_TIME_LIMIT"),
        (Fault::expired_token(), 401, "expired_token"),
        (Fault::internal_error(), 500, "INTERNAL_SERVER_ERROR"),
    ] {
        stage.portal.fault_in("profile", fault, 1).unwrap();
        let (told, answer) = stage.client.call("profile", json!({})).await;
        assert_eq!((told, &answer["error"]), (status, &json!(code)));
        assert_eq!(stage.client.call("profile", json!({})).await.0, 200);
    }
}

#[tokio::test]
async fn a_result_that_holds_an_error_comes_with_200() {
    let stage = Stage::start().await;
    let fault = Fault::error(200, "X", "text");
    stage.portal.fault_in("profile", fault, 1).unwrap();
    let answer = stage.client.call("profile", json!({})).await;
    assert_eq!(
        answer,
        (200, json!({"error": "X", "error_description": "text"}))
    );
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let stage = Stage::start().await;
    let token = stage.installation.access_token();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, status) in [
        (format!("profile?auth={token}"), 200),
        ("profile".to_owned(), 401),
        ("nonsense".to_owned(), 404),
    ] {
        let url = format!("{}{path}", stage.portal.endpoint());
        let answer = client.get(url).send().await.unwrap();
        assert_eq!(answer.status(), status);
        for (name, value) in [
            ("content-type", "application/json; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(answer.headers()[name], value, "{path} {name}");
        }
    }
}
