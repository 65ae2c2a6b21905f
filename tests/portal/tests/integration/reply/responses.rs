use std::time::Duration;

use bizproc_portal::{Ending, Error, Event, Fault, Platform, Portal, Run, Workflow};
use serde_json::{Value, json};

use crate::fixture::{Response, Setup, TIMEOUT, assert_refused, assert_true};

const GONE: (&str, &str) = ("404", "The business process is not found.");
const BUSY: (&str, &str) = ("423", "The workflow is hung or being executed");

/// A portal with a robot, an activity and a robot that does not wait; whether it answers every reply with `true`; the
/// code of its exceptions.
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

/// Starts a run; its token.
async fn start(setup: &Setup, run: Run) -> (Workflow, String) {
    let workflow = run.await.unwrap();
    let call = setup.app.next_request().await;
    (workflow, call["event_token"].as_str().unwrap().to_owned())
}

fn robot(setup: &Setup) -> Run {
    setup.portal.run("r", json!({}))
}

async fn say(setup: &Setup, token: &str, ok: &str) -> Response {
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

/// Only the newest platform answers `true` where the others tell an error.
fn assert_told(response: &Response, is_new: bool, (code, text): (&str, &str)) {
    if is_new {
        assert_true(response);
    } else {
        assert_refused(response, (400, code, text), code);
    }
}

/// Waits until the newest platform has applied everything it answered before.
async fn settle(setup: &Setup) {
    let (workflow, token) = start(setup, robot(setup)).await;
    assert_true(&say(setup, &token, "settled").await);
    workflow.finished(TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn a_step_that_waits_takes_the_reply() {
    for (setup, is_new, _) in setups().await {
        let (workflow, token) = start(&setup, robot(&setup)).await;
        assert_true(&log(&setup, &token).await);
        assert_true(&say(&setup, &token, "Y").await);
        if !is_new {
            // Applied inside the call.
            assert!(!workflow.is_waiting());
        }
        let done = workflow.finished(TIMEOUT).await.unwrap();
        assert_eq!(
            (&done.return_values["Ok"], done.log.as_slice()),
            (
                &json!("Y"),
                ["half", "said Y"].map(str::to_owned).as_slice()
            )
        );
    }
}

#[tokio::test]
async fn a_step_that_does_not_wait_takes_nothing_while_its_workflow_lives() {
    for (setup, is_new, _) in setups().await {
        let replied = {
            let (workflow, token) = start(&setup, robot(&setup).goes_on()).await;
            assert_true(&say(&setup, &token, "Y").await);
            (workflow, token, Ending::Replied)
        };
        let not_waiting = {
            let run = setup.portal.run("n", json!({})).goes_on();
            let (workflow, token) = start(&setup, run).await;
            (workflow, token, Ending::NotWaiting)
        };
        let timed_out = {
            let run = setup.portal.run("a", json!({}));
            let run = run.timeout(Duration::from_mins(1)).goes_on();
            let (workflow, token) = start(&setup, run).await;
            setup.portal.advance(Duration::from_mins(1));
            (workflow, token, Ending::TimedOut)
        };
        for (workflow, token, how) in [replied, not_waiting, timed_out] {
            let first = workflow.closed(TIMEOUT).await.unwrap();
            assert_eq!(
                (&first.ending, first.is_timeout),
                (&how, how == Ending::TimedOut)
            );
            assert!(!workflow.is_waiting());
            let early = workflow.finished(Duration::ZERO).await.unwrap_err();
            assert!(matches!(early, Error::GoesOn { .. }), "{early}");

            assert_true(&say(&setup, &token, "late").await);
            assert_true(&log(&setup, &token).await);
            settle(&setup).await;
            assert_eq!(workflow.closed(TIMEOUT).await.unwrap(), first);

            // A lock is met before the step is looked at.
            setup.portal.fault(Fault::WorkflowBusy, 1);
            assert_told(&say(&setup, &token, "late").await, is_new, BUSY);
            settle(&setup).await;

            workflow.end();
            assert_eq!(workflow.finished(TIMEOUT).await.unwrap(), first);
            assert_told(&say(&setup, &token, "late").await, is_new, GONE);
            assert_refused(&log(&setup, &token).await, (400, GONE.0, GONE.1), "log");
            settle(&setup).await;
            assert_eq!(workflow.finished(TIMEOUT).await.unwrap(), first);
            let history = setup.portal.history();
            let ends = history.iter().filter(|record| {
                matches!(&record.event, Event::Finished { workflow_id, .. } if workflow_id == workflow.id())
            });
            assert_eq!(ends.count(), 1);
        }
    }
}

#[tokio::test]
async fn a_workflow_that_goes_on_ends_as_it_is_told() {
    let setup = Setup::start_with_robot().await;
    // Told to end while its step waits: it ends with the step.
    let (workflow, token) = start(&setup, robot(&setup).goes_on()).await;
    workflow.end();
    let early = workflow.finished(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillWaiting { .. }), "{early}");
    assert_true(&say(&setup, &token, "Y").await);
    let done = workflow.finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
    workflow.end();
    workflow.kill();
    assert_eq!(workflow.finished(TIMEOUT).await.unwrap(), done);

    // Killed after its step: each keeps how it ended.
    let (workflow, token) = start(&setup, robot(&setup).goes_on()).await;
    assert_true(&say(&setup, &token, "Y").await);
    assert_eq!(
        workflow.closed(TIMEOUT).await.unwrap().ending,
        Ending::Replied
    );
    workflow.kill();
    assert_eq!(
        workflow.finished(TIMEOUT).await.unwrap().ending,
        Ending::Killed
    );
    assert_eq!(
        workflow.closed(TIMEOUT).await.unwrap().ending,
        Ending::Replied
    );

    // Without a step behind, both are one.
    let (workflow, token) = start(&setup, robot(&setup)).await;
    let early = workflow.closed(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillWaiting { .. }), "{early}");
    assert_true(&say(&setup, &token, "Y").await);
    let closed = workflow.closed(TIMEOUT).await.unwrap();
    assert_eq!(workflow.finished(TIMEOUT).await.unwrap(), closed);
}

#[tokio::test]
async fn a_workflow_that_is_gone_or_busy() {
    for (setup, is_new, _) in setups().await {
        let (workflow, token) = start(&setup, robot(&setup)).await;
        setup.portal.fault(Fault::WorkflowBusy, 1);
        assert_told(&say(&setup, &token, "lost").await, is_new, BUSY);
        // On the newest platform that reply is lost, but the next one is not.
        assert_true(&say(&setup, &token, "Y").await);
        let done = workflow.finished(TIMEOUT).await.unwrap();
        assert_eq!(done.log, ["said Y"]);
        assert_told(&say(&setup, &token, "late").await, is_new, GONE);

        let (workflow, token) = start(&setup, robot(&setup)).await;
        workflow.kill();
        assert_told(&say(&setup, &token, "late").await, is_new, GONE);

        // A log line is told the truth on every platform.
        let (_, token) = start(&setup, robot(&setup)).await;
        setup.portal.fault(Fault::WorkflowBusy, 1);
        assert_refused(&log(&setup, &token).await, (400, BUSY.0, BUSY.1), "log");
    }
}

#[tokio::test]
async fn a_later_step_that_fails_ends_the_workflow() {
    for (setup, is_new, exception) in setups().await {
        for goes_on in [false, true] {
            let run = robot(&setup);
            let run = if goes_on { run.goes_on() } else { run };
            let (workflow, token) = start(&setup, run).await;
            let fault = Fault::NextStepFails("boom".to_owned());
            setup.portal.fault(fault, 1);
            assert_told(&say(&setup, &token, "Y").await, is_new, (exception, "boom"));
            let done = workflow.finished(TIMEOUT).await.unwrap();
            assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
            assert_eq!(done.return_values["Ok"], json!("Y"));
            let closed = workflow.closed(TIMEOUT).await.unwrap();
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
        let done = workflow.finished(Duration::ZERO).await.unwrap();
        let text = "Application activity is not installed.";
        assert_eq!(done.ending, Ending::Failed(text.to_owned()));
        assert_eq!(Value::Object(done.return_values), json!({}));
        assert!(!workflow.is_waiting());
        assert!(workflow.called(Duration::ZERO).await.is_err());
        let inputs = setup.portal.run(code, json!("x")).await.unwrap_err();
        assert!(matches!(inputs, Error::Inputs(_)), "{inputs}");
    }
    let never = setup.portal.run("never", json!({})).await.unwrap_err();
    assert!(matches!(never, Error::NotRegistered { .. }), "{never}");

    // Registered again, steps with this code work again.
    let stage_client = setup.client_of(&setup.installation);
    let again =
        json!({"CODE": "wiped", "HANDLER": format!("{}/robot", setup.app.url), "NAME": "n"});
    stage_client.ok("bizproc.robot.add", again).await;
    let workflow = setup.portal.run("wiped", json!({})).await.unwrap();
    assert_eq!(
        workflow.finished(TIMEOUT).await.unwrap().ending,
        Ending::NotWaiting
    );
}
