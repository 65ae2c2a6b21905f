use std::time::Duration;

use bizproc_portal::{Block, Event, Installation};
use serde_json::{Value, json};

use crate::fixture::{Client, FORM, Setup, http_client, http_client_without_redirects};

/// The authorisation server, asked by the application of a setup.
struct Server {
    client: Client,
    app: Installation,
}

impl Server {
    fn new(setup: &Setup) -> Self {
        Self {
            client: Client::new(format!("{}/", setup.portal.oauth_url()), None),
            app: setup.installation.clone(),
        }
    }

    async fn token(&self, query: &str) -> (u16, Value) {
        let id = self.app.client_id();
        let secret = self.app.client_secret();
        let query = format!("oauth/token/?client_id={id}&client_secret={secret}&{query}");
        self.client.get(&query).await
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        let query = format!("grant_type=refresh_token&refresh_token={token}");
        self.token(&query).await
    }
}

/// The parameters with which the browser is redirected to the application; `None` if it is not.
async fn authorize(setup: &Setup, query: &str) -> Option<Vec<(String, String)>> {
    let client = http_client_without_redirects();
    let url = format!("{}/oauth/authorize/?{query}", setup.portal.url());
    let response = client.get(url).send().await.unwrap();
    if response.status() != 302 {
        assert_eq!(response.status(), 404);
        return None;
    }
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(
        location.starts_with(&format!("{}/event?", setup.app.url)),
        "{location}"
    );
    let url = reqwest::Url::parse(&location).unwrap();
    Some(url.query_pairs().into_owned().collect())
}

#[tokio::test]
async fn a_browser_returns_to_its_application_with_a_code() {
    let setup = Setup::start().await;
    let id = setup.installation.client_id();
    let back = authorize(&setup, &format!("client_id={id}&state=a%26b"))
        .await
        .unwrap();
    let names: Vec<_> = back.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names.join(" "),
        "code state domain member_id scope server_domain"
    );
    let portal = setup.portal.url().trim_start_matches("http://");
    let oauth = setup.portal.oauth_url().trim_start_matches("http://");
    for (index, value) in [
        (1, "a&b"),
        (2, portal),
        (3, setup.portal.member_id()),
        (4, "crm,bizproc,placement"),
        (5, oauth),
    ] {
        assert_eq!(back[index].1, value, "{}", back[index].0);
    }
    setup.portal.dismiss_user(8);
    let denied = format!("client_id={id}&user_id=8");
    for query in ["client_id=local.unknown", "", denied.as_str()] {
        assert_eq!(authorize(&setup, query).await, None, "{query}");
    }
    setup.installation.uninstall(false).await.unwrap();
    assert_eq!(authorize(&setup, &format!("client_id={id}")).await, None);
}

