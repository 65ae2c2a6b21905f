//! How replies reach the portal: redelivered, in batches, by ticket, after a block, after a restart.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bizproc_portal::{Block, Event, Fault, Platform, Portal};
use bizproc_runtime::store::{CallStage, CallState, Completion, Memory, Store};
use bizproc_runtime::{App, Call, Replied, Result, Robot};
use serde_json::json;

use crate::fixture::flaky_store::FlakyStore;
use crate::fixture::robots::{Count, Input, Tickets, counting};
use crate::fixture::{TIMEOUT, TestApp, eventually, finish};

/// How many replies the portal received.
fn replies(portal: &Portal) -> usize {
    let history = portal.history();
    let is_reply = |event: &Event| matches!(event, Event::Replied { .. });
    let replies = history.iter().filter(|record| is_reply(&record.event));
    replies.count()
}

/// How many batches the portal received.
fn batches(portal: &Portal) -> usize {
    let history = portal.history();
    let is_batch =
        |event: &Event| matches!(event, Event::Requested { method, .. } if method == "batch");
    let batches = history.iter().filter(|record| is_batch(&record.event));
    batches.count()
}

async fn wait_paused(app: &TestApp) {
    eventually("the portal is paused", async || {
        !app.service().paused_portals().is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_a_busy_workflow_dropped_is_redelivered() {
    let delays = [Duration::from_millis(50), Duration::from_millis(50)];
    let app = TestApp::count_with(|app| app.redelivery(delays)).await;
    app.portal.fault(Fault::WorkflowBusy, 1);
    assert_eq!(app.run_count("").await.return_values["count"], 1);
    let delivered = CallState::Completed(Completion::Delivered);
    assert_eq!(app.final_state().await, delivered);
    // Once, soon after, and later.
    eventually("three replies", async || replies(&app.portal) == 3).await;
}

#[tokio::test]
async fn a_workflow_that_is_known_to_be_gone_gets_no_further_reply() {
    let builder = Portal::builder().platform(Platform::v24());
    let portal = builder.start().await.unwrap();
    let delays = [Duration::from_millis(20), Duration::from_millis(20)];
    let app = TestApp::count_on(portal, |app| app.redelivery(delays)).await;
    app.run_count("").await;
    let delivered = CallState::Completed(Completion::Delivered);
    assert_eq!(app.final_state().await, delivered);
    assert_eq!(replies(&app.portal), 2, "the second met a 404");
}

#[tokio::test]
async fn replies_are_batched_and_stay_below_the_rate_limit() {
    let app = TestApp::count_with(|app| app).await;
    // The installation has used some of the bucket: these need more than what is left.
    let mut workflows = Vec::new();
    for _ in 0..120 {
        workflows.push(app.start_count("").await);
    }
    for workflow in &workflows {
        finish(workflow).await;
    }
    assert_eq!(replies(&app.portal), 120);
    assert!(batches(&app.portal) > 0);
    let history = app.portal.history();
    let refused = history.iter().filter(|record| match &record.event {
        Event::Requested { response, .. } | Event::Replied { response, .. } => response
            .as_ref()
            .is_some_and(|response| response.status == 503),
        _ => false,
    });
    assert_eq!(refused.count(), 0);
}

#[tokio::test]
async fn a_paused_portal_gets_its_replies_when_it_is_resumed() {
    let app = TestApp::count_with(|app| app).await;
    app.portal.block(Block::Overload);
    let workflow = app.start_count("").await;
    wait_paused(&app).await;
    let paused = app.service().paused_portals();
    assert_eq!(paused[0].member_id, app.portal.member_id());
    assert!(paused[0].reason.contains("OVERLOAD_LIMIT"), "{paused:?}");
    assert_eq!(app.calls().await[0].state.stage(), CallStage::Replied);

    app.portal.unblock(Block::Overload);
    app.service().resume(app.portal.member_id());
    finish(&workflow).await;
    assert_eq!(app.service().paused_portals(), []);
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all_replies() {
    let app = TestApp::count_with(|app| app).await;
    // Every call comes without a token of its own, and the stored one has expired.
    app.portal.advance(Duration::from_hours(2));
    app.portal.fault(Fault::CallWithoutTokens, 20);
    let mut workflows = Vec::new();
    for _ in 0..20 {
        workflows.push(app.start_count("").await);
    }
    for workflow in &workflows {
        finish(workflow).await;
    }
    let history = app.portal.history();
    let renewals = history.iter().filter(|record| {
        matches!(&record.event, Event::AuthorisationServerAsked { path, .. } if path == "/oauth/token/")
    });
    assert_eq!(renewals.count(), 1);
}

/// An application on this store whose robot `acme_count` defers its calls.
async fn deferring_app(store: &Arc<impl Store>, tickets: &Tickets) -> TestApp {
    let store = Arc::clone(store);
    TestApp::start("acme_count", |app| {
        tickets.deferring::<Input>(app).store(store)
    })
    .await
}

#[tokio::test]
async fn a_reply_may_come_by_ticket_and_the_first_one_wins() {
    let store = Arc::new(Memory::new());
    let tickets = Tickets::default();
    let app = deferring_app(&store, &tickets).await;
    let workflow = app.start_count("").await;
    let ticket = tickets.ticket(0).await;
    assert_eq!(ticket.member_id(), app.portal.member_id());
    assert!(workflow.is_waiting());

    // Another process has the store and the ticket, and nothing else.
    let reply = ticket.reply(&*store, Count { count: 7 }).log("decided");
    assert!(reply.await.unwrap());
    let copy = tickets.ticket(0).await;
    assert!(!copy.reply(&*store, Count { count: 8 }).await.unwrap());
    let outcome = finish(&workflow).await;
    assert_eq!(outcome.return_values["count"], 7);
    assert_eq!(outcome.log, ["decided"]);
}

/// Wait
///
/// Only an activity can stop waiting.
#[derive(Robot)]
#[robot(code = "acme_wait", kind = activity, returns = Count)]
struct Wait;

#[tokio::test]
async fn a_deferred_call_expires_when_its_step_stops_waiting() {
    let store = Arc::new(Memory::new());
    let tickets = Tickets::default();
    let app = TestApp::start("acme_wait", |app| {
        let store = Arc::clone(&store);
        tickets.deferring::<Wait>(app).store(store)
    })
    .await;
    let run = app.portal.run("acme_wait", json!({}));
    run.timeout(Duration::from_secs(1)).await.unwrap();
    let ticket = tickets.ticket(0).await;
    let expired = CallState::Completed(Completion::Expired);
    assert_eq!(app.final_state().await, expired);
    assert!(!ticket.reply(&*store, Count { count: 7 }).await.unwrap());
}

#[tokio::test]
async fn the_next_application_completes_what_a_shutdown_interrupted() {
    let store = Arc::new(Memory::new());
    // The code hangs, so that the shutdown interrupts it. The robot has a clone of this, and each
    // of its runs.
    let running = Arc::new(());
    let app = TestApp::start("acme_count", |app| {
        let store = Arc::clone(&store);
        let running = Arc::clone(&running);
        app.store(store).robot(move |_: Call<Input>| {
            let running = Arc::clone(&running);
            async move {
                pending::<()>().await;
                drop(running);
                unreachable!("it hangs") as Result<Replied>
            }
        })
    })
    .await;
    let workflow = app.start_count("").await;
    eventually("the code runs", async || {
        let calls = app.calls().await;
        calls.first().is_some_and(|call| call.runs == 1) && Arc::strong_count(&running) == 3
    })
    .await;
    assert!(!app.service().shutdown(Duration::from_millis(30)).await);
    eventually("the end of the run", async || {
        Arc::strong_count(&running) == 2
    })
    .await;

    let next = counting(App::new("http://127.0.0.1:1"), &Arc::default());
    let _service = next.store(store).redelivery([]).start().unwrap();
    assert_eq!(finish(&workflow).await.return_values["count"], 1);
}

#[tokio::test]
async fn a_shutdown_completes_what_has_begun_and_begins_nothing() {
    let app = TestApp::count_with(|app| app.redelivery([Duration::from_hours(1)])).await;
    app.run_count("").await;
    assert!(app.service().shutdown(TIMEOUT).await);
    // A call that comes now is stored for the next start.
    let late = app.start_count("").await;
    late.wait_called(TIMEOUT).await.unwrap();
    assert!(late.is_waiting());
    let calls = app.calls().await;
    let stages = calls.iter().map(|call| call.state.stage());
    assert!(stages.eq([CallStage::Delivered, CallStage::Accepted]));
}

#[tokio::test]
async fn a_renamed_portal_is_found_and_a_redirection_is_not_followed() {
    let app = TestApp::count_with(|app| app).await;
    let real = app.service().portals().await.unwrap().remove(0);
    let mut renamed = real.duplicate();
    renamed.client_endpoint.set_host(Some("localhost")).unwrap();
    app.store.save_portal(renamed.into()).await.unwrap();
    let elsewhere = || Fault::Moved("http://127.0.0.1:1/".to_owned());
    app.portal.fault(elsewhere(), 1);
    app.run_count("").await;
    let found = app.service().portals().await.unwrap().remove(0);
    assert_eq!(found.client_endpoint, real.client_endpoint);

    // It is where the authorisation server says, and redirects all the same.
    app.portal.fault(elsewhere(), 1);
    let workflow = app.start_count("").await;
    wait_paused(&app).await;
    let reason = &app.service().paused_portals()[0].reason;
    assert!(reason.contains("does not confirm"), "{reason}");
    app.service().resume(app.portal.member_id());
    finish(&workflow).await;
}

#[tokio::test]
async fn a_shutdown_waits_for_a_reply_that_is_being_claimed() {
    let store = Arc::new(FlakyStore::default());
    let tickets = Tickets::default();
    let app = deferring_app(&store, &tickets).await;
    let workflow = app.start_count("").await;
    let ticket = tickets.ticket(0).await;
    store.claim_slowly();
    assert!(ticket.reply(&*store, Count { count: 7 }).await.unwrap());
    assert!(app.service().shutdown(TIMEOUT).await);
    workflow.wait_finished(Duration::ZERO).await.unwrap();
}
