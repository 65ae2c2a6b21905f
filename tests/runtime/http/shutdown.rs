//! The shutdown of `App::serve` by a signal.

use std::sync::Arc;
use std::time::Duration;

use bizproc_runtime::store::CallStage;
use bizproc_runtime::{App, Call, Replied, Result};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use crate::fixture::alone::is_alone;
use crate::fixture::http::{read_one, read_to_end};
use crate::fixture::robots::Ping;
use crate::fixture::{TIMEOUT, TestApp, finish};

const READY: &[u8] = b"GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n";

/// An application whose robot reports that it runs, and waits until it may reply.
async fn waiting_app(running: &Arc<Notify>, may_reply: &Arc<Notify>) -> TestApp {
    let running = Arc::clone(running);
    let may_reply = Arc::clone(may_reply);
    let robot = move |call: Call<Ping>| {
        let running = Arc::clone(&running);
        let may_reply = Arc::clone(&may_reply);
        async move {
            running.notify_one();
            may_reply.notified().await;
            call.reply(()).await as Result<Replied>
        }
    };
    let limit = Duration::from_mins(10);
    let configure = |app: App| app.robot(robot).shutdown_timeout(limit);
    TestApp::serve("acme_ping", configure).await
}

#[tokio::test]
async fn a_shutdown_accepts_calls_until_runs_end_and_waits_for_no_silent_client() {
    if !is_alone(a_shutdown_accepts_calls_until_runs_end_and_waits_for_no_silent_client) {
        return;
    }
    let running = Arc::new(Notify::new());
    let may_reply = Arc::new(Notify::new());
    let mut app = waiting_app(&running, &may_reply).await;
    let workflow = app.start_workflow("acme_ping", json!({})).await;
    running.notified().await;
    let mut silent = app.connect().await;
    let mut kept_alive = app.connect().await;
    kept_alive.write_all(READY).await.unwrap();
    assert!(read_one(&mut kept_alive).await.0.contains("\"ready\""));

    kill_process(getpid(), Signal::TERM).unwrap();
    let drains = async {
        loop {
            kept_alive.write_all(READY).await.unwrap();
            if read_one(&mut kept_alive).await.0.contains("draining") {
                return;
            }
        }
    };
    let drains = tokio::time::timeout(TIMEOUT, drains).await;
    drains.expect("it drains");
    let late = app.start_workflow("acme_ping", json!({})).await;
    late.wait_called(TIMEOUT).await.unwrap();
    // Its body comes when everything else has ended.
    let mut request = app.connect().await;
    let head = b"POST /robot HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n";
    request.write_all(head).await.unwrap();

    may_reply.notify_one();
    finish(&workflow).await;
    assert_eq!(read_to_end(&mut silent).await.0, "");
    assert_eq!(read_to_end(&mut kept_alive).await.0, "");
    request.write_all(b"x").await.unwrap();
    let response = read_to_end(&mut request).await;
    assert_eq!(response.status(), Some(400), "{response:?}");
    let ended = tokio::time::timeout(TIMEOUT, &mut app.server).await;
    ended.expect("the end").unwrap().unwrap();
    let calls = app.calls().await;
    let stages = calls.iter().map(|call| call.state.stage());
    assert!(
        stages.eq([CallStage::Completed, CallStage::Accepted]),
        "{calls:?}"
    );
}
