use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::any;
use bizproc_portal::{Delivery, Ending, Event, Fault, Outgoing, Portal, Queue};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::fixture::{PATIENCE, Stage, eventually, listen};

async fn stage(queue: Queue) -> Stage {
    let stage = Stage::with(Portal::builder().queue(queue)).await;
    stage.robot("r", json!({})).await;
    stage.bind("ONCRMDEALADD", "/deal").await;
    stage
}

/// A portal that sends again what was not taken, or not.
async fn retrying(retries: bool) -> Stage {
    stage(Queue {
        retries,
        ..Queue::default()
    })
    .await
}

/// The calls and events that were sent so far.
fn sent(portal: &Portal) -> Vec<Delivery> {
    let records = portal.history().into_iter();
    records
        .filter_map(|record| match record.event {
            Event::Called { request, .. } | Event::Fired { request, .. } => Some(request),
            _ => None,
        })
        .collect()
}

/// Waits until so many of them are answered.
async fn answers(stage: &Stage, times: usize) {
    eventually("answers", || answered(&stage.portal) == times).await;
}

fn answered(portal: &Portal) -> usize {
    let sent = sent(portal);
    let awaited = |request: &&Delivery| request.outcome == Outgoing::Awaited;
    sent.len() - sent.iter().filter(awaited).count()
}

#[tokio::test]
async fn what_is_lost_is_never_sent() {
    let stage = stage(Queue {
        loss: 1.0,
        ..Queue::default()
    })
    .await;
    let workflow = stage.portal.run("r", json!({})).await.unwrap();
    assert_eq!(
        stage.portal.fire("ONCRMDEALADD", json!({})).await.unwrap(),
        1
    );
    assert!(sent(&stage.portal).is_empty() && workflow.is_waiting());
    let mut lost = Vec::new();
    for record in stage.portal.history() {
        match record.event {
            Event::CallLost { workflow_id } => lost.push(workflow_id),
            Event::EventLost {
                name, handler_id, ..
            } => lost.push(format!("{name} {handler_id}")),
            _ => {}
        }
    }
    assert_eq!(lost, [workflow.id(), "ONCRMDEALADD 2"]);
    assert!(stage.app.is_quiet().await);
}

#[tokio::test]
async fn what_is_doubled_is_sent_twice() {
    let stage = stage(Queue {
        duplication: 1.0,
        ..Queue::default()
    })
    .await;
    stage.portal.run("r", json!({})).await.unwrap();
    let (first, second) = (stage.app.request().await.0, stage.app.request().await.0);
    assert_eq!(first, second);
    stage.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    let (first, second) = (stage.app.request().await.0, stage.app.request().await.0);
    assert_eq!(first, second);
    answers(&stage, 4).await;
    // A fault comes first.
    stage.portal.fault(Fault::LostCall, 1);
    stage.portal.run("r", json!({})).await.unwrap();
    assert_eq!(sent(&stage.portal).len(), 4);
}

#[tokio::test]
async fn chances_are_drawn_for_each_request() {
    let stage = stage(Queue {
        loss: 0.5,
        ..Queue::default()
    })
    .await;
    // That all of them fare alike happens once in 2^99.
    for _ in 0..100 {
        stage.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    }
    let sent = sent(&stage.portal).len();
    assert!(sent > 0 && sent < 100, "{sent}");
}

#[tokio::test]
async fn what_is_delayed_is_sent_when_the_clock_says_so() {
    let stage = stage(Queue {
        delay: Duration::from_mins(10),
        ..Queue::default()
    })
    .await;
    let workflow = stage.portal.run("r", json!({})).await.unwrap();
    stage.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    stage.portal.advance(Duration::from_mins(9));
    assert!(sent(&stage.portal).is_empty());
    assert!(workflow.wait_called(Duration::ZERO).await.is_err());
    let before = stage.portal.history().last().unwrap().at;
    stage.portal.advance(Duration::from_mins(1));
    let requests = [stage.app.request().await.1, stage.app.request().await.1];
    let call = requests
        .iter()
        .find(|request| request["code"] == json!("r"));
    // It was made when it was queued.
    let ts: i64 = call.unwrap()["ts"].as_str().unwrap().parse().unwrap();
    assert!((ts - before.as_second()).abs() < 60, "{ts}");
    workflow.wait_called(PATIENCE).await.unwrap();
    let records = stage.portal.history();
    let called = records
        .iter()
        .find(|record| matches!(record.event, Event::Called { .. }));
    assert!(called.unwrap().at.as_second() >= before.as_second() + 600);
    let reply = json!({"EVENT_TOKEN": call.unwrap()["event_token"]});
    stage.client.call("bizproc.event.send", reply).await;
    let done = workflow.wait_finished(PATIENCE).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
}

/// A handler that answers with these statuses, 200 when they are used up, each when it is let to.
#[derive(Clone)]
struct Handler {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    permits: Arc<Semaphore>,
    taken: Arc<Semaphore>,
}

impl Handler {
    fn new(statuses: &[u16], permits: usize) -> Self {
        Self {
            statuses: Arc::new(Mutex::new(statuses.iter().copied().collect())),
            permits: Arc::new(Semaphore::new(permits)),
            taken: Arc::new(Semaphore::new(0)),
        }
    }

    async fn listen(&self) -> (String, tokio::task::JoinHandle<()>) {
        let router = Router::new().fallback(any(answer)).with_state(self.clone());
        let (origin, server) = listen(router).await;
        (format!("{origin}/h"), server)
    }

