//! The REST client against a portal whose response is faulty, or missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bizproc_portal::{Fault, Portal};
use bizproc_runtime::rest::Client;
use bizproc_runtime::{ErrorKind, Result};
use serde_json::{Value, json};

async fn call(client: &Client, method: &str, params: Value) -> Result<Value> {
    client.call(method, params).await
}

/// A portal with an application, its client, and whether the application has been called.
async fn installed() -> (Portal, Client, Arc<AtomicBool>) {
    let portal = Portal::start().await.unwrap();
    let called = Arc::new(AtomicBool::new(false));
    let handler = {
        let called = Arc::clone(&called);
        axum::Router::new().fallback(move || async move { called.store(true, Ordering::SeqCst) })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, handler).await });
    let app = portal.install(&url).await.unwrap();
    let client = Client::new(&portal.endpoint(), app.access_token()).unwrap();
    (portal, client, called)
}

#[tokio::test]
async fn every_faulty_response_has_its_error() {
    let (portal, client, called) = installed().await;
    for (fault, kind, part) in [
        (
            Fault::EmptyResponse,
            ErrorKind::InvalidResponse,
            "200 with an empty body",
        ),
        (
            Fault::HtmlBadGateway,
            ErrorKind::InvalidResponse,
            "502 with a page: `<",
        ),
        (
            Fault::CutBeforeExecution,
            ErrorKind::NoResponse,
            "the connection broke",
        ),
        (
            Fault::error(400, "ERROR_CORE", "x"),
            ErrorKind::Rejected,
            "answered ERROR_CORE: x",
        ),
        (
            Fault::error(401, "expired_token", ""),
            ErrorKind::Rejected,
            "answered expired_token",
        ),
    ] {
        portal.fault_in("app.info", fault, 1).unwrap();
        let error = call(&client, "app.info", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().starts_with("`app.info`: "), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    call(&client, "app.info", json!({})).await.unwrap();
    assert!(called.load(Ordering::SeqCst), "ONAPPINSTALL came");

    let unreachable = Client::new("http://127.0.0.1:1/rest/", "secret token").unwrap();
    let error = call(&unreachable, "app.info", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(
        !format!("{error} {error:?}").contains("secret token"),
        "{error:?}"
    );
    for (method, params) in [
        ("app.info", json!([1])),
        ("../x", json!({})),
        ("", json!({})),
    ] {
        let error = call(&client, method, params).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{method}");
    }
}
