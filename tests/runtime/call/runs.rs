//! The life of a call on the emulated portal: runs, failures, answers, faults on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bizproc_portal::{Ending, Event, Fault, Outgoing, Platform, Portal};
use bizproc_runtime::definition::PropertyType;
use bizproc_runtime::property::{Culture, InputValue, ValueError};
use bizproc_runtime::store::{CallState, Completion};
use bizproc_runtime::{Call, Robot};
use serde_json::json;

use crate::fixture::robots::{Count, Input, Ping, count, counting};
use crate::fixture::{SOON, World};

#[tokio::test]
async fn a_doubled_call_runs_once() {
    let (world, runs) = count(1).await;
    world.portal.fault(Fault::DoubledCall, 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 1);
    workflow.wait_called(SOON).await.unwrap();
    let answered = |event: &Event| match event {
        Event::Called { request, .. } => request.outcome != Outgoing::Awaited,
        _ => false,
    };
    let calls = || {
        let history = world.portal.history().into_iter();
        history.filter(|record| answered(&record.event))
    };
    let twice = async {
        while calls().count() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, twice).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(world.service.calls().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_error_is_tried_again() {
    let (world, runs) = count(2).await;
    let workflow = world
        .portal
        .run("acme_count", json!({"mode": "fail once"}))
        .await
        .unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        2
    );
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_releases_the_workflow_and_says_why() {
    let (world, _) = count(1).await;
    for (mode, reason) in [
        ("fail", "no numbers today"),
        ("panic", "the robot's code panicked"),
    ] {
        let workflow = world
            .portal
            .run("acme_count", json!({"mode": mode}))
            .await
            .unwrap();
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        assert_eq!(outcome.ending, Ending::Replied);
        assert_eq!(
            outcome.return_values["count"],
            json!(null),
            "the output keeps its default"
        );
        let expected = format!("The robot `acme_count` failed: {reason}");
        assert!(outcome.log[0].starts_with(&expected), "{:?}", outcome.log);
    }
}

#[tokio::test]
async fn a_portal_that_cannot_answer_is_asked_again() {
    for fault in [
        Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
        Fault::error(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Fault::EmptyAnswer,
        Fault::HtmlBadGateway,
        Fault::CutBeforeExecution,
        Fault::CutAfterExecution,
    ] {
        let (world, runs) = count(1).await;
        world.portal.fault(fault.clone(), 1);
        let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        assert_eq!(outcome.return_values["count"], 1, "{fault:?}");
        settled(&world, Completion::Delivered).await;
        assert_eq!(
            runs.load(Ordering::SeqCst),
            1,
            "{fault:?}: the answer is sent, not made, again"
        );
    }
}

/// Waits until the only call is settled.
async fn settled(world: &World, expected: Completion) {
    let state = world.ended().await;
    assert_eq!(state, CallState::Completed(expected));
}

#[tokio::test]
async fn a_refusal_that_nothing_helps_is_kept_for_a_person() {
    let (world, runs) = count(1).await;
    world
        .portal
        .fault(Fault::error(400, "ERROR_ARGUMENT", "No such argument"), 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    let CallState::Dead { reason, answer } = world.ended().await else {
        panic!("the call is not given up");
    };
    assert!(
        reason.contains("refused the reply") && reason.contains("ERROR_ARGUMENT"),
        "{reason}"
    );
    assert_eq!(answer.unwrap().return_values["count"], 1);
    // The answer is there, and the code need not run again.
    let token = world.service.calls().await.unwrap()[0].event_token.clone();
    assert!(world.service.retry(&token).await.unwrap());
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        1
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_without_tokens_is_answered_with_the_stored_one() {
    let (world, _) = count(1).await;
    world.portal.fault(Fault::CallWithoutTokens, 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        1
    );
}

#[tokio::test]
async fn a_call_whose_token_ran_out_is_answered_with_the_stored_one() {
    let (world, _) = count(1).await;
    world
        .portal
        .fault(Fault::error(401, "expired_token", ""), 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        1
    );
}

#[tokio::test]
async fn older_portals_get_their_reply_too() {
    for platform in [Platform::v21(), Platform::v24()] {
        let runs = Arc::new(AtomicUsize::new(0));
        let portal = Portal::builder().platform(platform).start().await.unwrap();
        let world = World::on(portal, "acme_count", |app| counting(app, &runs)).await;
        // They say when the workflow is locked; the newer answer `true` and lose the reply.
        world.portal.fault(Fault::WorkflowBusy, 1);
        let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
        assert_eq!(
            workflow.wait_finished(SOON).await.unwrap().return_values["count"],
            1
        );
    }
}

#[tokio::test]
async fn code_that_hangs_is_ended_and_holds_up_nobody() {
    let hang = |call: Call<Ping>| async move {
        std::future::pending::<()>().await;
        call.reply(()).await
    };
    let limit = Duration::from_millis(50);
    let runs = Arc::new(AtomicUsize::new(0));
    let world = World::with("acme_ping", |app| {
        counting(app.robot(hang), &runs)
            .handler_timeout(limit)
            .max_attempts(1)
            .concurrency(1)
    });
    let world = world.await;
    world.portal.run("acme_ping", json!({})).await.unwrap();
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().return_values["count"],
        1
    );
}

/// A type whose decoder panics.
struct Explosive;

impl bizproc_runtime::Property for Explosive {
    const TYPE: PropertyType = PropertyType::String;

    fn decode(_: InputValue<'_>) -> Result<Self, ValueError> {
        panic!("the type's own panic")
    }

    fn encode(&self, _: &Culture) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// Explode
#[expect(dead_code, reason = "it is never read whole")]
#[derive(Robot)]
#[robot(code = "acme_explode", wait = always)]
struct Explode {
    fuse: Explosive,
}

#[tokio::test]
async fn a_panic_in_a_type_is_a_failure_of_the_robot() {
    let code = |call: Call<Explode>| async move { call.reply(()).await };
    let world = World::with("acme_explode", |app| app.robot(code).max_attempts(1)).await;
    let workflow = world
        .portal
        .run("acme_explode", json!({"fuse": "x"}))
        .await
        .unwrap();
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert!(outcome.log[0].contains("panicked"), "{:?}", outcome.log);
}

#[tokio::test]
async fn a_step_that_does_not_wait_gets_no_reply() {
    let ping = |call: Call<Ping>| async move {
        assert!(!call.expects_reply());
        call.reply(()).await
    };
    let world = World::with("acme_ping", |app| app.robot(ping)).await;
    let workflow = world.portal.run("acme_ping", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(SOON).await.unwrap().ending,
        Ending::NotWaiting
    );
    workflow.wait_called(SOON).await.unwrap();
    settled(&world, Completion::NoReplyExpected).await;
    let replied = |event: &Event| matches!(event, Event::Replied { .. });
    assert!(
        !world
            .portal
            .history()
            .iter()
            .any(|record| replied(&record.event))
    );
}

/// Without a store the reply goes out at once, and its answer comes back.
#[tokio::test]
async fn a_call_by_hand_replies_at_once() {
    let (world, _) = count(1).await;
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    let body = workflow.wait_called(SOON).await.unwrap().body;
    let portal = world.service.portals().await.unwrap().remove(0);
    let call = || Call::<Input>::from_request(body.as_bytes(), &portal).unwrap();
    let token = call().event_token().clone();
    assert_eq!(token.as_str().matches('|').count(), 2);
    let signature = token.as_str().rsplit('.').next().unwrap();
    assert!(!format!("{token:?}").contains(signature), "{token:?}");
    call().reply(Count { count: 9 }).await.unwrap();
    world
        .portal
        .fault(Fault::error(400, "423", "The workflow is hung"), 1);
    let refused = call().reply(Count { count: 9 }).await.unwrap_err();
    assert_eq!(refused.code(), Some("423"));
}
