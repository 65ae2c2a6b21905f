//! The life of a call: runs, failures, and portals that fail when the reply comes.

use std::future::pending;
use std::time::Duration;

use bizproc_portal::{Ending, Event, Fault, Outgoing, Platform, Portal};
use bizproc_runtime::definition::PropertyType;
use bizproc_runtime::property::{Culture, InputValue, Property, ValueError};
use bizproc_runtime::store::{CallState, Completion};
use bizproc_runtime::{Call, Robot};
use serde_json::{Value, json};

use crate::fixture::robots::{Count, Input, Ping, reply};
use crate::fixture::{TIMEOUT, TestApp, eventually, finish};

#[tokio::test]
async fn a_doubled_call_runs_once() {
    let app = TestApp::count(1).await;
    app.portal.fault(Fault::DoubledCall, 1);
    assert_eq!(app.run_count("").await.return_values["count"], 1);
    eventually("both requests have their response", async || {
        let history = app.portal.history();
        let answered = history.iter().filter(|record| match &record.event {
            Event::Called { request, .. } => request.outcome != Outgoing::Awaited,
            _ => false,
        });
        answered.count() == 2
    })
    .await;
    assert_eq!(app.runs(), 1);
    assert_eq!(app.calls().await.len(), 1);
}

#[tokio::test]
async fn a_failed_run_is_retried() {
    let app = TestApp::count(2).await;
    let outcome = app.run_count("fail once").await;
    assert_eq!(outcome.return_values["count"], 2);
    assert_eq!(app.runs(), 2);
}

#[tokio::test]
async fn a_failure_releases_the_workflow_and_says_why() {
    let app = TestApp::count(1).await;
    for (mode, reason) in [
        ("fail", "no numbers today"),
        ("panic", "the robot's code panicked"),
    ] {
        let outcome = app.run_count(mode).await;
        assert_eq!(outcome.ending, Ending::Replied);
        let count = &outcome.return_values["count"];
        assert!(count.is_null(), "the output keeps its default: {count}");
        let expected = format!("The robot `acme_count` failed: {reason}");
        assert!(outcome.log[0].starts_with(&expected), "{:?}", outcome.log);
    }
}