    /// Waits until a request has come.
    async fn took(&self) {
        let taken = tokio::time::timeout(PATIENCE, self.taken.acquire()).await;
        taken.unwrap().unwrap().forget();
    }
}

async fn answer(State(handler): State<Handler>) -> StatusCode {
    handler.taken.add_permits(1);
    handler.permits.acquire().await.unwrap().forget();
    let status = handler.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

fn statuses(portal: &Portal) -> Vec<u16> {
    let sent = sent(portal).into_iter();
    sent.filter_map(|request| match request.outcome {
        Outgoing::Answered(answer) => Some(answer.status),
        _ => None,
    })
    .collect()
}

/// A portal whose robot `slow` was called once and took forty minutes to answer; its handler, and the handler's server.
async fn with_a_slow_handler() -> (Stage, Handler, tokio::task::JoinHandle<()>) {
    let stage = stage(Queue {
        throttle_after: Some(Duration::from_mins(10)),
        ..Queue::default()
    })
    .await;
    let handler = Handler::new(&[], 0);
    let (url, server) = handler.listen().await;
    stage.robot("slow", json!({"HANDLER": url})).await;
    stage.portal.run("slow", json!({})).await.unwrap();
    handler.took().await;
    stage.portal.advance(Duration::from_mins(40));
    handler.permits.add_permits(1);
    answers(&stage, 1).await;
    (stage, handler, server)
}

#[tokio::test]
async fn a_slow_handler_is_called_later() {
    let (stage, handler, server) = with_a_slow_handler().await;
    let run = async || stage.portal.run("slow", json!({})).await.unwrap();
    run().await;
    assert_eq!(sent(&stage.portal).len(), 1);
    // Other handlers are not concerned.
    stage.portal.run("r", json!({})).await.unwrap();
    stage.app.request().await;
    stage.portal.advance(Duration::from_mins(30));
    assert_eq!(sent(&stage.portal).len(), 2);
    stage.portal.advance(Duration::from_mins(10));
    handler.permits.add_permits(1);
    handler.took().await;
    answers(&stage, 3).await;
    // It was fast this time.
    run().await;
    assert_eq!(sent(&stage.portal).len(), 4);
    server.abort();
}

#[tokio::test]
async fn either_copy_of_a_call_to_a_slow_handler_is_late() {
    let (stage, handler, server) = with_a_slow_handler().await;
    stage.portal.fault(Fault::DoubledCall, 1);
    stage.portal.run("slow", json!({})).await.unwrap();
    stage.portal.advance(Duration::from_mins(30));
    assert_eq!(sent(&stage.portal).len(), 1);
    stage.portal.advance(Duration::from_mins(10));
    handler.permits.add_permits(2);
    answers(&stage, 3).await;
    server.abort();
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_three_times() {
    for retries in [true, false] {
        let stage = retrying(retries).await;
        let handler = Handler::new(&[500, 404, 301, 503], 100);
        let (url, server) = handler.listen().await;
        stage.robot("failing", json!({"HANDLER": url})).await;
        let workflow = stage.portal.run("failing", json!({})).await.unwrap();
        for times in 1..=4 {
            let expected = if retries { times } else { 1 };
            answers(&stage, expected).await;
            assert_eq!(sent(&stage.portal).len(), expected);
            stage.portal.advance(Duration::from_secs(40));
            assert_eq!(sent(&stage.portal).len(), expected);
            stage.portal.advance(Duration::from_secs(20));
        }
        let expected: &[u16] = if retries {
            &[500, 404, 301, 503]
        } else {
            &[500]
        };
        assert_eq!(statuses(&stage.portal), expected);
        let bodies: Vec<String> = sent(&stage.portal)
            .iter()
            .map(|request| request.body.text())
            .collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        // The first answer is the call's.
        let called = workflow.wait_called(PATIENCE).await.unwrap();
        assert!(matches!(called.outcome, Outgoing::Answered(answer) if answer.status == 500));
        assert!(workflow.is_waiting());
        server.abort();
    }
}

#[tokio::test]
async fn what_was_taken_is_not_sent_again() {
    let stage = retrying(true).await;
    let handler = Handler::new(&[500, 204], 100);
    let (url, server) = handler.listen().await;
    let params = json!({"event": "ONCRMLEADADD", "handler": url});
    stage.client.ok("event.bind", params).await;
    stage.portal.fire("ONCRMLEADADD", json!({})).await.unwrap();
    answers(&stage, 1).await;
    stage.portal.advance(Duration::from_mins(1));
    answers(&stage, 2).await;
    assert_eq!(statuses(&stage.portal), [500, 204]);
    // What comes later overtakes nothing: had it been queued again, it would be sent before this.
    stage.portal.advance(Duration::from_hours(1));
    stage.portal.fire("ONCRMLEADADD", json!({})).await.unwrap();
    answers(&stage, 3).await;
    assert_eq!(statuses(&stage.portal), [500, 204, 200]);
    server.abort();
}

#[tokio::test]
async fn a_handler_that_is_not_there_is_tried_again_too() {
    let stage = retrying(true).await;
    stage
        .robot("nobody", json!({"HANDLER": "http://127.0.0.1:1/h"}))
        .await;
    stage.portal.run("nobody", json!({})).await.unwrap();
    answers(&stage, 1).await;
    stage.portal.advance(Duration::from_mins(1));
    answers(&stage, 2).await;
    let failed = |request: &Delivery| matches!(request.outcome, Outgoing::Failed(_));
    assert!(sent(&stage.portal).iter().all(failed));
}
