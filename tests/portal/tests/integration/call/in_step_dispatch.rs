use std::time::Duration;

use bizproc_portal::{
    Document, Ending, Event, Fault, Outgoing, Platform, Portal, RestActivity, Task, Template,
    Workflow,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::fixture::{
    Response, STEP_UNINSTALLED, Setup, SlowHandler, TIMEOUT, WORKFLOW_BUSY, WORKFLOW_GONE,
    assert_refused, eventually,
};

/// Makes a call in the background.
fn spawn_call(setup: &Setup, method: &'static str, params: Value) -> JoinHandle<Response> {
    let client = setup.client.clone();
    tokio::spawn(async move { client.call(method, params).await })
}

/// A portal with a template of three robots: one that responds immediately, one late, one that is deleted.
async fn three_steps(platform: Platform) -> (Setup, u64, SlowHandler) {
    let setup = Setup::with(Portal::builder().platform(platform)).await;
    let handler = SlowHandler::start().await;
    setup.robot("first", json!({})).await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    setup.robot("late", fields).await;
    setup.robot("gone", json!({})).await;
    let step = |code: &str| RestActivity::new(code, json!({}));
    let template = Template::new("t")
        .step(step("first"))
        .step(step("late"))
        .step(step("gone"));
    let template = setup.portal.template(template).unwrap();
    setup
        .ok("bizproc.robot.delete", json!({"CODE": "gone"}))
        .await;
    (setup, template, handler)
}

/// Starts the three steps and replies to the first; returns while the second is being called.
async fn reply_to_first_step(
    setup: &Setup,
    template: u64,
    handler: &mut SlowHandler,
) -> (Workflow, JoinHandle<Response>) {
    let begin = setup.portal.start_workflow(template, Document::deal(1));
    let workflow = begin.await.unwrap();
    let call = setup.app.next_request().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"]});
    let sent = spawn_call(setup, "bizproc.event.send", reply);
    handler.call().await;
    (workflow, sent)
}

#[tokio::test]
async fn the_response_to_a_reply_reports_the_failure_of_a_later_step() {
    for (platform, code) in [(Platform::v24_0(), "0"), (Platform::v21(), "ERROR_CORE")] {
        let (setup, template, mut handler) = three_steps(platform).await;
        let (workflow, sent) = reply_to_first_step(&setup, template, &mut handler).await;
        assert!(!sent.is_finished());
        handler.respond();
        assert_refused(&sent.await.unwrap(), (400, code, STEP_UNINSTALLED), "late");
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.ending, Ending::Failed(STEP_UNINSTALLED.to_owned()));
        let response = setup
            .portal
            .history()
            .into_iter()
            .find_map(|record| match record.event {
                Event::Replied { response, .. } => response,
                _ => None,
            });
        assert_eq!(response.unwrap().status, 400);
    }
}

#[tokio::test]
async fn a_sender_that_disconnects_changes_nothing() {
    let (setup, template, mut handler) = three_steps(Platform::v24_0()).await;
    let (workflow, sent) = reply_to_first_step(&setup, template, &mut handler).await;
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    handler.respond();
    workflow.wait_finished(TIMEOUT).await.unwrap();
    let is_replied = |event: &Event| {
        matches!(
            event,
            Event::Replied {
                response: Some(_),
                ..
            }
        )
    };
    eventually("the reply in the history", || {
        setup
            .portal
            .history()
            .iter()
            .any(|record| is_replied(&record.event))
    })
    .await;
}

#[tokio::test]
async fn a_batch_runs_one_continuation_after_the_other() {
    let (setup, template, mut handler) = three_steps(Platform::v24_0()).await;
    let mut commands = Vec::new();
    for number in 1..=2 {
        setup
            .portal
            .start_workflow(template, Document::deal(number))
            .await
            .unwrap();
        let token = setup.app.next_request().await["event_token"].clone();
        let encoded = token.as_str().unwrap().replace('|', "%7C");
        commands.push(format!("bizproc.event.send?EVENT_TOKEN={encoded}"));
    }
    let batch = spawn_call(&setup, "batch", json!({"cmd": commands}));
    for _ in 0..2 {
        handler.call().await;
        // The second command starts after the first has left its step.
        assert!(handler.is_quiet());
        handler.respond();
    }
    let (status, response) = batch.await.unwrap();
    assert_eq!((status, &response["result"]["result"]), (200, &json!([])));
    let failed = json!({"error": "0", "error_description": STEP_UNINSTALLED});
    assert_eq!(response["result"]["result_error"], json!([failed, failed]));
}

#[tokio::test]
async fn starting_a_workflow_waits_for_its_steps() {
    let setup = Setup::with(Portal::builder().platform(Platform::v24_0())).await;
    let mut handler = SlowHandler::start().await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    setup.robot("late", fields).await;
    setup.robot("gone", json!({})).await;
    let step = |code: &str| RestActivity::new(code, json!({}));
    let template = Template::new("t").step(step("late")).step(step("gone"));
    let template = setup.portal.template(template).unwrap();
    setup.portal.create_document(Document::deal(1));
    let params = json!({"TEMPLATE_ID": template, "DOCUMENT_ID": Document::deal(1).document_id()});
    for is_gone in [false, true] {
        if is_gone {
            setup
                .ok("bizproc.robot.delete", json!({"CODE": "gone"}))
                .await;
        }
        let started = spawn_call(&setup, "bizproc.workflow.start", params.clone());
        handler.call().await;
        assert!(!started.is_finished());
        handler.respond();
        let response = started.await.unwrap();
        if is_gone {
            assert_refused(&response, (400, "", STEP_UNINSTALLED), "start");
        } else {
            assert!(response.1["result"].is_string(), "{response:?}");
        }
    }
}

