use std::time::Duration;

use bizproc_portal::{Ending, Error, Event, Fault, Platform, Portal, Run, Workflow};
use serde_json::{Value, json};

use crate::fixture::{
    Refusal, Response, STEP_UNINSTALLED, Setup, TIMEOUT, WORKFLOW_BUSY, WORKFLOW_GONE,
    assert_refused, assert_true, count_events,
};

/// Portals of three platforms, each with a robot, an activity and a robot that does not wait.
///
/// Beside each: whether it responds to every reply with `true`, and the code of its exceptions.
async fn setups() -> Vec<(Setup, bool, &'static str)> {
    let mut setups = Vec::new();
    for (platform, exception) in [
        (Platform::v26(), ""),
        (Platform::v24(), "0"),
        (Platform::v21(), "ERROR_CORE"),
    ] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        let outputs = json!({"RETURN_PROPERTIES": {"Ok": {"NAME": "o", "DEFAULT": "N"}}});
        setup.robot("r", outputs.clone()).await;
        setup.activity("a", outputs).await;
        setup.robot("n", json!({"USE_SUBSCRIPTION": "N"})).await;
        setups.push((setup, exception.is_empty(), exception));
    }
    setups
}

/// Starts a run and returns its event token.
async fn start(setup: &Setup, run: Run) -> (Workflow, String) {
    let workflow = run.await.unwrap();
    let call = setup.app.next_request().await;
    (workflow, call["event_token"].as_str().unwrap().to_owned())
}

fn run_robot(setup: &Setup) -> Run {
    setup.portal.run("r", json!({}))
}

async fn send_reply(setup: &Setup, token: &str, ok: &str) -> Response {
    // An hour may have passed since the installation.
    let client = setup.user(1);
    let reply = json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"Ok": ok}, "LOG_MESSAGE": format!("said {ok}")});
    client.call("bizproc.event.send", reply).await
}

async fn log(setup: &Setup, token: &str) -> Response {
    let client = setup.user(1);
    let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
    client.call("bizproc.activity.log", line).await
}

/// Asserts an error, in whose place the newest platform responds with `true`.
fn assert_reported(response: &Response, is_new: bool, refusal: Refusal<'_>) {
    if is_new {
        assert_true(response);
    } else {
        assert_refused(response, refusal, refusal.1);
    }
}

/// Waits until the newest platform has applied every reply it has responded to.
async fn wait_applied(setup: &Setup) {
    let (workflow, token) = start(setup, run_robot(setup)).await;
    assert_true(&send_reply(setup, &token, "applied").await);
    workflow.wait_finished(TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn a_waiting_step_accepts_the_reply() {
    for (setup, is_new, _) in setups().await {
        let (workflow, token) = start(&setup, run_robot(&setup)).await;
        assert_true(&log(&setup, &token).await);
        assert_true(&send_reply(&setup, &token, "Y").await);
        if !is_new {
            // Applied inside the call.
            assert!(!workflow.is_waiting());
        }
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(
            (&done.return_values["Ok"], done.log.as_slice()),
            (
                &json!("Y"),
                ["half", "said Y"].map(str::to_owned).as_slice()
            )
        );
    }
}

/// A workflow that keeps running after its step has closed, its event token, and how the step ended.
type ClosedStep = (Workflow, String, Ending);

/// A step that got its reply, one that does not wait, and one that timed out.
async fn closed_steps(setup: &Setup) -> [ClosedStep; 3] {
    let (replied, reply_token) = start(setup, run_robot(setup).keep_running()).await;
    assert_true(&send_reply(setup, &reply_token, "Y").await);

    let run = setup.portal.run("n", json!({})).keep_running();
    let (not_waiting, token) = start(setup, run).await;

    let run = setup
        .portal
        .run("a", json!({}))
        .timeout(Duration::from_mins(1))
        .keep_running();
    let (timed_out, timeout_token) = start(setup, run).await;
    setup.portal.advance(Duration::from_mins(1));
    [
        (replied, reply_token, Ending::Replied),
        (not_waiting, token, Ending::NotWaiting),
        (timed_out, timeout_token, Ending::TimedOut),
    ]
}

#[tokio::test]
async fn a_reply_to_a_closed_step_changes_nothing() {
    for (setup, is_new, _) in setups().await {
        for (workflow, token, ending) in closed_steps(&setup).await {
            let first = workflow.wait_closed(TIMEOUT).await.unwrap();
            assert_eq!(
                (&first.ending, first.is_timeout),
                (&ending, ending == Ending::TimedOut)
            );
            assert!(!workflow.is_waiting());
            let early = workflow.wait_finished(Duration::ZERO).await.unwrap_err();
            assert!(matches!(early, Error::StillRunning { .. }), "{early}");

            assert_true(&send_reply(&setup, &token, "late").await);
            assert_true(&log(&setup, &token).await);
            wait_applied(&setup).await;
            assert_eq!(workflow.wait_closed(TIMEOUT).await.unwrap(), first);

            // The lock is checked before the step.
            setup.portal.fault(Fault::WorkflowBusy, 1);
            let busy = send_reply(&setup, &token, "late").await;
            assert_reported(&busy, is_new, WORKFLOW_BUSY);
            wait_applied(&setup).await;

            workflow.end();
            assert_eq!(workflow.wait_finished(TIMEOUT).await.unwrap(), first);
            let gone = send_reply(&setup, &token, "late").await;
            assert_reported(&gone, is_new, WORKFLOW_GONE);
            assert_refused(&log(&setup, &token).await, WORKFLOW_GONE, "log");
            wait_applied(&setup).await;
            assert_eq!(workflow.wait_finished(TIMEOUT).await.unwrap(), first);
            let is_end = |event: &Event| matches!(event, Event::Finished { workflow_id, .. } if workflow_id == workflow.id());
            assert_eq!(count_events(&setup.portal, is_end), 1);
        }
    }
}

#[tokio::test]
async fn a_workflow_that_keeps_running_ends_on_request() {
    let setup = Setup::start_with_robot().await;
    // Ended while its step waits: it ends with the step.
    let (workflow, token) = start(&setup, run_robot(&setup).keep_running()).await;
    workflow.end();
    let early = workflow.wait_finished(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillWaiting { .. }), "{early}");
    assert_true(&send_reply(&setup, &token, "Y").await);
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
    workflow.end();
    workflow.kill();
    assert_eq!(workflow.wait_finished(TIMEOUT).await.unwrap(), done);

    // Killed after its step: step and workflow keep their own endings.
    let (workflow, token) = start(&setup, run_robot(&setup).keep_running()).await;
    assert_true(&send_reply(&setup, &token, "Y").await);
    assert_eq!(
        workflow.wait_closed(TIMEOUT).await.unwrap().ending,
        Ending::Replied
    );
    workflow.kill();
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().ending,
        Ending::Killed
    );
    assert_eq!(
        workflow.wait_closed(TIMEOUT).await.unwrap().ending,
        Ending::Replied
    );

    // Without a later step, both endings are the same.
    let (workflow, token) = start(&setup, run_robot(&setup)).await;
    let early = workflow.wait_closed(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillWaiting { .. }), "{early}");
    assert_true(&send_reply(&setup, &token, "Y").await);
    let closed = workflow.wait_closed(TIMEOUT).await.unwrap();
    assert_eq!(workflow.wait_finished(TIMEOUT).await.unwrap(), closed);
}

