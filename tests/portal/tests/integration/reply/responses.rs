use std::time::Duration;

use bizproc_portal::{Ending, Error, Event, Fault, Platform, Portal, Run, Workflow};
use serde_json::{Value, json};

use crate::fixture::{Answer, PATIENCE, Stage, assert_refused};

const GONE: (&str, &str) = ("404", "The business process is not found.");
const BUSY: (&str, &str) = ("423", "The workflow is hung or being executed");

/// A portal with a robot, an activity and a robot that does not wait; whether it answers every reply with `true`; the
/// code of its exceptions.
async fn stages() -> Vec<(Stage, bool, &'static str)> {
    let mut stages = Vec::new();
    for (platform, exception) in [
        (Platform::v26(), ""),
        (Platform::v24(), "0"),
        (Platform::v21(), "ERROR_CORE"),
    ] {
        let stage = Stage::with(Portal::builder().platform(platform)).await;
        let outputs = json!({"RETURN_PROPERTIES": {"Ok": {"NAME": "o", "DEFAULT": "N"}}});
        stage.robot("r", outputs.clone()).await;
        stage.register("bizproc.activity.add", "a", outputs).await;
        stage.robot("n", json!({"USE_SUBSCRIPTION": "N"})).await;
        stages.push((stage, exception.is_empty(), exception));
    }
    stages
}

/// Starts a run; its token.
async fn start(stage: &Stage, run: Run) -> (Workflow, String) {
    let workflow = run.await.unwrap();
    let call = stage.app.request().await.1;
    (workflow, call["event_token"].as_str().unwrap().to_owned())
}

fn robot(stage: &Stage) -> Run {
    stage.portal.run("r", json!({}))
}

async fn say(stage: &Stage, token: &str, ok: &str) -> Answer {
    // An hour may have passed since the installation.
    let client = stage.client_with(Some(stage.installation.token_of(1)));
    let reply = json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"Ok": ok}, "LOG_MESSAGE": format!("said {ok}")});
    client.call("bizproc.event.send", reply).await
}

async fn log(stage: &Stage, token: &str) -> Answer {
    let client = stage.client_with(Some(stage.installation.token_of(1)));
    let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
    client.call("bizproc.activity.log", line).await
}

fn assert_true(answer: &Answer) {
    assert_eq!((answer.0, &answer.1["result"]), (200, &json!(true)));
}

/// Only the newest platform answers `true` where the others tell an error.
fn assert_told(answer: &Answer, is_new: bool, (code, text): (&str, &str)) {
    if is_new {
        assert_true(answer);
    } else {
        assert_refused(answer, 400, code, text, code);
    }
}

