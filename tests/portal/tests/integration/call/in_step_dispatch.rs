use std::time::Duration;

use bizproc_portal::{
    Document, Ending, Event, Fault, Outgoing, Platform, Portal, RestActivity, Task, Template,
    Workflow,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::fixture::slow::SlowHandler;
use crate::fixture::{Answer, PATIENCE, Stage, assert_refused, eventually};

const GONE: (&str, &str) = ("404", "The business process is not found.");
const BUSY: (&str, &str) = ("423", "The workflow is hung or being executed");
const UNINSTALLED: &str = "Application activity is not installed.";

/// A reply on its way.
fn send(stage: &Stage, reply: &Value) -> impl Future<Output = Answer> + use<> {
    let (client, reply) = (stage.client.clone(), reply.clone());
    async move { client.call("bizproc.event.send", reply).await }
}

/// A portal of some platform with a template: a robot that answers at once, one that answers late, one that is gone.
async fn three_steps(platform: Platform) -> (Stage, u64, SlowHandler) {
    let stage = Stage::with(Portal::builder().platform(platform)).await;
    let handler = SlowHandler::start().await;
    stage.robot("first", json!({})).await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    stage.robot("late", fields).await;
    stage.robot("gone", json!({})).await;
    let step = |code: &str| RestActivity::new(code, json!({}));
    let template = Template::new("t")
        .step(step("first"))
        .step(step("late"))
        .step(step("gone"));
    let template = stage.portal.template(template).unwrap();
    stage
        .client
        .ok("bizproc.robot.delete", json!({"CODE": "gone"}))
        .await;
    (stage, template, handler)
}

/// Starts the three steps and replies to the first one; the second one is being called.
async fn replied(
    stage: &Stage,
    template: u64,
    handler: &mut SlowHandler,
) -> (Workflow, JoinHandle<Answer>) {
    let begin = stage.portal.start_workflow(template, Document::deal(1));
    let workflow = begin.await.unwrap();
    let call = stage.app.request().await.1;
    let sent = tokio::spawn(send(stage, &json!({"EVENT_TOKEN": call["event_token"]})));
    handler.call().await;
    (workflow, sent)
}

#[tokio::test]
async fn a_sender_is_told_what_fails_behind_a_step_that_its_reply_led_to() {
    for (platform, code) in [(Platform::v24_0(), "0"), (Platform::v21(), "ERROR_CORE")] {
        let (stage, template, mut handler) = three_steps(platform).await;
        let (workflow, sent) = replied(&stage, template, &mut handler).await;
        assert!(!sent.is_finished());
        handler.answer();
        assert_refused(&sent.await.unwrap(), 400, code, UNINSTALLED, "late");
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(done.ending, Ending::Failed(UNINSTALLED.to_owned()));
        let told = stage
            .portal
            .history()
            .into_iter()
            .find_map(|record| match record.event {
                Event::Replied { answer, .. } => answer,
                _ => None,
            });
        assert_eq!(told.unwrap().status, 400);
    }
}

#[tokio::test]
async fn a_sender_that_hangs_up_changes_nothing() {
    let (stage, template, mut handler) = three_steps(Platform::v24_0()).await;
    let (workflow, sent) = replied(&stage, template, &mut handler).await;
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    handler.answer();
    workflow.wait_finished(PATIENCE).await.unwrap();
    let is_replied = |event: &Event| {
        matches!(
            event,
            Event::Replied {
                answer: Some(_),
                ..
            }
        )
    };
    eventually("the reply in the history", || {
        stage
            .portal
            .history()
            .iter()
            .any(|record| is_replied(&record.event))
    })
    .await;
}

#[tokio::test]
async fn a_batch_runs_one_continuation_after_the_other() {
    let (stage, template, mut handler) = three_steps(Platform::v24_0()).await;
    let mut commands = Vec::new();
    for number in 1..=2 {
        stage
            .portal
            .start_workflow(template, Document::deal(number))
            .await
            .unwrap();
        let token = stage.app.request().await.1["event_token"].clone();
        let token = token.as_str().unwrap().replace('|', "%7C");
        commands.push(format!("bizproc.event.send?EVENT_TOKEN={token}"));
    }
    let client = stage.client.clone();
    let batch = json!({"cmd": commands});
    let batch = tokio::spawn(async move { client.call("batch", batch).await });
    for _ in 0..2 {
        handler.call().await;
        // The second command begins when the first has come out of its step.
        assert!(handler.is_quiet());
        handler.answer();
    }
    let (status, answer) = batch.await.unwrap();
    assert_eq!((status, &answer["result"]["result"]), (200, &json!([])));
    let failed = json!({"error": "0", "error_description": UNINSTALLED});
    assert_eq!(answer["result"]["result_error"], json!([failed, failed]));
}

#[tokio::test]
async fn whoever_starts_a_workflow_waits_for_its_steps() {
    let stage = Stage::with(Portal::builder().platform(Platform::v24_0())).await;
    let mut handler = SlowHandler::start().await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    stage.robot("late", fields).await;
    stage.robot("gone", json!({})).await;
    let step = |code: &str| RestActivity::new(code, json!({}));
    let template = Template::new("t").step(step("late")).step(step("gone"));
    let template = stage.portal.template(template).unwrap();
    stage.portal.create_document(Document::deal(1));
    let mut start =
        json!({"TEMPLATE_ID": template, "DOCUMENT_ID": Document::deal(1).document_id()});
    for is_gone in [false, true] {
        if is_gone {
            stage
                .client
                .ok("bizproc.robot.delete", json!({"CODE": "gone"}))
                .await;
        }
        let (client, params) = (stage.client.clone(), start.take());
        start = params.clone();
        let started =
            tokio::spawn(async move { client.call("bizproc.workflow.start", params).await });
        handler.call().await;
        assert!(!started.is_finished());
        handler.answer();
        let told = started.await.unwrap();
        if is_gone {
            assert_refused(&told, 400, "", UNINSTALLED, "start");
        } else {
            assert!(told.1["result"].is_string(), "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_reply_from_inside_the_step_comes_too_early() {
    let stage = Stage::with(Portal::builder().platform(Platform::v24_0())).await;
    let mut handler = SlowHandler::start().await;
    stage.robot("r", json!({"HANDLER": handler.url})).await;
    let step = || RestActivity::new("r", json!({}));
    let template = Template::new("t").step(step()).step(step());
    let template = stage.portal.template(template).unwrap();
    let begin = stage.portal.start_workflow(template, Document::deal(1));
    let starting = tokio::spawn(begin.into_future());

    // Nobody but its own request knows the workflow yet.
    let call = handler.call().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "x"});
    for method in ["bizproc.event.send", "bizproc.activity.log"] {
        let early = stage.client.call(method, reply.clone()).await;
        assert_refused(&early, 400, GONE.0, GONE.1, method);
    }
    assert!(!starting.is_finished());
    handler.answer();
    let workflow = starting.await.unwrap().unwrap();
    assert!(workflow.is_waiting());
    let answered = tokio::spawn(send(&stage, &reply));

    // In a later step it is stored, and locked.
    let call = handler.call().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "y"});
    for method in ["bizproc.event.send", "bizproc.activity.log"] {
        let early = stage.client.call(method, reply.clone()).await;
        assert_refused(&early, 400, BUSY.0, BUSY.1, method);
    }
    let shown = stage
        .client
        .call("bizproc.workflow.instances", json!({}))
        .await;
    assert!(shown.1["result"][0]["OWNED_UNTIL"].is_string(), "{shown:?}");
    // The first reply made the workflow run on, and is answered when that comes out of its step.
    assert!(!answered.is_finished());
    handler.answer();
    assert_eq!(answered.await.unwrap().1["result"], json!(true));
    stage.client.ok("bizproc.event.send", reply).await;
    let done = workflow.wait_finished(PATIENCE).await.unwrap();
    assert_eq!(done.log, ["x", "y"]);
}

