//! Calls and replies that arrive while the store fails: none is lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bizproc_portal::{Outgoing, Workflow};
use bizproc_runtime::App;
use bizproc_runtime::store::{CallStage, Store as _};
use serde_json::json;
use tempfile::TempDir;

use crate::fixture::flaky_store::FlakyStore;
use crate::fixture::robots::counting;
use crate::fixture::{TIMEOUT, TestApp, eventually, finish};

/// The path of a journal in a folder of its own.
struct Journal {
    path: PathBuf,
    _folder: TempDir,
}

impl Journal {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("journal");
        Self {
            path,
            _folder: folder,
        }
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).unwrap().len()
    }
}

/// An application with the robot `acme_count` on this store.
async fn app_on(store: &Arc<FlakyStore>, configure: impl FnOnce(App) -> App) -> TestApp {
    let store = Arc::clone(store);
    TestApp::count_with(|app| configure(app.store(store))).await
}

/// The status of the response to the call.
async fn status(workflow: &Workflow) -> u16 {
    match workflow.wait_called(TIMEOUT).await.unwrap().outcome {
        Outgoing::Responded(response) => response.status,
        _ => 0,
    }
}

#[tokio::test]
async fn a_call_that_the_store_fails_to_accept_is_journaled_and_recovered() {
    let store = Arc::default();
    let journal = Journal::new();
    let app = app_on(&store, |app| app.journal(&journal.path)).await;
    // The application has authenticated the portal once.
    app.run_count("").await;

    store.fail(true);
    let workflow = app.start_count("").await;
    assert_eq!(status(&workflow).await, 200);
    assert!(journal.len() > 0);
    assert_eq!(app.runs(), 1, "it has not run yet");
    store.fail(false);
    assert_eq!(finish(&workflow).await.return_values["count"], 2);
    assert_eq!(journal.len(), 0);
}

#[tokio::test]
async fn a_journaled_call_outlives_the_program() {
    let store = Arc::default();
    let journal = Journal::new();
    let mut app = app_on(&store, |app| app.journal(&journal.path)).await;
    store.fail(true);
    // The portal cannot be authenticated yet: that is done on recovery.
    let workflow = app.start_count("").await;
    assert_eq!(status(&workflow).await, 200);
    app.drop_service();
    app.server.abort();
    assert!((&mut app.server).await.unwrap_err().is_cancelled());

    store.fail(false);
    let next = counting(App::new("http://127.0.0.1:1"), &app.run_counter());
    let _service = next
        .store(store)
        .journal(&journal.path)
        .redelivery([])
        .start()
        .unwrap();
    assert_eq!(finish(&workflow).await.return_values["count"], 1);
}

#[tokio::test]
async fn a_forged_call_that_was_journaled_never_runs() {
    let store = Arc::default();
    let journal = Journal::new();
    let app = app_on(&store, |app| app.journal(&journal.path)).await;
    store.fail(true);
    let workflow = app.start_count("").await;
    let body = workflow.wait_called(TIMEOUT).await.unwrap().body.text();
    let forged = body
        .replace("event_token=", "event_token=x")
        .replace("%5Bapplication_token%5D=", "%5Bapplication_token%5D=x");
    assert_ne!(forged, body);
    // The application has not authenticated the portal yet, and cannot tell that this is forged.
    assert_eq!(app.post("/robot", forged).await.0, 200);
    store.fail(false);
    finish(&workflow).await;
    assert_eq!(app.calls().await.len(), 1);
    assert_eq!(app.runs(), 1);
}

#[tokio::test]
async fn a_call_that_cannot_be_persisted_runs_immediately() {
    let store = Arc::default();
    let app = app_on(&store, |app| app).await;
    app.run_count("").await;
    store.fail(true);
    for (mode, count) in [("", json!(2)), ("fail", json!(null))] {
        let workflow = app.start_count(mode).await;
        assert_eq!(status(&workflow).await, 200);
        let outcome = finish(&workflow).await;
        assert_eq!(outcome.return_values["count"], count, "{mode}");
    }
    store.fail(false);
    assert_eq!(app.calls().await.len(), 1);
}

#[tokio::test]
async fn a_shutdown_waits_for_a_call_that_could_not_be_persisted() {
    let store = Arc::default();
    let app = app_on(&store, |app| app).await;
    app.run_count("").await;
    eventually("the first call is completed", async || {
        store.counts().await.unwrap().get(CallStage::Completed) > 0
    })
    .await;
    store.fail(true);
    let workflow = app.start_count("slow").await;
    assert_eq!(status(&workflow).await, 200);
    assert!(app.service().shutdown(TIMEOUT).await);
    let outcome = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(outcome.return_values["count"], 2);
}

#[tokio::test]
async fn a_reply_that_the_store_fails_to_save_is_saved_later_without_another_run() {
    let store = Arc::default();
    let app = app_on(&store, |app| app.max_attempts(1)).await;
    for (number, is_saved) in [false, true].into_iter().enumerate() {
        store.fail_replies([is_saved, false]);
        let outcome = app.run_count("").await;
        assert_eq!(outcome.return_values["count"], number + 1);
        assert_eq!(app.runs(), number + 1);
    }
}