/// Waits until the newest platform has applied everything it answered before.
async fn settle(stage: &Stage) {
    let (workflow, token) = start(stage, robot(stage)).await;
    assert_true(&say(stage, &token, "settled").await);
    workflow.wait_finished(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_step_that_waits_takes_the_reply() {
    for (stage, is_new, _) in stages().await {
        let (workflow, token) = start(&stage, robot(&stage)).await;
        assert_true(&log(&stage, &token).await);
        assert_true(&say(&stage, &token, "Y").await);
        if !is_new {
            // Applied inside the call.
            assert!(!workflow.is_waiting());
        }
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
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
    for (stage, is_new, _) in stages().await {
        let replied = {
            let (workflow, token) = start(&stage, robot(&stage).keep_running()).await;
            assert_true(&say(&stage, &token, "Y").await);
            (workflow, token, Ending::Replied)
        };
        let not_waiting = {
            let run = stage.portal.run("n", json!({})).keep_running();
            let (workflow, token) = start(&stage, run).await;
            (workflow, token, Ending::NotWaiting)
        };
        let timed_out = {
            let run = stage.portal.run("a", json!({}));
            let run = run.timeout(Duration::from_mins(1)).keep_running();
            let (workflow, token) = start(&stage, run).await;
            stage.portal.advance(Duration::from_mins(1));
            (workflow, token, Ending::TimedOut)
        };
        for (workflow, token, how) in [replied, not_waiting, timed_out] {
            let first = workflow.wait_closed(PATIENCE).await.unwrap();
            assert_eq!(
                (&first.ending, first.is_timeout),
                (&how, how == Ending::TimedOut)
            );
            assert!(!workflow.is_waiting());
            let early = workflow.wait_finished(Duration::ZERO).await.unwrap_err();
            assert!(matches!(early, Error::StillRunning { .. }), "{early}");

            assert_true(&say(&stage, &token, "late").await);
            assert_true(&log(&stage, &token).await);
            settle(&stage).await;
            assert_eq!(workflow.wait_closed(PATIENCE).await.unwrap(), first);

            // A lock is met before the step is looked at.
            stage.portal.fault(Fault::WorkflowBusy, 1);
            assert_told(&say(&stage, &token, "late").await, is_new, BUSY);
            settle(&stage).await;

            workflow.end();
            assert_eq!(workflow.wait_finished(PATIENCE).await.unwrap(), first);
            assert_told(&say(&stage, &token, "late").await, is_new, GONE);
            assert_refused(&log(&stage, &token).await, 400, GONE.0, GONE.1, "log");
            settle(&stage).await;
            assert_eq!(workflow.wait_finished(PATIENCE).await.unwrap(), first);
            let history = stage.portal.history();
            let ends = history.iter().filter(|record| {
                matches!(&record.event, Event::Finished { workflow_id, .. } if workflow_id == workflow.id())
            });
            assert_eq!(ends.count(), 1);
        }
    }
}

#[tokio::test]
async fn a_workflow_that_goes_on_ends_as_it_is_told() {
    let stage = Stage::start().await;
    stage.robot("r", json!({})).await;
    // Told to end while its step waits: it ends with the step.
    let (workflow, token) = start(&stage, robot(&stage).keep_running()).await;
    workflow.end();
    let early = workflow.wait_finished(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillWaiting { .. }), "{early}");
    assert_true(&say(&stage, &token, "Y").await);
    let done = workflow.wait_finished(PATIENCE).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
    workflow.end();
    workflow.kill();
    assert_eq!(workflow.wait_finished(PATIENCE).await.unwrap(), done);

    // Killed after its step: each keeps how it ended.
    let (workflow, token) = start(&stage, robot(&stage).keep_running()).await;
    assert_true(&say(&stage, &token, "Y").await);
    assert_eq!(
        workflow.wait_closed(PATIENCE).await.unwrap().ending,
        Ending::Replied
    );
    workflow.kill();
    assert_eq!(
        workflow.wait_finished(PATIENCE).await.unwrap().ending,
        Ending::Killed
    );
    assert_eq!(
        workflow.wait_closed(PATIENCE).await.unwrap().ending,
        Ending::Replied
    );

    // Without a step behind, both are one.
    let (workflow, token) = start(&stage, robot(&stage)).await;
    let early = workflow.wait_closed(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillWaiting { .. }), "{early}");
    assert_true(&say(&stage, &token, "Y").await);
    let closed = workflow.wait_closed(PATIENCE).await.unwrap();
    assert_eq!(workflow.wait_finished(PATIENCE).await.unwrap(), closed);
}

#[tokio::test]
async fn a_workflow_that_is_gone_or_busy() {
    for (stage, is_new, _) in stages().await {
        let (workflow, token) = start(&stage, robot(&stage)).await;
        stage.portal.fault(Fault::WorkflowBusy, 1);
        assert_told(&say(&stage, &token, "lost").await, is_new, BUSY);
        // On the newest platform that reply is lost, but the next one is not.
        assert_true(&say(&stage, &token, "Y").await);
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(done.log, ["said Y"]);
        assert_told(&say(&stage, &token, "late").await, is_new, GONE);

        let (workflow, token) = start(&stage, robot(&stage)).await;
        workflow.kill();
        assert_told(&say(&stage, &token, "late").await, is_new, GONE);

        // A log line is told the truth on every platform.
        let (_, token) = start(&stage, robot(&stage)).await;
        stage.portal.fault(Fault::WorkflowBusy, 1);
        assert_refused(&log(&stage, &token).await, 400, BUSY.0, BUSY.1, "log");
    }
}

#[tokio::test]
async fn a_later_step_that_fails_ends_the_workflow() {
    for (stage, is_new, exception) in stages().await {
        for goes_on in [false, true] {
            let run = robot(&stage);
            let run = if goes_on { run.keep_running() } else { run };
            let (workflow, token) = start(&stage, run).await;
            let fault = Fault::NextStepFails("boom".to_owned());
            stage.portal.fault(fault, 1);
            assert_told(&say(&stage, &token, "Y").await, is_new, (exception, "boom"));
            let done = workflow.wait_finished(PATIENCE).await.unwrap();
            assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
            assert_eq!(done.return_values["Ok"], json!("Y"));
            let closed = workflow.wait_closed(PATIENCE).await.unwrap();
            assert_eq!(closed.ending, Ending::Replied);
        }
    }
}

#[tokio::test]
async fn a_step_whose_registration_is_gone_fails() {
    let stage = Stage::start().await;
    stage.robot("deleted", json!({})).await;
    stage.robot("wiped", json!({})).await;
    let delete = json!({"CODE": "deleted"});
    stage.client.ok("bizproc.robot.delete", delete).await;
    for code in ["deleted", "wiped"] {
        if code == "wiped" {
            stage.installation.update().await.unwrap();
        }
        let workflow = stage.portal.run(code, json!({"x": 1})).await.unwrap();
        let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
        let text = "Application activity is not installed.";
        assert_eq!(done.ending, Ending::Failed(text.to_owned()));
        assert_eq!(Value::Object(done.return_values), json!({}));
        assert!(!workflow.is_waiting());
        assert!(workflow.wait_called(Duration::ZERO).await.is_err());
        let inputs = stage.portal.run(code, json!("x")).await.unwrap_err();
        assert!(matches!(inputs, Error::Inputs(_)), "{inputs}");
    }
    let never = stage.portal.run("never", json!({})).await.unwrap_err();
    assert!(matches!(never, Error::NotRegistered { .. }), "{never}");

    // Registered again, steps with this code work again.
    let stage_client = stage.client_with(Some(stage.installation.access_token()));
    let again =
        json!({"CODE": "wiped", "HANDLER": format!("{}/robot", stage.app.url), "NAME": "n"});
    stage_client.ok("bizproc.robot.add", again).await;
    let workflow = stage.portal.run("wiped", json!({})).await.unwrap();
    assert_eq!(
        workflow.wait_finished(PATIENCE).await.unwrap().ending,
        Ending::NotWaiting
    );
}