#[tokio::test]
async fn a_code_becomes_tokens_once_within_half_a_minute() {
    let setup = Setup::start().await;
    let server = Server::new(&setup);
    let id = setup.installation.client_id();
    let code = async |query: &str| authorize(&setup, query).await.unwrap()[0].1.clone();
    let exchange = async |code: &str| {
        let query = format!("grant_type=authorization_code&code={code}");
        server.token(&query).await
    };
    let early = code(&format!("client_id={id}")).await;
    setup.portal.advance(Duration::from_secs(29));
    let (status, tokens) = exchange(&early).await;
    assert_eq!(status, 200, "{tokens}");
    let oauth = setup.portal.oauth_url();
    for (name, value) in [
        ("expires_in", json!(3600)),
        ("user_id", json!(1)),
        ("client_endpoint", json!(setup.portal.endpoint())),
        ("server_endpoint", json!(format!("{oauth}/rest/"))),
        ("domain", json!(oauth.trim_start_matches("http://"))),
        ("member_id", json!(setup.portal.member_id())),
        ("scope", json!("crm,bizproc,placement")),
        ("status", json!("L")),
    ] {
        assert_eq!(tokens[name], value, "{name}");
    }
    assert!(tokens["expires"].is_i64());
    let user = setup.client_by(&tokens);
    assert_eq!(user.result("profile", json!({})).await["ID"], "1");

    let again = exchange(&early).await;
    assert_eq!((again.0, &again.1["error"]), (400, &json!("invalid_grant")));
    let late = code(&format!("client_id={id}&user_id=7")).await;
    setup.portal.advance(Duration::from_secs(30));
    let (status, response) = exchange(&late).await;
    assert_eq!((status, &response["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_refresh_token_waits_until_the_application_is_paid_for() {
    let setup = Setup::start().await;
    let server = Server::new(&setup);
    let token = setup.installation.refresh_token();
    setup.installation.set_payment_expired(true).unwrap();
    let (status, response) = server.refresh(&token).await;
    assert_eq!(
        (status, response),
        (
            401,
            json!({"error": "PAYMENT_REQUIRED", "error_description": "Payment required"})
        )
    );
    setup.installation.set_payment_expired(false).unwrap();
    assert_eq!(server.refresh(&token).await.0, 200);
}

#[tokio::test]
async fn the_server_may_be_down_and_the_portal_deleted() {
    let setup = Setup::start().await;
    let server = Server::new(&setup);
    let token = setup.installation.refresh_token();
    setup.portal.block(Block::NoAuthorisationServer);
    let client = http_client();
    let url = format!("{}/oauth/token/", setup.portal.oauth_url());
    assert!(client.get(url).send().await.is_err());
    assert_eq!(
        setup.call("profile", json!({})).await.1["error"],
        "CONNECTION_ERROR"
    );
    let webhook = setup.webhook(1);
    assert_eq!(webhook.call("profile", json!({})).await.0, 200);
    setup.portal.unblock(Block::NoAuthorisationServer);

    setup.portal.block(Block::Deleted);
    assert_eq!(server.refresh(&token).await.1["error"], "PORTAL_DELETED");
    setup.portal.unblock(Block::Deleted);
    assert_eq!(server.refresh(&token).await.0, 200);
}

#[tokio::test]
async fn token_requests_are_recorded() {
    let setup = Setup::start().await;
    let server = Server::new(&setup);
    let token = setup.installation.refresh_token();
    server.refresh(&token).await;
    server.refresh(&token).await;
    let requests: Vec<(String, u16)> = setup
        .portal
        .history()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::AuthorisationServerAsked {
                path,
                params,
                response,
            } => {
                assert_eq!(params["refresh_token"], json!(token));
                Some((path, response.status))
            }
            _ => None,
        })
        .collect();
    let path = || "/oauth/token/".to_owned();
    assert_eq!(requests, [(path(), 200), (path(), 400)]);
}

#[tokio::test]
async fn app_info_describes_a_token() {
    let setup = Setup::start().await;
    let portal = &setup.portal;
    let installation = &setup.installation;
    let server = Server::new(&setup);
    let info = async |token: &str| {
        server
            .client
            .get(&format!("rest/app.info/?auth={token}"))
            .await
    };
    let (status, response) = info(&installation.token_of(4)).await;
    assert_eq!(status, 200);
    let expires = response["result"]["expires"].as_str().unwrap().to_owned();
    assert!(expires.ends_with("+03:00"), "{expires}");
    assert_eq!(
        response["result"],
        json!({
            "client_id": installation.client_id(), "scope": "crm,bizproc,placement", "expires": expires, "user_id": 4,
            "install": {
                "installed": true, "version": 1, "status": "L", "scope": "crm,bizproc,placement",
                "domain": portal.url().trim_start_matches("http://"), "uri": "",
                "client_endpoint": portal.endpoint(), "member_id": portal.member_id(), "member_type": "b24",
            },
        })
    );
    assert!(response["time"]["start"].is_number());
    portal.advance(Duration::from_hours(1));
    let (status, response) = info(&installation.access_token()).await;
    assert_eq!((status, &response["error"]), (401, &json!("expired_token")));
}

#[tokio::test]
async fn each_refresh_issues_the_next_refresh_token() {
    let setup = Setup::start().await;
    let server = Server::new(&setup);
    let first = setup.installation.refresh_token();
    setup.portal.advance(Duration::from_hours(1));
    let (status, response) = setup.call("profile", json!({})).await;
    assert_eq!((status, &response["error"]), (401, &json!("expired_token")));

    let (status, tokens) = server.refresh(&first).await;
    assert_eq!(status, 200, "{tokens}");
    let second = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let client = setup.client_with(tokens["access_token"].as_str().map(str::to_owned));
    assert_eq!(client.call("profile", json!({})).await.0, 200);

    let (status, response) = server.refresh(&first).await;
    assert_eq!((status, &response["error"]), (400, &json!("invalid_grant")));
    setup.portal.advance(Duration::from_hours(24 * 180 - 1));
    let (status, tokens) = server.refresh(&second).await;
    assert_eq!(status, 200, "{tokens}");
    setup.portal.advance(Duration::from_hours(24 * 180));
    let (status, response) = server
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!((status, &response["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn the_refresh_token_of_a_call_is_its_owners() {
    let setup = Setup::start().await;
    setup.robot("r", json!({"AUTH_USER_ID": 4})).await;
    let call = setup.received_call("r", json!({})).await;
    let server = Server::new(&setup);
    let (status, tokens) = server
        .refresh(call["auth"]["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!((status, &tokens["user_id"]), (200, &json!(4)));
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let setup = Setup::start().await;
    let server = Server::new(&setup);
    let (other, _) = setup.other_application().await;
    let refresh = setup.installation.refresh_token();
    let own = format!(
        "client_id={}&client_secret={}",
        other.client_id(),
        other.client_secret()
    );
    let wrong = format!("client_id={}&client_secret=wrong", other.client_id());
    let unknown = "client_id=unknown&client_secret=x";
    let without_secret = format!("client_id={}", other.client_id());
    let foreign = format!("grant_type=refresh_token&refresh_token={refresh}");
    #[rustfmt::skip]
    let rows = [
        (unknown, "grant_type=refresh_token&refresh_token=x", 200, "wrong_client"),
        (&wrong, &foreign, 400, "invalid_client"),
        (&own, &foreign, 400, "invalid_grant"),
        (&own, "grant_type=refresh_token", 400, "invalid_request"),
        (&own, "grant_type=authorization_code", 400, "invalid_request"),
        (&own, "grant_type=password", 400, "invalid_request"),
        (&without_secret, "grant_type=refresh_token&refresh_token=x", 400, "invalid_request"),
        ("", "", 400, "invalid_request"),
    ];
    for (client, query, status, code) in rows {
        let params = [client, query].join("&");
        let query = params.trim_matches('&').to_owned();
        let response = server.client.get(&format!("oauth/token/?{query}")).await;
        assert_eq!(
            (response.0, &response.1["error"]),
            (status, &json!(code)),
            "{query}"
        );
        let text = response.1["error_description"].as_str().unwrap();
        assert!(!text.is_empty());
        let posted = server.client.raw("oauth/token", FORM, query).await;
        assert_eq!(posted, response);
    }
    // The attempt of another application does not use up the token.
    assert_eq!(server.refresh(&refresh).await.0, 200);

    other.uninstall(false).await.unwrap();
    let query = format!(
        "grant_type=refresh_token&refresh_token={}",
        other.refresh_token()
    );
    let response = server
        .client
        .get(&format!("oauth/token/?{own}&{query}"))
        .await;
    assert_eq!(response.1["error"], "invalid_client");
    assert_eq!(response.0, 400);
    let (_, response) = server.token("grant_type=refresh_token").await;
    assert_eq!(
        response["error_description"],
        "No \"refresh_token\" parameter found"
    );
}
