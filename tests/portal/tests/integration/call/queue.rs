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

use crate::fixture::{Setup, TIMEOUT, eventually, listen};

async fn setup_with_queue(queue: Queue) -> Setup {
    let setup = Setup::with(Portal::builder().queue(queue)).await;
    setup.robot("r", json!({})).await;
    setup.bind("ONCRMDEALADD", "/deal").await;
    setup
}

/// A portal that sends failed requests again, or does not.
async fn setup_with_retries(retries: bool) -> Setup {
    setup_with_queue(Queue {
        retries,
        ..Queue::default()
    })
    .await
}

/// The calls and events that were sent so far.
fn sent_requests(portal: &Portal) -> Vec<Delivery> {
    let records = portal.history().into_iter();
    records
        .filter_map(|record| match record.event {
            Event::Called { request, .. } | Event::Fired { request, .. } => Some(request),
            _ => None,
        })
        .collect()
}

/// Waits until a number of them have a response.
async fn wait_responses(setup: &Setup, count: usize) {
    eventually("responses", || count_responses(&setup.portal) == count).await;
}

fn count_responses(portal: &Portal) -> usize {
    let has_response = |request: &&Delivery| request.outcome != Outgoing::Awaited;
    sent_requests(portal).iter().filter(has_response).count()
}

#[tokio::test]
async fn lost_requests_are_never_sent() {
    let setup = setup_with_queue(Queue {
        loss: 1.0,
        ..Queue::default()
    })
    .await;
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    assert_eq!(
        setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap(),
        1
    );
    assert!(sent_requests(&setup.portal).is_empty() && workflow.is_waiting());
    let mut lost = Vec::new();
    for record in setup.portal.history() {
        match record.event {
            Event::CallLost { workflow_id } => lost.push(workflow_id),
            Event::EventLost {
                name, handler_id, ..
            } => lost.push(format!("{name} {handler_id}")),
            _ => {}
        }
    }
    assert_eq!(lost, [workflow.id(), "ONCRMDEALADD 2"]);
    assert!(setup.app.is_quiet().await);
}

#[tokio::test]
async fn doubled_requests_are_sent_twice() {
    let setup = setup_with_queue(Queue {
        duplication: 1.0,
        ..Queue::default()
    })
    .await;
    setup.portal.run("r", json!({})).await.unwrap();
    assert_eq!(setup.app.next_body().await, setup.app.next_body().await);
    setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    assert_eq!(setup.app.next_body().await, setup.app.next_body().await);
    wait_responses(&setup, 4).await;
    // A fault takes precedence over the settings of the queue.
    setup.portal.fault(Fault::LostCall, 1);
    setup.portal.run("r", json!({})).await.unwrap();
    assert_eq!(sent_requests(&setup.portal).len(), 4);
}

#[tokio::test]
async fn chances_are_drawn_for_each_request() {
    let setup = setup_with_queue(Queue {
        loss: 0.5,
        ..Queue::default()
    })
    .await;
    // All of them have the same fate once in 2^99 runs.
    for _ in 0..100 {
        setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    }
    let count = sent_requests(&setup.portal).len();
    assert!(count > 0 && count < 100, "{count}");
}

#[tokio::test]
async fn delayed_requests_follow_the_portals_clock() {
    let setup = setup_with_queue(Queue {
        delay: Duration::from_mins(10),
        ..Queue::default()
    })
    .await;
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
    setup.portal.advance(Duration::from_mins(9));
    assert!(sent_requests(&setup.portal).is_empty());
    assert!(workflow.wait_called(Duration::ZERO).await.is_err());
    let before = setup.portal.history().last().unwrap().at;
    setup.portal.advance(Duration::from_mins(1));
    let requests = [
        setup.app.next_request().await,
        setup.app.next_request().await,
    ];
    let call = requests
        .iter()
        .find(|request| request["code"] == json!("r"));
    // Its time is that of its queueing.
    let ts: i64 = call.unwrap()["ts"].as_str().unwrap().parse().unwrap();
    assert!((ts - before.as_second()).abs() < 60, "{ts}");
    workflow.wait_called(TIMEOUT).await.unwrap();
    let records = setup.portal.history();
    let called = records
        .iter()
        .find(|record| matches!(record.event, Event::Called { .. }));
    assert!(called.unwrap().at.as_second() >= before.as_second() + 600);
    let reply = json!({"EVENT_TOKEN": call.unwrap()["event_token"]});
    setup.call("bizproc.event.send", reply).await;
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
}

/// A handler that responds with these statuses and then with 200, each when the test permits it.
#[derive(Clone)]
struct Handler {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    permits: Arc<Semaphore>,
    received: Arc<Semaphore>,
}

impl Handler {
    fn new(statuses: &[u16], permits: usize) -> Self {
        Self {
            statuses: Arc::new(Mutex::new(statuses.iter().copied().collect())),
            permits: Arc::new(Semaphore::new(permits)),
            received: Arc::new(Semaphore::new(0)),
        }
    }

    async fn listen(&self) -> (String, tokio::task::JoinHandle<()>) {
        let router = Router::new()
            .fallback(any(respond))
            .with_state(self.clone());
        let (origin, server) = listen(router).await;
        (format!("{origin}/h"), server)
    }

    /// Waits until a request has come.
    async fn wait_request(&self) {
        let received = tokio::time::timeout(TIMEOUT, self.received.acquire()).await;
        received.unwrap().unwrap().forget();
    }
}