#[tokio::test]
async fn a_step_that_does_not_wait_goes_on_when_its_handler_has_answered() {
    let stage = Stage::with(Portal::builder().platform(Platform::v21())).await;
    let mut handler = SlowHandler::start().await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    stage.robot("r", fields).await;
    let starting = tokio::spawn(stage.portal.run("r", json!({})).into_future());
    handler.call().await;
    assert!(!starting.is_finished());
    handler.answer();
    let workflow = starting.await.unwrap().unwrap();
    let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(done.ending, Ending::NotWaiting);
}

#[tokio::test]
async fn a_run_does_not_wait_inside_a_step_for_a_call_that_is_late() {
    let stage = Stage::with(Portal::builder().platform(Platform::v24_0())).await;
    stage.robot("r", json!({})).await;
    stage
        .portal
        .fault(Fault::LateCall(Duration::from_mins(10)), 1);
    let run = stage.portal.run("r", json!({})).into_future();
    let workflow = tokio::time::timeout(PATIENCE, run).await.unwrap().unwrap();
    assert!(!workflow.is_waiting());
    stage.portal.advance(Duration::from_mins(10));
    stage.app.request().await;
    workflow.wait_called(PATIENCE).await.unwrap();
    assert!(workflow.is_waiting());
}

#[tokio::test]
async fn a_handler_that_never_answers_fails_and_the_workflow_still_waits() {
    for platform in [Platform::v26(), Platform::v24_0()] {
        let builder = Portal::builder()
            .platform(platform)
            .delivery_timeout(Duration::from_millis(50));
        let stage = Stage::with(builder).await;
        let handler = SlowHandler::start().await;
        stage.robot("r", json!({"HANDLER": handler.url})).await;
        let run = stage.portal.run("r", json!({})).into_future();
        let workflow = tokio::time::timeout(PATIENCE, run).await.unwrap().unwrap();
        let call = workflow.wait_called(PATIENCE).await.unwrap();
        assert!(matches!(call.outcome, Outgoing::Failed(_)), "{call:?}");
        assert!(workflow.is_waiting());
    }
}

#[tokio::test]
async fn whoever_completes_a_task_waits_for_the_steps_behind_it() {
    let stage = Stage::with(Portal::builder().platform(Platform::v24_0())).await;
    let mut handler = SlowHandler::start().await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    stage.robot("late", fields).await;
    stage.robot("gone", json!({})).await;
    let step = |code: &str| RestActivity::new(code, json!({}));
    let template = Template::new("t")
        .step(Task::review("Look", [1]))
        .step(step("late"))
        .step(step("gone"));
    let template = stage.portal.template(template).unwrap();
    let gone = json!({"CODE": "gone"});
    stage.client.ok("bizproc.robot.delete", gone).await;
    let begin = stage.portal.start_workflow(template, Document::deal(1));
    begin.await.unwrap();
    let client = stage.client.clone();
    let done = json!({"TASK_ID": 1, "STATUS": 3});
    let completed = tokio::spawn(async move { client.call("bizproc.task.complete", done).await });
    handler.call().await;
    assert!(!completed.is_finished());
    handler.answer();
    let code = "ERROR_TASK_EXECUTION";
    assert_refused(&completed.await.unwrap(), 400, code, UNINSTALLED, "task");
}
