//! A process without a free descriptor.

use std::fs::File;
use std::sync::Arc;

use bizproc_runtime::store::Memory;
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::fixture::SOON;
use crate::fixture::alone::is_alone;
use crate::fixture::logs::{Line, capture, lines};
use crate::fixture::robots::echo;
use crate::fixture::served::{Served, eventually, one_answer};

/// What the application says when it has no descriptor for a connection.
fn told() -> Option<Line> {
    let mut lines = lines().into_iter();
    lines.find(|line| {
        let message = line.get("message").unwrap_or_default();
        line.is_own() && message.starts_with("no connection can be accepted")
    })
}

#[tokio::test]
async fn an_application_without_descriptors_goes_on_when_it_has_some() {
    if !is_alone(an_application_without_descriptors_goes_on_when_it_has_some) {
        return;
    }
    capture();
    let store = Arc::new(Memory::new());
    let served = Served::with(store, "acme_echo", |app| app.robot(echo)).await;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(200);
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    assert!(told().is_none());
    // One is left, for this side of the connection.
    taken.pop();
    let mut stream = served.connect().await;
    let request = b"GET /-/health HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request).await.unwrap();
    eventually("the error is told", || told().is_some()).await;
    assert_eq!(told().unwrap().level, tracing::Level::ERROR);
    drop(taken);
    assert_eq!(one_answer(&mut stream).await.status(), Some(200));
    let run = served.portal.run("acme_echo", json!({"text": "again"}));
    let outcome = run.await.unwrap().wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["echoed"], "again");
}