async fn respond(State(handler): State<Handler>) -> StatusCode {
    handler.received.add_permits(1);
    handler.permits.acquire().await.unwrap().forget();
    let status = handler.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

fn statuses(portal: &Portal) -> Vec<u16> {
    sent_requests(portal)
        .into_iter()
        .filter_map(|request| match request.outcome {
            Outgoing::Responded(response) => Some(response.status),
            _ => None,
        })
        .collect()
}

/// A portal whose robot `slow` was called once and responded after forty minutes; its handler, and the handler's server.
async fn setup_with_slow_handler() -> (Setup, Handler, tokio::task::JoinHandle<()>) {
    let setup = setup_with_queue(Queue {
        throttle_after: Some(Duration::from_mins(10)),
        ..Queue::default()
    })
    .await;
    let handler = Handler::new(&[], 0);
    let (url, server) = handler.listen().await;
    setup.robot("slow", json!({"HANDLER": url})).await;
    setup.portal.run("slow", json!({})).await.unwrap();
    handler.wait_request().await;
    setup.portal.advance(Duration::from_mins(40));
    handler.permits.add_permits(1);
    wait_responses(&setup, 1).await;
    (setup, handler, server)
}

#[tokio::test]
async fn a_slow_handler_is_throttled() {
    let (setup, handler, server) = setup_with_slow_handler().await;
    let run = async || setup.portal.run("slow", json!({})).await.unwrap();
    run().await;
    assert_eq!(sent_requests(&setup.portal).len(), 1);
    // Other handlers are not affected.
    setup.portal.run("r", json!({})).await.unwrap();
    setup.app.next_request().await;
    setup.portal.advance(Duration::from_mins(30));
    assert_eq!(sent_requests(&setup.portal).len(), 2);
    setup.portal.advance(Duration::from_mins(10));
    handler.permits.add_permits(1);
    handler.wait_request().await;
    wait_responses(&setup, 3).await;
    // It was fast this time, so the next call is sent immediately.
    run().await;
    assert_eq!(sent_requests(&setup.portal).len(), 4);
    server.abort();
}

#[tokio::test]
async fn both_copies_of_a_doubled_call_are_throttled() {
    let (setup, handler, server) = setup_with_slow_handler().await;
    setup.portal.fault(Fault::DoubledCall, 1);
    setup.portal.run("slow", json!({})).await.unwrap();
    setup.portal.advance(Duration::from_mins(30));
    assert_eq!(sent_requests(&setup.portal).len(), 1);
    setup.portal.advance(Duration::from_mins(10));
    handler.permits.add_permits(2);
    wait_responses(&setup, 3).await;
    server.abort();
}

#[tokio::test]
async fn failed_requests_are_sent_again_three_times() {
    for retries in [true, false] {
        let setup = setup_with_retries(retries).await;
        let handler = Handler::new(&[500, 404, 301, 503], 100);
        let (url, server) = handler.listen().await;
        setup.robot("failing", json!({"HANDLER": url})).await;
        let workflow = setup.portal.run("failing", json!({})).await.unwrap();
        for times in 1..=4 {
            let expected = if retries { times } else { 1 };
            wait_responses(&setup, expected).await;
            assert_eq!(sent_requests(&setup.portal).len(), expected);
            setup.portal.advance(Duration::from_secs(40));
            assert_eq!(sent_requests(&setup.portal).len(), expected);
            setup.portal.advance(Duration::from_secs(20));
        }
        let expected: &[u16] = if retries {
            &[500, 404, 301, 503]
        } else {
            &[500]
        };
        assert_eq!(statuses(&setup.portal), expected);
        let bodies: Vec<String> = sent_requests(&setup.portal)
            .iter()
            .map(|request| request.body.text())
            .collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        // The call keeps its first response.
        let called = workflow.wait_called(TIMEOUT).await.unwrap();
        assert!(matches!(called.outcome, Outgoing::Responded(response) if response.status == 500));
        assert!(workflow.is_waiting());
        server.abort();
    }
}

#[tokio::test]
async fn delivered_requests_are_not_sent_again() {
    let setup = setup_with_retries(true).await;
    let handler = Handler::new(&[500, 204], 100);
    let (url, server) = handler.listen().await;
    let params = json!({"event": "ONCRMLEADADD", "handler": url});
    setup.ok("event.bind", params).await;
    setup.portal.fire("ONCRMLEADADD", json!({})).await.unwrap();
    wait_responses(&setup, 1).await;
    setup.portal.advance(Duration::from_mins(1));
    wait_responses(&setup, 2).await;
    assert_eq!(statuses(&setup.portal), [500, 204]);
    // Requests keep their order: a repetition would be sent before this event.
    setup.portal.advance(Duration::from_hours(1));
    setup.portal.fire("ONCRMLEADADD", json!({})).await.unwrap();
    wait_responses(&setup, 3).await;
    assert_eq!(statuses(&setup.portal), [500, 204, 200]);
    server.abort();
}

#[tokio::test]
async fn an_unreachable_handler_is_retried() {
    let setup = setup_with_retries(true).await;
    setup
        .robot("unreachable", json!({"HANDLER": "http://127.0.0.1:1/h"}))
        .await;
    setup.portal.run("unreachable", json!({})).await.unwrap();
    wait_responses(&setup, 1).await;
    setup.portal.advance(Duration::from_mins(1));
    wait_responses(&setup, 2).await;
    let failed = |request: &Delivery| matches!(request.outcome, Outgoing::Failed(_));
    assert!(sent_requests(&setup.portal).iter().all(failed));
}
