use bizproc_portal::Portal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixture::Setup;

fn trusting(portal: &Portal) -> reqwest::ClientBuilder {
    let certificate = reqwest::Certificate::from_pem(portal.certificate().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([certificate])
}

#[tokio::test]
async fn both_servers_speak_both_schemes_on_their_port() {
    let setup = Setup::with(Portal::builder().https(true)).await;
    let portal = &setup.portal;
    assert!(
        portal.url().starts_with("https://127.0.0.1:")
            && portal.oauth_url().starts_with("https://")
    );
    let client = trusting(portal).no_proxy().build().unwrap();
    let token = setup.installation.access_token();
    let plain = |url: &str| url.replace("https://", "http://");
    let named = |url: &str| url.replace("127.0.0.1", "localhost");
    let portal_url = portal.endpoint();
    let oauth_url = format!("{}/rest/", portal.oauth_url());
    for url in [
        portal_url.clone(),
        plain(&portal_url),
        named(&portal_url),
        oauth_url.clone(),
        plain(&oauth_url),
        named(&oauth_url),
    ] {
        let response = client
            .get(format!("{url}app.info?auth={token}"))
            .send()
            .await
            .unwrap();
        let response: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert!(response["result"].is_object(), "{url}: {response}");
    }
    let (_, call) = setup.app.url.split_once("http").unwrap();
    assert!(!call.is_empty());
    // A client that does not trust the authority gets no response.
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(&portal_url).send().await.is_err());
}

#[tokio::test]
async fn webhooks_may_need_https() {
    let setup = Setup::with(Portal::builder().https_required(true)).await;
    let client = trusting(&setup.portal).no_proxy().build().unwrap();
    let webhook = setup.portal.webhook(1);
    let refused = client
        .get(format!("{webhook}profile"))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    let refused: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(
        refused,
        json!({"error": "INVALID_REQUEST", "error_description": "Https required."})
    );
    let url = webhook.replace("http://", "https://");
    assert_eq!(
        client
            .get(format!("{url}profile"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn the_vendors_authorisation_server_is_reached_through_a_tunnel() {
    let setup = Setup::with(Portal::builder().https(true)).await;
    let proxy = setup.portal.url().replace("https://", "http://");
    let client = trusting(&setup.portal)
        .proxy(reqwest::Proxy::https(&proxy).unwrap())
        .build()
        .unwrap();
    let id = setup.installation.client_id();
    let secret = setup.installation.client_secret();
    let refresh = setup.installation.refresh_token();
    let url = format!(
        "https://oauth.bitrix24.tech/oauth/token/?client_id={id}&client_secret={secret}\
         &grant_type=refresh_token&refresh_token={refresh}"
    );
    let tokens: Value =
        serde_json::from_str(&client.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
    assert!(tokens["access_token"].is_string(), "{tokens}");
    assert!(client.get("https://evil.example/").send().await.is_err());

    let address = proxy.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        .await
        .unwrap();
    let mut response = [0; 12];
    stream.read_exact(&mut response).await.unwrap();
    assert_eq!(&response, b"HTTP/1.1 403");
}

#[tokio::test]
async fn a_broken_handshake_harms_no_other_client() {
    let setup = Setup::start().await;
    let address = setup.portal.url().trim_start_matches("http://").to_owned();
    for bytes in [
        &b"\x16"[..],
        b"\x16\x03\x01\x00\x05hello",
        b"\x16\xff\xff\xff\xff",
        b"\x00",
        b"",
    ] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        // Whatever the server sends, it closes the connection.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    assert_eq!(setup.call("profile", json!({})).await.0, 200);
}