#[tokio::test]
async fn replies_to_a_gone_or_busy_workflow() {
    for (setup, is_new, _) in setups().await {
        let (workflow, token) = start(&setup, run_robot(&setup)).await;
        setup.portal.fault(Fault::WorkflowBusy, 1);
        assert_reported(
            &send_reply(&setup, &token, "lost").await,
            is_new,
            WORKFLOW_BUSY,
        );
        // The newest platform loses that reply, but not the next one.
        assert_true(&send_reply(&setup, &token, "Y").await);
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.log, ["said Y"]);
        assert_reported(
            &send_reply(&setup, &token, "late").await,
            is_new,
            WORKFLOW_GONE,
        );

        let (workflow, token) = start(&setup, run_robot(&setup)).await;
        workflow.kill();
        assert_reported(
            &send_reply(&setup, &token, "late").await,
            is_new,
            WORKFLOW_GONE,
        );

        // A log line gets the error on every platform.
        let (_, token) = start(&setup, run_robot(&setup)).await;
        setup.portal.fault(Fault::WorkflowBusy, 1);
        assert_refused(&log(&setup, &token).await, WORKFLOW_BUSY, "log");
    }
}

#[tokio::test]
async fn a_later_step_that_fails_ends_the_workflow() {
    for (setup, is_new, exception) in setups().await {
        for keeps_running in [false, true] {
            let mut run = run_robot(&setup);
            if keeps_running {
                run = run.keep_running();
            }
            let (workflow, token) = start(&setup, run).await;
            let fault = Fault::NextStepFails("boom".to_owned());
            setup.portal.fault(fault, 1);
            assert_reported(
                &send_reply(&setup, &token, "Y").await,
                is_new,
                (400, exception, "boom"),
            );
            let done = workflow.wait_finished(TIMEOUT).await.unwrap();
            assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
            assert_eq!(done.return_values["Ok"], json!("Y"));
            let closed = workflow.wait_closed(TIMEOUT).await.unwrap();
            assert_eq!(closed.ending, Ending::Replied);
        }
    }
}

#[tokio::test]
async fn a_step_whose_registration_is_gone_fails() {
    let setup = Setup::start().await;
    setup.robot("deleted", json!({})).await;
    setup.robot("wiped", json!({})).await;
    let delete = json!({"CODE": "deleted"});
    setup.ok("bizproc.robot.delete", delete).await;
    for code in ["deleted", "wiped"] {
        if code == "wiped" {
            setup.installation.update().await.unwrap();
        }
        let workflow = setup.portal.run(code, json!({"x": 1})).await.unwrap();
        let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
        let text = STEP_UNINSTALLED;
        assert_eq!(done.ending, Ending::Failed(text.to_owned()));
        assert_eq!(Value::Object(done.return_values), json!({}));
        assert!(!workflow.is_waiting());
        assert!(workflow.wait_called(Duration::ZERO).await.is_err());
        let inputs = setup.portal.run(code, json!("x")).await.unwrap_err();
        assert!(matches!(inputs, Error::Inputs(_)), "{inputs}");
    }
    let never = setup.portal.run("never", json!({})).await.unwrap_err();
    assert!(matches!(never, Error::NotRegistered { .. }), "{never}");

    // Registered again, steps with this code work again.
    let client = setup.client_of(&setup.installation);
    let again =
        json!({"CODE": "wiped", "HANDLER": format!("{}/robot", setup.app.url), "NAME": "n"});
    client.ok("bizproc.robot.add", again).await;
    let workflow = setup.portal.run("wiped", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().ending,
        Ending::NotWaiting
    );
}