#[tokio::test]
async fn a_reply_to_a_portal_that_fails_is_retried() {
    for fault in [
        Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
        Fault::error(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Fault::EmptyResponse,
        Fault::HtmlBadGateway,
        Fault::CutBeforeExecution,
        Fault::CutAfterExecution,
    ] {
        let app = TestApp::count(1).await;
        app.portal.fault(fault.clone(), 1);
        let outcome = app.run_count("").await;
        assert_eq!(outcome.return_values["count"], 1, "{fault:?}");
        let delivered = CallState::Completed(Completion::Delivered);
        assert_eq!(app.final_state().await, delivered, "{fault:?}");
        assert_eq!(app.runs(), 1, "{fault:?}: the code does not run again");
    }
}

#[tokio::test]
async fn a_final_refusal_is_a_dead_letter_that_can_be_retried() {
    let app = TestApp::count(1).await;
    let refusal = Fault::error(400, "ERROR_ARGUMENT", "No such argument");
    app.portal.fault(refusal, 1);
    let workflow = app.start_count("").await;
    let CallState::Dead { reason, reply } = app.final_state().await else {
        panic!("the call is not dead");
    };
    assert!(
        reason.contains("refused the reply") && reason.contains("ERROR_ARGUMENT"),
        "{reason}"
    );
    assert_eq!(reply.unwrap().return_values["count"], 1);
    // The reply is stored: the code does not run again.
    let token = app.calls().await[0].event_token.clone();
    assert!(app.service().retry(&token).await.unwrap());
    assert_eq!(finish(&workflow).await.return_values["count"], 1);
    assert_eq!(app.runs(), 1);
}

#[tokio::test]
async fn a_call_without_tokens_is_replied_to_with_the_stored_one() {
    let app = TestApp::count(1).await;
    app.portal.fault(Fault::CallWithoutTokens, 1);
    assert_eq!(app.run_count("").await.return_values["count"], 1);
}

#[tokio::test]
async fn a_call_whose_token_has_expired_is_replied_to_with_the_stored_one() {
    let app = TestApp::count(1).await;
    app.portal.fault(Fault::error(401, "expired_token", ""), 1);
    assert_eq!(app.run_count("").await.return_values["count"], 1);
}

#[tokio::test]
async fn older_portals_get_their_reply_too() {
    for platform in [Platform::v21(), Platform::v24()] {
        let portal = Portal::builder().platform(platform).start().await.unwrap();
        let app = TestApp::count_on(portal, |app| app).await;
        // They report that the workflow is locked; newer ones respond `true` and lose the reply.
        app.portal.fault(Fault::WorkflowBusy, 1);
        assert_eq!(app.run_count("").await.return_values["count"], 1);
    }
}

#[tokio::test]
async fn code_that_hangs_is_stopped_and_delays_no_other_call() {
    let hang = |call: Call<Ping>| async move {
        pending::<()>().await;
        call.reply(()).await
    };
    let app = TestApp::count_with(|app| {
        app.robot(hang)
            .handler_timeout(Duration::from_millis(50))
            .max_attempts(1)
            .concurrency(1)
    })
    .await;
    app.wait_registered("acme_ping").await;
    app.start_workflow("acme_ping", json!({})).await;
    assert_eq!(app.run_count("").await.return_values["count"], 1);
}

/// A type whose decoder panics.
struct Explosive;

impl Property for Explosive {
    const TYPE: PropertyType = PropertyType::String;

    fn decode(_: InputValue<'_>) -> Result<Self, ValueError> {
        panic!("the type's own panic")
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::Null
    }
}

/// Explode
#[expect(dead_code, reason = "its decoder panics")]
#[derive(Robot)]
#[robot(code = "acme_explode", wait = always)]
struct Explode {
    fuse: Explosive,
}

#[tokio::test]
async fn a_panic_in_a_type_is_a_failure_of_the_robot() {
    let configure = |app: bizproc_runtime::App| app.robot(reply::<Explode>).max_attempts(1);
    let app = TestApp::start("acme_explode", configure).await;
    let outcome = app.run("acme_explode", json!({"fuse": "x"})).await;
    assert!(outcome.log[0].contains("panicked"), "{:?}", outcome.log);
}

#[tokio::test]
async fn a_step_that_does_not_wait_gets_no_reply() {
    let ping = |call: Call<Ping>| async move {
        assert!(!call.expects_reply());
        call.reply(()).await
    };
    let app = TestApp::start("acme_ping", |app| app.robot(ping)).await;
    let workflow = app.start_workflow("acme_ping", json!({})).await;
    assert_eq!(finish(&workflow).await.ending, Ending::NotWaiting);
    let expected = CallState::Completed(Completion::NoReplyExpected);
    assert_eq!(app.final_state().await, expected);
    let history = app.portal.history();
    let is_reply = |event: &Event| matches!(event, Event::Replied { .. });
    assert!(!history.iter().any(|record| is_reply(&record.event)));
}

/// Without a store the reply is sent immediately, and the portal's response is the result.
#[tokio::test]
async fn a_call_from_a_request_replies_immediately() {
    let app = TestApp::count(1).await;
    let workflow = app.start_count("").await;
    let body = workflow.wait_called(TIMEOUT).await.unwrap().body;
    let portal = app.service().portals().await.unwrap().remove(0);
    let call = || Call::<Input>::from_request(body.as_bytes(), &portal).unwrap();
    let token = call().event_token().clone();
    assert_eq!(token.as_str().matches('|').count(), 2);
    let signature = token.as_str().rsplit('.').next().unwrap();
    assert!(!format!("{token:?}").contains(signature), "{token:?}");
    call().reply(Count { count: 9 }).await.unwrap();
    let locked = Fault::error(400, "423", "The workflow is hung");
    app.portal.fault(locked, 1);
    let refused = call().reply(Count { count: 9 }).await.unwrap_err();
    assert_eq!(refused.code(), Some("423"));
}
