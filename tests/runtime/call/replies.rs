//! How answers reach the portal: said again, together, later, after a block, after a restart.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bizproc_portal::{Block, Event, Fault, Platform, Portal, Workflow};
use bizproc_runtime::call::Ticket;
use bizproc_runtime::store::{CallStage, CallState, Completion, Memory, Store};
use bizproc_runtime::{App, Call, Error, Replied, Result, Robot};
use serde_json::json;

use crate::fixture::flaky_store::Flaky;
use crate::fixture::robots::{Count, Input, counting};
use crate::fixture::{SOON, World};

/// Waits until something is so.
async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect(what);
}

async fn world(portal: Portal, with: impl FnOnce(App) -> App) -> World {
    let runs = Arc::default();
    World::on(portal, "acme_count", |app| with(counting(app, &runs))).await
}

async fn run(world: &World) -> Workflow {
    world.portal.run("acme_count", json!({})).await.unwrap()
}

/// The requests that brought replies, by method, and how many of them each was.
fn requests(portal: &Portal) -> (usize, usize) {
    let history = portal.history();
    let replied = history
        .iter()
        .filter(|record| matches!(record.event, Event::Replied { .. }));
    let batches = history.iter().filter(
        |record| matches!(&record.event, Event::Requested { method, .. } if method == "batch"),
    );
    (replied.count(), batches.count())
}

#[tokio::test]
async fn a_reply_that_a_busy_workflow_dropped_is_said_again() {
    let portal = Portal::start().await.unwrap();
    let again = [Duration::from_millis(50), Duration::from_millis(50)];
    let world = world(portal, |app| app.redelivery(again)).await;
    world.portal.fault(Fault::WorkflowBusy, 1);
    let workflow = run(&world).await;
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 1);
    let state = world.ended().await;
    assert_eq!(state, CallState::Completed(Completion::Delivered));
    // Once, soon after, and later.
    eventually("three replies", || requests(&world.portal).0 == 3).await;
}

#[tokio::test]
async fn a_workflow_that_is_known_to_be_gone_is_not_told_again() {
    let portal = Portal::builder().platform(Platform::v24());
    let portal = portal.start().await.unwrap();
    let again = [Duration::from_millis(20), Duration::from_millis(20)];
    let world = world(portal, |app| app.redelivery(again)).await;
    run(&world).await.wait_finished(SOON).await.unwrap();
    let state = world.ended().await;
    assert_eq!(state, CallState::Completed(Completion::Delivered));
    assert_eq!(requests(&world.portal).0, 2, "the second met a 404");
}

#[tokio::test]
async fn what_waits_goes_together_and_never_too_fast() {
    let world = world(Portal::start().await.unwrap(), |app| app).await;
    // The installation has used some of the bucket: more than what is left is asked for.
    let mut workflows = Vec::new();
    for _ in 0..120 {
        workflows.push(run(&world).await);
    }
    for workflow in &workflows {
        workflow.wait_finished(SOON).await.unwrap();
    }
    let (replies, batches) = requests(&world.portal);
    assert_eq!(replies, 120);
    assert!(batches > 0, "{batches}");
    let history = world.portal.history();
    let refused = history.iter().filter(|record| match &record.event {
        Event::Requested { answer, .. } | Event::Replied { answer, .. } => {
            answer.as_ref().is_some_and(|answer| answer.status == 503)
        }
        _ => false,
    });
    assert_eq!(refused.count(), 0);
}

