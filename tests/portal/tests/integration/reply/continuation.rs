use std::time::Duration;

use bizproc_portal::{
    Document, Ending, Event, Fault, Platform, Portal, RestActivity, Step, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{Answer, PATIENCE, Stage, assert_refused};

/// A portal with a robot of one output; whether replies are applied inside the call; the code of its exceptions.
async fn stages() -> Vec<(Stage, bool, &'static str)> {
    let mut stages = Vec::new();
    for (platform, inside, exception) in [
        (Platform::v26(), false, ""),
        (Platform::v25(), false, ""),
        (Platform::v24(), true, "0"),
        (Platform::v24_0(), true, "0"),
        (Platform::v21(), true, "ERROR_CORE"),
    ] {
        let stage = Stage::with(Portal::builder().platform(platform)).await;
        let outputs = json!({"RETURN_PROPERTIES": {"out": {"NAME": "o", "DEFAULT": "none"}}});
        stage.robot("r", outputs.clone()).await;
        stage.register("bizproc.activity.add", "a", outputs).await;
        stages.push((stage, inside, exception));
    }
    stages
}

/// Runs a robot with steps behind it; its token.
async fn start(stage: &Stage, behind: Vec<Step>) -> (Workflow, Value) {
    let template = Template::new("t")
        .step(RestActivity::new("r", json!({})).named("R"))
        .steps(behind);
    let template = stage.portal.template(template).unwrap();
    let begun = stage.portal.start_workflow(template, Document::deal(5));
    let workflow = begun.await.unwrap();
    let call = stage.app.request().await.1;
    (workflow, call["event_token"].clone())
}

async fn reply(stage: &Stage, token: &Value) -> Answer {
    let client = stage.client_with(Some(stage.installation.token_of(1)));
    let reply =
        json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"out": "x"}, "LOG_MESSAGE": "replied"});
    client.call("bizproc.event.send", reply).await
}

/// Only platforms that apply a reply inside the call tell what went wrong.
fn assert_told(answer: &Answer, inside: bool, code: &str, text: &str) {
    if inside {
        assert_refused(answer, 400, code, text, code);
    } else {
        assert_true(answer);
    }
}

fn assert_true(answer: &Answer) {
    assert_eq!((answer.0, &answer.1["result"]), (200, &json!(true)));
}

#[tokio::test]
async fn the_steps_behind_run_inside_the_call_or_after_it() {
    for (stage, inside, _) in stages().await {
        let (workflow, token) = start(&stage, vec![Step::log("behind: {=R:out}")]).await;
        assert_true(&reply(&stage, &token).await);
        if inside {
            assert_eq!(workflow.log(), ["replied", "behind: x"]);
        }
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(done.log, ["replied", "behind: x"]);
        assert_eq!(done.ending, Ending::Replied);
    }
}

#[tokio::test]
async fn a_step_that_fails_is_told_to_who_waits_for_it() {
    for (stage, inside, exception) in stages().await {
        let (workflow, token) = start(&stage, vec![Step::Fail("boom".to_owned())]).await;
        assert_told(&reply(&stage, &token).await, inside, exception, "boom");
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
        assert_eq!(done.return_values["out"], json!("x"));

        let (workflow, token) = start(&stage, vec![Step::Terminate]).await;
        let told = reply(&stage, &token).await;
        assert_told(&told, inside, "499", "TerminateActivity");
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(done.ending, Ending::Terminated);
    }
}