#[tokio::test]
async fn a_reply_sent_during_the_call_is_too_early() {
    let setup = Setup::with(Portal::builder().platform(Platform::v24_0())).await;
    let mut handler = SlowHandler::start().await;
    setup.robot("r", json!({"HANDLER": handler.url})).await;
    let step = || RestActivity::new("r", json!({}));
    let template = Template::new("t").step(step()).step(step());
    let template = setup.portal.template(template).unwrap();
    let begin = setup.portal.start_workflow(template, Document::deal(1));
    let starting = tokio::spawn(begin.into_future());

    // The workflow is not stored yet, so no other request finds it.
    let call = handler.call().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "x"});
    for method in ["bizproc.event.send", "bizproc.activity.log"] {
        setup.refused(method, &reply, WORKFLOW_GONE).await;
    }
    assert!(!starting.is_finished());
    handler.respond();
    let workflow = starting.await.unwrap().unwrap();
    assert!(workflow.is_waiting());
    let responded = spawn_call(&setup, "bizproc.event.send", reply);

    // In a later step the workflow is stored, and locked.
    let call = handler.call().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "y"});
    for method in ["bizproc.event.send", "bizproc.activity.log"] {
        setup.refused(method, &reply, WORKFLOW_BUSY).await;
    }
    let shown = setup.call("bizproc.workflow.instances", json!({})).await;
    assert!(shown.1["result"][0]["OWNED_UNTIL"].is_string(), "{shown:?}");
    // The first reply made the workflow continue; its response comes after that step.
    assert!(!responded.is_finished());
    handler.respond();
    assert_eq!(responded.await.unwrap().1["result"], json!(true));
    setup.ok("bizproc.event.send", reply).await;
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.log, ["x", "y"]);
}

#[tokio::test]
async fn a_step_that_does_not_wait_continues_after_its_handler_responds() {
    let setup = Setup::with(Portal::builder().platform(Platform::v21())).await;
    let mut handler = SlowHandler::start().await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    setup.robot("r", fields).await;
    let starting = tokio::spawn(setup.portal.run("r", json!({})).into_future());
    handler.call().await;
    assert!(!starting.is_finished());
    handler.respond();
    let workflow = starting.await.unwrap().unwrap();
    let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(done.ending, Ending::NotWaiting);
}

#[tokio::test]
async fn a_late_call_does_not_block_its_step() {
    let setup = Setup::with(Portal::builder().platform(Platform::v24_0())).await;
    setup.robot("r", json!({})).await;
    setup
        .portal
        .fault(Fault::LateCall(Duration::from_mins(10)), 1);
    let run = setup.portal.run("r", json!({})).into_future();
    let workflow = tokio::time::timeout(TIMEOUT, run).await.unwrap().unwrap();
    assert!(!workflow.is_waiting());
    setup.portal.advance(Duration::from_mins(10));
    setup.app.next_request().await;
    workflow.wait_called(TIMEOUT).await.unwrap();
    assert!(workflow.is_waiting());
}

#[tokio::test]
async fn a_handler_that_never_responds_fails_and_the_workflow_still_waits() {
    for platform in [Platform::v26(), Platform::v24_0()] {
        let builder = Portal::builder()
            .platform(platform)
            .delivery_timeout(Duration::from_millis(50));
        let setup = Setup::with(builder).await;
        let handler = SlowHandler::start().await;
        setup.robot("r", json!({"HANDLER": handler.url})).await;
        let run = setup.portal.run("r", json!({})).into_future();
        let workflow = tokio::time::timeout(TIMEOUT, run).await.unwrap().unwrap();
        let call = workflow.wait_called(TIMEOUT).await.unwrap();
        assert!(matches!(call.outcome, Outgoing::Failed(_)), "{call:?}");
        assert!(workflow.is_waiting());
    }
}

#[tokio::test]
async fn completing_a_task_waits_for_the_later_steps() {
    let setup = Setup::with(Portal::builder().platform(Platform::v24_0())).await;
    let mut handler = SlowHandler::start().await;
    let fields = json!({"HANDLER": handler.url, "USE_SUBSCRIPTION": "N"});
    setup.robot("late", fields).await;
    setup.robot("gone", json!({})).await;
    let step = |code: &str| RestActivity::new(code, json!({}));
    let template = Template::new("t")
        .step(Task::review("Look", [1]))
        .step(step("late"))
        .step(step("gone"));
    let template = setup.portal.template(template).unwrap();
    let gone = json!({"CODE": "gone"});
    setup.ok("bizproc.robot.delete", gone).await;
    let begin = setup.portal.start_workflow(template, Document::deal(1));
    begin.await.unwrap();
    let done = json!({"TASK_ID": 1, "STATUS": 3});
    let completed = spawn_call(&setup, "bizproc.task.complete", done);
    handler.call().await;
    assert!(!completed.is_finished());
    handler.respond();
    let code = "ERROR_TASK_EXECUTION";
    assert_refused(
        &completed.await.unwrap(),
        (400, code, STEP_UNINSTALLED),
        "task",
    );
}