#[tokio::test]
async fn a_blocked_portal_gets_its_answers_when_it_is_free() {
    let world = world(Portal::start().await.unwrap(), |app| app).await;
    world.portal.block(Block::Overload);
    let workflow = run(&world).await;
    eventually("the portal is parked", || {
        !world.service.paused_portals().is_empty()
    })
    .await;
    let parked = world.service.paused_portals();
    assert_eq!(parked[0].member_id, world.portal.member_id());
    assert!(parked[0].reason.contains("OVERLOAD_LIMIT"), "{parked:?}");
    let calls = world.service.calls().await.unwrap();
    assert_eq!(calls[0].state.stage(), CallStage::Replied);

    world.portal.unblock(Block::Overload);
    world.service.resume(world.portal.member_id());
    workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(world.service.paused_portals(), []);
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all() {
    let world = world(Portal::start().await.unwrap(), |app| app).await;
    // Every call comes without a token of its own, and the stored one has expired.
    world.portal.advance(Duration::from_hours(2));
    world.portal.fault(Fault::CallWithoutTokens, 20);
    let mut workflows = Vec::new();
    for _ in 0..20 {
        workflows.push(run(&world).await);
    }
    for workflow in workflows {
        workflow.wait_finished(SOON).await.unwrap();
    }
    let history = world.portal.history();
    let renewals = history.iter().filter(|record| {
        matches!(&record.event, Event::AuthorisationServerAsked { path, .. } if path == "/oauth/token/")
    });
    assert_eq!(renewals.count(), 1);
}

type Tickets = Arc<Mutex<Vec<String>>>;

/// A robot whose reply comes by a ticket.
fn deferring<R>(app: App, tickets: &Tickets) -> App
where
    R: Robot<Returns = Count> + Send + 'static,
{
    let tickets = Arc::clone(tickets);
    app.robot(move |call: Call<R>| {
        let tickets = Arc::clone(&tickets);
        async move { Ok::<_, Error>(defer(call, &tickets)) }
    })
}

/// An application with that robot, on this store.
async fn deferring_world(store: &Arc<impl Store>, tickets: &Tickets) -> World {
    let portal = Portal::start().await.unwrap();
    World::on(portal, "acme_count", |app| {
        deferring::<Input>(app, tickets).store(Arc::clone(store) as Arc<dyn Store>)
    })
    .await
}

/// The first ticket, as soon as there is one.
async fn first_ticket(tickets: &Tickets) -> String {
    eventually("a ticket", || !tickets.lock().unwrap().is_empty()).await;
    tickets.lock().unwrap()[0].clone()
}

/// Wait
///
/// Only an activity can stop waiting.
#[derive(Robot)]
#[robot(code = "acme_wait", kind = activity, returns = Count)]
struct Wait;

fn defer<R: Robot<Returns = Count>>(call: Call<R>, tickets: &Tickets) -> Replied {
    let (ticket, deferred) = call.defer();
    let ticket = serde_json::to_string(&ticket).unwrap();
    tickets.lock().unwrap().push(ticket);
    deferred
}

#[tokio::test]
async fn a_reply_may_come_later_and_the_first_one_wins() {
    let (store, tickets) = (Arc::new(Memory::new()), Tickets::default());
    let world = deferring_world(&store, &tickets).await;
    let workflow = run(&world).await;
    let text = first_ticket(&tickets).await;
    let ticket = || serde_json::from_str::<Ticket<Count>>(&text).unwrap();
    assert_eq!(ticket().member_id(), world.portal.member_id());
    assert!(workflow.is_waiting());

    // Another process has the store and the ticket, and nothing else.
    let reply = ticket().reply(&*store, Count { count: 7 }).log("decided");
    assert!(reply.await.unwrap());
    let second = ticket().reply(&*store, Count { count: 8 });
    assert!(!second.await.unwrap());
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 7);
    assert_eq!(outcome.log, ["decided"]);
}

#[tokio::test]
async fn a_deferred_call_ends_when_its_step_stops_waiting() {
    let (store, tickets) = (Arc::new(Memory::new()), Tickets::default());
    let portal = Portal::start().await.unwrap();
    let world = World::on(portal, "acme_wait", |app| {
        deferring::<Wait>(app, &tickets).store(Arc::clone(&store) as Arc<dyn Store>)
    })
    .await;
    let run = world.portal.run("acme_wait", json!({}));
    run.timeout(Duration::from_secs(1)).await.unwrap();
    let text = first_ticket(&tickets).await;
    let state = world.ended().await;
    assert_eq!(state, CallState::Completed(Completion::Expired));
    let ticket = serde_json::from_str::<Ticket<Count>>(&text).unwrap();
    assert!(!ticket.reply(&*store, Count { count: 7 }).await.unwrap());
}

