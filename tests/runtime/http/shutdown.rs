//! The end of `App::serve`.

use std::sync::Arc;
use std::time::Duration;

use bizproc_runtime::store::{CallFilter, CallStage, Memory};
use bizproc_runtime::{Call, Replied, Result};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use crate::fixture::SOON;
use crate::fixture::alone::is_alone;
use crate::fixture::robots::Ping;
use crate::fixture::served::{Served, answer, one_answer};

#[tokio::test]
async fn calls_are_taken_until_what_runs_has_ended_and_silent_clients_hold_up_nothing() {
    if !is_alone(calls_are_taken_until_what_runs_has_ended_and_silent_clients_hold_up_nothing) {
        return;
    }
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, goes) = (Arc::clone(&begun), Arc::clone(&go));
    let robot = move |call: Call<Ping>| {
        let (begins, goes) = (Arc::clone(&begins), Arc::clone(&goes));
        async move {
            begins.notify_one();
            goes.notified().await;
            call.reply(()).await as Result<Replied>
        }
    };
    let with =
        |app: bizproc_runtime::App| app.robot(robot).shutdown_timeout(Duration::from_mins(10));
    let served = Served::with(Arc::new(Memory::new()), "acme_ping", with).await;
    let running = served.portal.run("acme_ping", json!({})).await.unwrap();
    begun.notified().await;
    let mut silent = served.connect().await;
    let mut kept = served.connect().await;
    let ready = b"GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n";
    kept.write_all(ready).await.unwrap();
    assert!(one_answer(&mut kept).await.0.contains("\"ready\""));

    kill_process(getpid(), Signal::TERM).unwrap();
    let drains = async {
        loop {
            kept.write_all(ready).await.unwrap();
            if one_answer(&mut kept).await.0.contains("draining") {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, drains).await.expect("it drains");
    let late = served.portal.run("acme_ping", json!({})).await.unwrap();
    late.wait_called(SOON).await.unwrap();
    // Its body comes when everything else has ended.
    let mut request = served.connect().await;
    let head = b"POST /robot HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n";
    request.write_all(head).await.unwrap();

    go.notify_one();
    running.wait_finished(SOON).await.unwrap();
    assert_eq!(answer(&mut silent).await.0, "");
    assert_eq!(answer(&mut kept).await.0, "");
    request.write_all(b"x").await.unwrap();
    let reply = answer(&mut request).await;
    assert_eq!(reply.status(), Some(400), "it was answered: {reply:?}");
    let ended = tokio::time::timeout(SOON, served.server).await;
    ended.expect("the end").unwrap().unwrap();
    let all = CallFilter::default();
    let records = served.store.calls(&all).await.unwrap();
    let stages = records.iter().map(|record| record.state.stage());
    assert!(
        stages.eq([CallStage::Completed, CallStage::Accepted]),
        "{records:?}"
    );
}
