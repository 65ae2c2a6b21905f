//! What an application counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bizproc_portal::Fault;
use bizproc_runtime::App;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshot};
use serde_json::json;

use crate::fixture::alone::is_alone;
use crate::fixture::robots::counting;
use crate::fixture::{SOON, World};

/// Every value by its name and labels; of a histogram, how many values it has.
fn values(snapshot: Snapshot) -> BTreeMap<String, f64> {
    let values = snapshot
        .into_vec()
        .into_iter()
        .map(|(key, _, meaning, value)| {
            assert!(meaning.is_some(), "nobody described {key:?}");
            let (name, labels) = key.key().clone().into_parts();
            let mut labels = labels
                .iter()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect::<Vec<_>>();
            labels.sort();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(values) => values.len() as f64,
            };
            (format!("{} {}", name.as_str(), labels.join(",")), value)
        });
    values.collect()
}

#[tokio::test]
async fn everything_that_happens_is_counted() {
    if !is_alone(everything_that_happens_is_counted) {
        return;
    }
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();

    let runs = std::sync::Arc::default();
    let pauses = [Duration::from_millis(1)];
    let app = |app: App| counting(app, &runs).max_attempts(2).redelivery(pauses);
    let world = World::with("acme_count", app).await;
    let faults = [
        Fault::CutAfterExecution,
        Fault::DoubledCall,
        Fault::error(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Fault::error(400, "ERROR_ARGUMENT", "no"),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        world.portal.fault(fault, 1);
        let mode = json!({"mode": "fail once"});
        world.portal.run("acme_count", mode).await.unwrap();
        ended(&world, index + 1).await;
    }
    let member_id = world.portal.member_id();
    let body = format!("event_token=t&workflow_id=w&auth[member_id]={member_id}");
    assert_eq!(world.post("/robot", body.clone()).await.0, 400);
    assert_eq!(world.post("/robot", body.clone() + "&code=x").await.0, 403);
    let token = world.installation.application_token();
    let stray = format!("{body}&code=a%3Cb&auth[application_token]={token}");
    assert_eq!(world.post("/robot", stray).await.0, 200);

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
    is("bizproc_runs_total outcome=again,robot=acme_count", 1.0);
    is("bizproc_runs_total outcome=replied,robot=acme_count", 4.0);
    is("bizproc_run_seconds robot=acme_count", 5.0);
    // The one that was cut was executed: it is taken when it is said again.
    is("bizproc_replies_ambiguous_total ", 2.0);
    is("bizproc_replies_retried_total ", 2.0);
    is("bizproc_replies_total outcome=dead", 1.0);
    is("bizproc_replies_total outcome=taken", 3.0);
    is("bizproc_replies_total outcome=sent", 3.0);
    is("bizproc_reply_seconds ", 3.0);
    is(
        "bizproc_requests_total method=bizproc.event.send,outcome=ok",
        6.0,
    );
    is(
        "bizproc_requests_total method=bizproc.event.send,outcome=interrupted",
        1.0,
    );
    is(
        "bizproc_requests_total method=bizproc.event.send,outcome=refused",
        2.0,
    );
    assert!(counted["bizproc_request_seconds method=bizproc.event.send"] > 0.0);
    // Set at the start, when there was nothing.
    is("bizproc_calls stage=dead", 0.0);
    is("bizproc_calls_running ", 0.0);
    is("bizproc_oldest_open_call_seconds ", 0.0);
    is("bizproc_portals_paused ", 0.0);
    is("bizproc_rate_limit_utilization_ratio ", 0.0);
    let labels = counted.keys().filter_map(|key| key.split(' ').nth(1));
    let labels = labels.flat_map(|labels| labels.split(','));
    let names = labels.filter_map(|label| Some(label.split_once('=')?.0));
    let names = names.collect::<BTreeSet<_>>();
    assert_eq!(names, ["method", "outcome", "robot", "stage"].into());
}

/// Waits until so many calls came and none is on its way.
async fn ended(world: &World, calls_that_came: usize) {
    use bizproc_runtime::store::{CallStage, CallState};
    let ended = async {
        loop {
            let calls = world.service.calls().await.unwrap();
            let is_over =
                |state: &CallState| matches!(state.stage(), CallStage::Completed | CallStage::Dead);
            let all_are_over = calls.iter().all(|record| is_over(&record.state));
            if calls.len() == calls_that_came && all_are_over {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SOON, ended).await.unwrap();
}
