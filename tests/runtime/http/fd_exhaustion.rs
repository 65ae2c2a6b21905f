//! A process without a free file descriptor.

use std::fs::File;

use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tracing::Level;

use crate::fixture::alone::is_alone;
use crate::fixture::http::read_one;
use crate::fixture::logs::{Line, capture, lines};
use crate::fixture::robots::echo;
use crate::fixture::{TestApp, wait_for};

/// What the application logs when it has no descriptor for a connection.
fn logged_error() -> Option<Line> {
    lines().into_iter().find(|line| {
        let message = line.get("message").unwrap_or_default();
        line.is_own() && message.starts_with("no connection can be accepted")
    })
}

#[tokio::test]
async fn an_application_without_descriptors_recovers() {
    if !is_alone(an_application_without_descriptors_recovers) {
        return;
    }
    capture();
    let app = TestApp::serve("acme_echo", |app| app.robot(echo)).await;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(200);
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    assert!(logged_error().is_none());
    // One is left, for this side of the connection.
    files.pop();
    let mut stream = app.connect().await;
    let request = b"GET /-/health HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let error = wait_for("the error is logged", async || logged_error()).await;
    assert_eq!(error.level, Level::ERROR);
    drop(files);
    assert_eq!(read_one(&mut stream).await.status(), Some(200));
    let outcome = app.run("acme_echo", json!({"text": "recovered"})).await;
    assert_eq!(outcome.return_values["echoed"], "recovered");
}
