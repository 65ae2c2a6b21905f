//! Calls that come, and answers that are given, while the store fails: none is lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bizproc_portal::{Event, Outgoing, Workflow};
use bizproc_runtime::App;
use bizproc_runtime::store::Store as _;
use serde_json::json;

use crate::fixture::flaky_store::Flaky;
use crate::fixture::robots::counting;
use crate::fixture::{SOON, World};

/// A file that nothing else uses.
fn spill_file(name: &str) -> PathBuf {
    let file = format!("bizproc-accepting-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(file);
    let _ = std::fs::remove_file(&path);
    path
}

async fn world(
    store: &Arc<Flaky>,
    runs: &Arc<AtomicUsize>,
    with: impl FnOnce(App) -> App,
) -> World {
    let store = Arc::clone(store);
    World::with("acme_count", |app| with(counting(app, runs).store(store))).await
}

/// What the portal was answered when it called.
async fn called(workflow: &Workflow) -> u16 {
    match workflow.wait_called(SOON).await.unwrap().outcome {
        Outgoing::Answered(answer) => answer.status,
        _ => 0,
    }
}

#[tokio::test]
async fn a_call_that_the_store_does_not_take_is_spilled_and_read_back() {
    let (store, runs, path) = (Arc::default(), Arc::default(), spill_file("back"));
    let world = world(&store, &runs, |app| app.journal(&path)).await;
    // The portal has proven itself once.
    let first = world.portal.run("acme_count", json!({})).await.unwrap();
    first.wait_finished(SOON).await.unwrap();

    store.fail(true);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(called(&workflow).await, 200);
    assert!(std::fs::metadata(&path).unwrap().len() > 0);
    assert_eq!(runs.load(Ordering::SeqCst), 1, "it has not run yet");
    store.fail(false);
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 2);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_spilled_call_outlives_the_program() {
    let (store, runs, path) = (
        Arc::<Flaky>::default(),
        Arc::default(),
        spill_file("restart"),
    );
    let world = world(&store, &runs, |app| app.journal(&path)).await;
    store.fail(true);
    // Nobody can say who calls: that is found out later.
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(called(&workflow).await, 200);
    drop(world.service);
    world.server.abort();
    assert!(world.server.await.unwrap_err().is_cancelled());

    store.fail(false);
    let app = counting(App::new("http://127.0.0.1:1"), &runs);
    let _service = app
        .store(store)
        .journal(&path)
        .redelivery([])
        .start()
        .unwrap();
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 1);
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_forged_call_that_was_spilled_never_runs() {
    let (store, runs, path) = (Arc::default(), Arc::default(), spill_file("forged"));
    let world = world(&store, &runs, |app| app.journal(&path)).await;
    store.fail(true);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    called(&workflow).await;
    let history = world.portal.history();
    let body = history.iter().find_map(|record| match &record.event {
        Event::Called { request, .. } => Some(request.body.text()),
        _ => None,
    });
    let body = body.unwrap();
    let forged = body
        .replace("event_token=", "event_token=x")
        .replace("%5Bapplication_token%5D=", "%5Bapplication_token%5D=x");
    assert_ne!(forged, body);
    // It was the first call: nobody can say yet that this one is forged.
    assert_eq!(world.post("/robot", forged).await.0, 200);
    store.fail(false);
    workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(world.service.calls().await.unwrap().len(), 1);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_call_that_nothing_keeps_runs_at_once() {
    let (store, runs) = (Arc::default(), Arc::default());
    let world = world(&store, &runs, |app| app).await;
    let first = world.portal.run("acme_count", json!({})).await.unwrap();
    first.wait_finished(SOON).await.unwrap();
    store.fail(true);
    for (mode, count) in [("", json!(2)), ("fail", json!(null))] {
        let inputs = json!({"mode": mode});
        let workflow = world.portal.run("acme_count", inputs).await.unwrap();
        assert_eq!(called(&workflow).await, 200);
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        assert_eq!(outcome.return_values["count"], count, "{mode}");
    }
    store.fail(false);
    assert_eq!(world.service.calls().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_end_waits_for_a_call_that_nothing_keeps() {
    let (store, runs) = (Arc::default(), Arc::default());
    let world = world(&store, &runs, |app| app).await;
    let first = world.portal.run("acme_count", json!({})).await.unwrap();
    first.wait_finished(SOON).await.unwrap();
    while store.counts().await.unwrap().completed == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    store.fail(true);
    let inputs = json!({"mode": "slow"});
    let workflow = world.portal.run("acme_count", inputs).await.unwrap();
    assert_eq!(called(&workflow).await, 200);
    assert!(world.service.shutdown(SOON).await);
    let outcome = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(outcome.return_values["count"], 2);
}

#[tokio::test]
async fn an_answer_that_the_store_does_not_take_is_kept_later_and_no_code_runs_again() {
    let (store, runs) = (Arc::default(), Arc::default());
    let world = world(&store, &runs, |app| app.max_attempts(1)).await;
    for (number, is_kept) in [false, true].into_iter().enumerate() {
        store.fail_answers([is_kept, false]);
        let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        assert_eq!(outcome.return_values["count"], number + 1);
        assert_eq!(runs.load(Ordering::SeqCst), number + 1);
    }
}
