use std::time::Duration;

use bizproc_portal::{Block, Fault, Portal, StatusProfile};
use serde_json::json;

use crate::fixture::{Client, Response, Setup, http_client, plain_http, robot_with};

/// What blocks a portal, in the order in which it is reported.
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
async fn blocks_are_reported_in_order() {
    let setup = Setup::start().await;
    let unknown = setup.client_with(Some("guess".to_owned()));
    let webhook = setup.webhook(1);
    for (block, ..) in BLOCKS.iter().rev() {
        setup.portal.block(*block);
    }
    for (block, status, code, text) in BLOCKS {
        setup
            .refused("bizproc.robot.list", json!({}), (status, code, text))
            .await;
        // An error of the authorisation server about a token precedes those of the portal about itself.
        let response = unknown.call("bizproc.robot.list", json!({})).await.1;
        let is_first = matches!(block, Block::Deleted | Block::NoAuthorisationServer);
        assert_eq!(
            response["error"],
            if is_first { code } else { "invalid_token" }
        );
        // A webhook does not involve that server.
        let response = webhook.call("bizproc.robot.list", json!({})).await.1;
        let of_webhook = match block {
            Block::Deleted => "PORTAL_DELETED",
            Block::Plan => "ACCESS_DENIED",
            _ => "OVERLOAD_LIMIT",
        };
        assert_eq!(response["error"], of_webhook, "{block:?}");
        setup.portal.unblock(block);
    }
    assert_eq!(setup.call("bizproc.robot.list", json!({})).await.0, 200);
}

#[tokio::test]
async fn token_errors_are_reported_in_order() {
    let setup = Setup::with(Portal::builder().scope(["crm"])).await;
    let installation = &setup.installation;
    let old = installation.token_of(5);
    let gone = setup.portal.install("http://127.0.0.1:1/x").await.unwrap();
    let of_gone = gone.access_token();
    setup.portal.advance(Duration::from_hours(2));
    gone.uninstall(false).await.unwrap();
    // User 5 was dismissed, and like user 6 may not use the application.
    setup.portal.dismiss_user(5);
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
        setup
            .client_with(Some(token))
            .refused(method, json!({}), (401, code, text))
            .await;
    }
}

/// The status of every refusal by profile: the server's, the documentation's, the Python client's.
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

/// Provokes the refusal with this code.
async fn provoke(setup: &Setup, code: &str) -> Response {
    let portal = &setup.portal;
    let profile = async |client: Client| client.call("profile", json!({})).await;
    let blocked = async |block| {
        portal.block(block);
        let response = setup.call("profile", json!({})).await;
        portal.unblock(block);
        response
    };
    match code {
        "expired_token" => {
            let client = setup.user(1);
            portal.advance(Duration::from_hours(1));
            profile(client).await
        }
        "invalid_token" => profile(setup.client_with(Some("guess".to_owned()))).await,
        "NO_AUTH_FOUND" => profile(setup.anonymous()).await,
        "insufficient_scope" => setup.user(1).call("user.current", json!({})).await,
        "INVALID_CREDENTIALS" => secure_get(portal, &portal.endpoint(), "1/guess/profile").await,
        "WRONG_AUTH_TYPE" => secure_get(portal, &portal.webhook(1), "app.info").await,
        "INVALID_REQUEST" => profile(setup.webhook(1)).await,
        "user_access_error" => {
            setup.installation.revoke_access(9);
            profile(setup.user(9)).await
        }
        "authorization_error" => {
            portal.dismiss_user(8);
            profile(setup.user(8)).await
        }
        "ACCESS_DENIED" => blocked(Block::Plan).await,
        "OVERLOAD_LIMIT" => blocked(Block::Overload).await,
        "PORTAL_DELETED" => blocked(Block::Deleted).await,
        "CONNECTION_ERROR" => blocked(Block::NoAuthorisationServer).await,
        "PAYMENT_REQUIRED" => blocked(Block::Subscription).await,
        "ERROR_METHOD_NOT_FOUND" => setup.call("nonsense", json!({})).await,
        "OPERATION_TIME_LIMIT" => exceed_operating_time(setup).await,
        "QUERY_LIMIT_EXCEEDED" => exceed_request_rate(setup).await,
        "ERROR_ACTIVITY_VALIDATION_FAILURE" => {
            setup.user(1).call("bizproc.robot.add", json!({})).await
        }
        "ERROR_CORE" => {
            let huge = robot_with(json!({"FILTER": {"INCLUDE": "x".repeat(70_000)}}));
            setup.user(1).call("bizproc.robot.add", huge).await
        }
        other => unreachable!("{other}"),
    }
}