#[tokio::test]
async fn the_engine_has_codes_of_its_own() {
    for (stage, inside, _) in stages().await {
        let (workflow, token) = start(&stage, vec![Step::log("never")]).await;
        stage.portal.fault(Fault::WorkflowTerminated, 1);
        let told = reply(&stage, &token).await;
        assert_told(&told, inside, "499", "The workflow was terminated");
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!((done.ending, done.log.len()), (Ending::Terminated, 1));
        let gone = "The business process is not found.";
        assert_told(&reply(&stage, &token).await, inside, "404", gone);

        let (workflow, token) = start(&stage, Vec::new()).await;
        stage.portal.fault(Fault::PlanLimit, 2);
        let limit = "The limit of workflows of the plan is exceeded";
        assert_told(&reply(&stage, &token).await, inside, "402", limit);
        let client = stage.client_with(Some(stage.installation.token_of(1)));
        let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
        if inside {
            let refused = client.call("bizproc.activity.log", line).await;
            assert_refused(&refused, 400, "402", limit, "log");
        } else {
            // The lost reply uses its fault up in the background.
            assert_true(&reply(&stage, &token).await);
        }
        assert_true(&reply(&stage, &token).await);
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(
            (done.ending, done.log),
            (Ending::Replied, vec!["replied".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_workflow_whose_document_was_deleted_is_terminated() {
    let deal = Document::deal(5);
    for (stage, _, _) in stages().await {
        let (workflow, token) = start(&stage, vec![Step::log("never")]).await;
        assert!(stage.portal.delete_document(deal.document_id()));
        assert!(workflow.is_waiting());
        assert_true(&reply(&stage, &token).await);
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!((done.ending, done.log.len()), (Ending::Terminated, 0));
        assert_eq!(done.return_values["out"], json!("none"));

        // A log line, or a time-out, finds it out as well.
        let (workflow, token) = start(&stage, Vec::new()).await;
        stage.portal.delete_document(deal.document_id());
        let client = stage.client_with(Some(stage.installation.token_of(1)));
        let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
        assert_true(&client.call("bizproc.activity.log", line).await);
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!((done.ending, done.log.len()), (Ending::Terminated, 0));

        let run = stage.portal.run("a", json!({})).document(deal.clone());
        let workflow = run.timeout(Duration::from_mins(1)).await.unwrap();
        stage.app.request().await;
        stage.portal.delete_document(deal.document_id());
        stage.portal.advance(Duration::from_mins(1));
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!((done.ending, done.is_timeout), (Ending::Terminated, false));
    }
}

#[tokio::test]
async fn the_log_line_comes_before_the_values_but_on_old_platforms() {
    for (stage, _, exception) in stages().await {
        let (workflow, token) = start(&stage, Vec::new()).await;
        assert_true(&reply(&stage, &token).await);
        workflow.wait_finished(PATIENCE).await.unwrap();
        let history = stage.portal.history();
        let order: Vec<_> = history
            .iter()
            .filter_map(|record| match &record.event {
                Event::Logged { activity_name, .. } => Some(("line", activity_name.as_str())),
                Event::Returned { activity_name, .. } => Some(("values", activity_name.as_str())),
                _ => None,
            })
            .collect();
        let (line, values) = (("line", "R"), ("values", "R"));
        if exception == "ERROR_CORE" {
            assert_eq!(order, [values, line]);
        } else {
            assert_eq!(order, [line, values]);
        }
    }
}

#[tokio::test]
async fn a_type_is_converted_only_where_the_document_knows_it() {
    let outputs = json!({"RETURN_PROPERTIES": {
        "clock": {"NAME": "c", "TYPE": "time"}, "place": {"NAME": "p", "TYPE": "UF:address"},
    }});
    let list = || {
        Document::new(
            ["lists", "BizprocDocument", "21020"],
            ["lists", "BizprocDocument", "iblock_72"],
        )
    };
    for (platform, document, clock, place) in [
        (Platform::v26(), Document::deal(5), json!(null), "a & b"),
        (Platform::v24(), Document::deal(5), json!(null), "a & b"),
        (Platform::v21(), Document::deal(5), json!("noon"), "a & b"),
        (Platform::v26(), list(), json!(null), "a &amp; b"),
    ] {
        let stage = Stage::with(Portal::builder().platform(platform)).await;
        stage.robot("r", outputs.clone()).await;
        let run = stage.portal.run("r", json!({})).document(document);
        let workflow = run.await.unwrap();
        let token = stage.app.request().await.1["event_token"].clone();
        let values = json!({"clock": "noon", "place": "a &amp; b"});
        let reply = json!({"EVENT_TOKEN": token, "RETURN_VALUES": values});
        stage.client.ok("bizproc.event.send", reply).await;
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(
            Value::Object(done.return_values),
            json!({"clock": clock, "place": place})
        );
    }
}

#[tokio::test]
async fn the_history_tells_a_steps_story() {
    let stage = Stage::start().await;
    stage.register("bizproc.activity.add", "a", json!({})).await;
    let activity = RestActivity::new("a", json!({}))
        .named("A")
        .timeout(Duration::from_mins(5));
    let template = Template::new("story")
        .step(activity)
        .step(Step::set_variable("x", 1));
    let template = stage.portal.template(template).unwrap();
    let begun = stage.portal.start_workflow(template, Document::deal(5));
    let workflow = begun.await.unwrap();
    let token = stage.app.request().await.1["event_token"].clone();
    workflow.wait_called(PATIENCE).await.unwrap();
    let client = &stage.client;
    let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
    client.ok("bizproc.activity.log", line).await;
    client
        .ok("bizproc.event.send", json!({"EVENT_TOKEN": token}))
        .await;
    workflow.wait_finished(PATIENCE).await.unwrap();
    let story: Vec<Value> = stage
        .portal
        .history()
        .into_iter()
        .map(|record| serde_json::to_value(record).unwrap())
        .filter(|record| record.get("workflow_id") == Some(&json!(workflow.id())))
        .collect();
    let names: Vec<&str> = story
        .iter()
        .map(|record| record["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "workflow_started",
            "started",
            "called",
            "waiting",
            "requested",
            "logged",
            "replied",
            "logged",
            "returned",
            "step_closed",
            "executed",
            "finished"
        ]
    );
    for place in [1, 2, 3, 5, 7, 8, 9] {
        assert_eq!(
            story[place]["activity_name"],
            json!("A"),
            "{}",
            story[place]
        );
    }
    assert!(story[2]["request"]["took_ms"].is_u64());
    assert!(story[3]["deadline"].as_str() > story[3]["at"].as_str());
    assert_eq!(story[9]["how"], json!("replied"));
    assert_eq!(story[10]["activity"], json!("SetVariableActivity"));
}
