//! The metrics of an application.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bizproc_portal::Fault;
use bizproc_runtime::store::CallStage;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshot};

use crate::fixture::alone::is_alone;
use crate::fixture::{TestApp, eventually};

/// Each metric by its name and labels; a histogram as the number of its values.
fn values(snapshot: Snapshot) -> BTreeMap<String, f64> {
    snapshot
        .into_vec()
        .into_iter()
        .map(|(key, _, description, value)| {
            assert!(description.is_some(), "{key:?} has no description");
            let (name, labels) = key.key().clone().into_parts();
            let mut pairs: Vec<_> = labels
                .iter()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            pairs.sort();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(values) => values.len() as f64,
            };
            (format!("{} {}", name.as_str(), pairs.join(",")), value)
        })
        .collect()
}

/// An application that has had calls that fail, a duplicate, and requests that it refused.
async fn busy_app() -> TestApp {
    let delays = [Duration::from_millis(1)];
    let app = TestApp::count_with(|app| app.max_attempts(2).redelivery(delays)).await;
    let faults = [
        Fault::CutAfterExecution,
        Fault::DoubledCall,
        Fault::error(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Fault::error(400, "ERROR_ARGUMENT", "no"),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        app.portal.fault(fault, 1);
        app.start_count("fail once").await;
        wait_over(&app, index + 1).await;
    }
    let member_id = app.portal.member_id();
    let body = format!("event_token=t&workflow_id=w&auth[member_id]={member_id}");
    assert_eq!(app.post("/robot", body.clone()).await.0, 400);
    assert_eq!(app.post("/robot", body.clone() + "&code=x").await.0, 403);
    let token = app.installation.application_token();
    let unknown = format!("{body}&code=a%3Cb&auth[application_token]={token}");
    assert_eq!(app.post("/robot", unknown).await.0, 200);
    app
}

#[tokio::test]
async fn everything_that_happens_is_counted() {
    if !is_alone(everything_that_happens_is_counted) {
        return;
    }
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let _app = busy_app().await;

    let counted = values(snapshotter.snapshot());
    let is = |name: &str, expected: f64| {
        let value = counted.get(name).copied();
        assert_eq!(value, Some(expected), "{name} in {counted:#?}");
    };
    is("bizproc_calls_accepted_total robot=acme_count", 4.0);
    is("bizproc_calls_accepted_total robot=(unknown)", 1.0);
    is("bizproc_calls_duplicate_total robot=acme_count", 1.0);
    is("bizproc_calls_unauthenticated_total ", 1.0);
    is("bizproc_calls_malformed_total ", 1.0);
    is("bizproc_runs_total outcome=retry,robot=acme_count", 1.0);
    is("bizproc_runs_total outcome=replied,robot=acme_count", 4.0);
    is("bizproc_run_seconds robot=acme_count", 5.0);
    // The reply whose connection broke was applied: its redelivery is delivered.
    is("bizproc_replies_ambiguous_total ", 2.0);
    is("bizproc_replies_retried_total ", 2.0);
    is("bizproc_replies_total outcome=dead", 1.0);
    is("bizproc_replies_total outcome=delivered", 3.0);
    is("bizproc_replies_total outcome=completed", 3.0);
    is("bizproc_reply_seconds ", 3.0);
    is(
        "bizproc_requests_total method=bizproc.event.send,outcome=ok",
        6.0,
    );
    is(
        "bizproc_requests_total method=bizproc.event.send,outcome=no_response",
        1.0,
    );
    is(
        "bizproc_requests_total method=bizproc.event.send,outcome=rejected",
        2.0,
    );
    assert!(counted["bizproc_request_seconds method=bizproc.event.send"] > 0.0);
    // Set at the start, when there was nothing.
    is("bizproc_calls stage=dead", 0.0);
    is("bizproc_calls_running ", 0.0);
    is("bizproc_oldest_open_call_seconds ", 0.0);
    is("bizproc_portals_paused ", 0.0);
    is("bizproc_rate_limit_utilization_ratio ", 0.0);
    let labels = counted
        .keys()
        .filter_map(|key| key.split(' ').nth(1))
        .flat_map(|labels| labels.split(','));
    let names: BTreeSet<_> = labels
        .filter_map(|label| Some(label.split_once('=')?.0))
        .collect();
    assert_eq!(names, ["method", "outcome", "robot", "stage"].into());
}

/// Waits until this many calls are there and over.
async fn wait_over(app: &TestApp, expected: usize) {
    eventually("the calls are over", async || {
        let calls = app.calls().await;
        let mut stages = calls.iter().map(|call| call.state.stage());
        calls.len() == expected
            && stages.all(|stage| matches!(stage, CallStage::Completed | CallStage::Dead))
    })
    .await;
}