async fn exceed_operating_time(setup: &Setup) -> Response {
    let admin = setup.user(1);
    let slow = Fault::Slow(Duration::from_mins(10));
    setup.portal.fault_in("scope", slow, 1).unwrap();
    admin.call("scope", json!({})).await;
    admin.call("scope", json!({})).await
}

async fn exceed_request_rate(setup: &Setup) -> Response {
    loop {
        let response = setup.call("nonsense", json!({})).await;
        if response.0 == 503 {
            setup.portal.advance(Duration::from_mins(1));
            return response;
        }
    }
}

/// Gets a path over `https`, with trust in the portal's own authority.
async fn secure_get(portal: &Portal, endpoint: &str, path: &str) -> Response {
    let certificate = reqwest::Certificate::from_pem(portal.certificate().as_bytes()).unwrap();
    let client = plain_http().tls_certs_only([certificate]).build().unwrap();
    let url = format!("{}{path}", endpoint.replace("http:", "https:"));
    let response = client.get(url).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn statuses_follow_the_status_profile() {
    let profiles = [
        StatusProfile::Server,
        StatusProfile::Docs,
        StatusProfile::PythonSdk,
    ];
    for (index, profile) in profiles.into_iter().enumerate() {
        let builder = Portal::builder()
            .status_profile(profile)
            .https_required(true);
        let setup = Setup::with(builder).await;
        for (code, statuses) in STATUSES {
            let (status, response) = provoke(&setup, code).await;
            assert_eq!(
                (response["error"].as_str(), status),
                (Some(code), statuses[index]),
                "{profile:?}: {response}"
            );
            assert!(response.get("time").is_none());
        }
    }
}

#[tokio::test]
async fn errors_of_the_front_end_can_be_switched_on_for_any_method() {
    let setup = Setup::start().await;
    for (fault, status, code) in [
        (Fault::query_limit(), 503, "QUERY_LIMIT_EXCEEDED"),
        (Fault::operation_time_limit(), 429, "OPERATION_TIME_LIMIT"),
        (Fault::expired_token(), 401, "expired_token"),
        (Fault::internal_error(), 500, "INTERNAL_SERVER_ERROR"),
    ] {
        setup.portal.fault_in("profile", fault, 1).unwrap();
        let (found, response) = setup.call("profile", json!({})).await;
        assert_eq!((found, &response["error"]), (status, &json!(code)));
        assert_eq!(setup.call("profile", json!({})).await.0, 200);
    }
}

#[tokio::test]
async fn a_result_that_holds_an_error_comes_with_200() {
    let setup = Setup::start().await;
    let fault = Fault::error(200, "X", "text");
    setup.portal.fault_in("profile", fault, 1).unwrap();
    let response = setup.call("profile", json!({})).await;
    assert_eq!(
        response,
        (200, json!({"error": "X", "error_description": "text"}))
    );
}

#[tokio::test]
async fn every_response_has_its_headers() {
    let setup = Setup::start().await;
    let token = setup.installation.access_token();
    let client = http_client();
    for (path, status) in [
        (format!("profile?auth={token}"), 200),
        ("profile".to_owned(), 401),
        ("nonsense".to_owned(), 404),
    ] {
        let url = format!("{}{path}", setup.portal.endpoint());
        let response = client.get(url).send().await.unwrap();
        assert_eq!(response.status(), status);
        for (name, value) in [
            ("content-type", "application/json; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(response.headers()[name], value, "{path} {name}");
        }
    }
}