#[tokio::test]
async fn what_a_drained_application_left_is_done_by_the_next() {
    let store = Arc::new(Memory::new());
    let kept = || Arc::clone(&store) as Arc<dyn Store>;
    let portal = Portal::start().await.unwrap();
    // Its code hangs, so that the end comes in the middle. Every run of it has a clone of this,
    // and so has the robot.
    let running = Arc::new(());
    let world = World::on(portal, "acme_count", |app| {
        let running = Arc::clone(&running);
        app.store(kept()).robot(move |_: Call<Input>| {
            let running = Arc::clone(&running);
            async move {
                std::future::pending::<()>().await;
                drop(running);
                unreachable!("it hangs") as Result<Replied>
            }
        })
    })
    .await;
    let workflow = run(&world).await;
    eventually("the code runs", || {
        let calls = futures_util::FutureExt::now_or_never(world.service.calls());
        let calls = calls.map(Result::unwrap).unwrap_or_default();
        calls.first().is_some_and(|call| call.runs == 1)
    })
    .await;
    assert_eq!(Arc::strong_count(&running), 3);
    assert!(!world.service.shutdown(Duration::from_millis(30)).await);
    eventually("the end of the run", || Arc::strong_count(&running) == 2).await;

    let next = counting(App::new("http://127.0.0.1:1"), &Arc::default());
    let _service = next.store(kept()).redelivery([]).start().unwrap();
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 1);
}

#[tokio::test]
async fn a_drained_application_has_ended_what_it_began() {
    let portal = Portal::start().await.unwrap();
    let world = world(portal, |app| app.redelivery([Duration::from_hours(1)])).await;
    let workflow = run(&world).await;
    workflow.wait_finished(SOON).await.unwrap();
    assert!(world.service.shutdown(SOON).await);
    // What comes now is kept for the next start, and not begun.
    let late = run(&world).await;
    late.wait_called(SOON).await.unwrap();
    assert!(late.is_waiting());
    let calls = world.service.calls().await.unwrap();
    let stages = calls.iter().map(|call| call.state.stage());
    assert!(stages.eq([CallStage::Delivered, CallStage::Accepted]));
}

#[tokio::test]
async fn a_renamed_portal_is_found_and_a_redirection_is_not_followed() {
    let world = world(Portal::start().await.unwrap(), |app| app).await;
    let real = world.service.portals().await.unwrap().remove(0);
    let mut renamed = real.clone();
    renamed.client_endpoint.set_host(Some("localhost")).unwrap();
    let store = world.service.store();
    store.save_portal(renamed).await.unwrap();
    let elsewhere = || Fault::Moved("http://127.0.0.1:1/".to_owned());
    world.portal.fault(elsewhere(), 1);
    run(&world).await.wait_finished(SOON).await.unwrap();
    let found = world.service.portals().await.unwrap().remove(0);
    assert_eq!(found.client_endpoint, real.client_endpoint);

    // It is where the authorisation server says, and points elsewhere all the same.
    world.portal.fault(elsewhere(), 1);
    let workflow = run(&world).await;
    eventually("the portal is parked", || {
        !world.service.paused_portals().is_empty()
    })
    .await;
    let reason = &world.service.paused_portals()[0].reason;
    assert!(reason.contains("does not confirm"), "{reason}");
    world.service.resume(world.portal.member_id());
    workflow.wait_finished(SOON).await.unwrap();
}

#[tokio::test]
async fn a_drain_waits_for_an_answer_that_is_just_being_claimed() {
    let (store, tickets) = (Arc::new(Flaky::default()), Tickets::default());
    let world = deferring_world(&store, &tickets).await;
    let workflow = run(&world).await;
    let text = first_ticket(&tickets).await;
    store.claim_slowly();
    let ticket = serde_json::from_str::<Ticket<Count>>(&text).unwrap();
    assert!(ticket.reply(&*store, Count { count: 7 }).await.unwrap());
    assert!(world.service.shutdown(SOON).await);
    workflow.wait_finished(Duration::ZERO).await.unwrap();
}
