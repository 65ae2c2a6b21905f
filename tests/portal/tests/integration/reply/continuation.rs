use std::time::Duration;

use bizproc_portal::{
    Document, Ending, Event, Fault, Platform, Portal, RestActivity, Step, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{Response, Setup, TIMEOUT, assert_refused, assert_true};

/// Portals of five platforms, each with a robot and an activity of one output.
///
/// Beside each: whether it applies a reply inside the call, and the code of its exceptions.
async fn setups() -> Vec<(Setup, bool, &'static str)> {
    let mut setups = Vec::new();
    for (platform, inside, exception) in [
        (Platform::v26(), false, ""),
        (Platform::v25(), false, ""),
        (Platform::v24(), true, "0"),
        (Platform::v24_0(), true, "0"),
        (Platform::v21(), true, "ERROR_CORE"),
    ] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        let outputs = json!({"RETURN_PROPERTIES": {"out": {"NAME": "o", "DEFAULT": "none"}}});
        setup.robot("r", outputs.clone()).await;
        setup.activity("a", outputs).await;
        setups.push((setup, inside, exception));
    }
    setups
}

/// Starts a workflow of a robot and later steps; returns the event token of the robot.
async fn start(setup: &Setup, later: Vec<Step>) -> (Workflow, Value) {
    let template = Template::new("t")
        .step(RestActivity::new("r", json!({})).named("R"))
        .steps(later);
    let workflow = setup.start_workflow(template, Document::deal(5)).await;
    let call = setup.app.next_request().await;
    (workflow, call["event_token"].clone())
}

async fn reply(setup: &Setup, token: &Value) -> Response {
    let client = setup.user(1);
    let reply =
        json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"out": "x"}, "LOG_MESSAGE": "replied"});
    client.call("bizproc.event.send", reply).await
}

/// Asserts an error, which only platforms report that apply a reply inside the call.
fn assert_reported(response: &Response, inside: bool, code: &str, text: &str) {
    if inside {
        assert_refused(response, (400, code, text), code);
    } else {
        assert_true(response);
    }
}

#[tokio::test]
async fn later_steps_run_during_or_after_the_reply() {
    for (setup, inside, _) in setups().await {
        let (workflow, token) = start(&setup, vec![Step::log("later: {=R:out}")]).await;
        assert_true(&reply(&setup, &token).await);
        if inside {
            assert_eq!(workflow.log(), ["replied", "later: x"]);
        }
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.log, ["replied", "later: x"]);
        assert_eq!(done.ending, Ending::Replied);
    }
}

#[tokio::test]
async fn older_platforms_report_the_failure_of_a_later_step() {
    for (setup, inside, exception) in setups().await {
        let (workflow, token) = start(&setup, vec![Step::Fail("boom".to_owned())]).await;
        assert_reported(&reply(&setup, &token).await, inside, exception, "boom");
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
        assert_eq!(done.return_values["out"], json!("x"));

        let (workflow, token) = start(&setup, vec![Step::Terminate]).await;
        let response = reply(&setup, &token).await;
        assert_reported(&response, inside, "499", "TerminateActivity");
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.ending, Ending::Terminated);
    }
}

#[tokio::test]
async fn engine_errors_have_codes_of_their_own() {
    for (setup, inside, _) in setups().await {
        let (workflow, token) = start(&setup, vec![Step::log("never")]).await;
        setup.portal.fault(Fault::WorkflowTerminated, 1);
        let response = reply(&setup, &token).await;
        assert_reported(&response, inside, "499", "The workflow was terminated");
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!((done.ending, done.log.len()), (Ending::Terminated, 1));
        let gone = "The business process is not found.";
        assert_reported(&reply(&setup, &token).await, inside, "404", gone);

        let (workflow, token) = start(&setup, Vec::new()).await;
        setup.portal.fault(Fault::PlanLimit, 2);
        let limit = "The limit of workflows of the plan is exceeded";
        assert_reported(&reply(&setup, &token).await, inside, "402", limit);
        let client = setup.user(1);
        let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
        if inside {
            client
                .refused("bizproc.activity.log", line, (400, "402", limit))
                .await;
        } else {
            // The lost reply uses up its fault in the background.
            assert_true(&reply(&setup, &token).await);
        }
        assert_true(&reply(&setup, &token).await);
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(
            (done.ending, done.log),
            (Ending::Replied, vec!["replied".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_workflow_whose_document_was_deleted_is_terminated() {
    let deal = Document::deal(5);
    for (setup, _, _) in setups().await {
        let (workflow, token) = start(&setup, vec![Step::log("never")]).await;
        assert!(setup.portal.delete_document(deal.document_id()));
        assert!(workflow.is_waiting());
        assert_true(&reply(&setup, &token).await);
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!((done.ending, done.log.len()), (Ending::Terminated, 0));
        assert_eq!(done.return_values["out"], json!("none"));

        // A log line or a time-out terminates it as well.
        let (workflow, token) = start(&setup, Vec::new()).await;
        setup.portal.delete_document(deal.document_id());
        let client = setup.user(1);
        let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
        assert_true(&client.call("bizproc.activity.log", line).await);
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!((done.ending, done.log.len()), (Ending::Terminated, 0));

        let run = setup.portal.run("a", json!({})).document(deal.clone());
        let workflow = run.timeout(Duration::from_mins(1)).await.unwrap();
        setup.app.next_request().await;
        setup.portal.delete_document(deal.document_id());
        setup.portal.advance(Duration::from_mins(1));
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!((done.ending, done.is_timeout), (Ending::Terminated, false));
    }
}

#[tokio::test]
async fn the_log_line_precedes_the_values_except_on_platform_21() {
    for (setup, _, exception) in setups().await {
        let (workflow, token) = start(&setup, Vec::new()).await;
        assert_true(&reply(&setup, &token).await);
        workflow.wait_finished(TIMEOUT).await.unwrap();
        let history = setup.portal.history();
        let order: Vec<_> = history
            .iter()
            .filter_map(|record| match &record.event {
                Event::Logged { activity_name, .. } => Some(("line", activity_name.as_str())),
                Event::Returned { activity_name, .. } => Some(("values", activity_name.as_str())),
                _ => None,
            })
            .collect();
        let mut expected = [("line", "R"), ("values", "R")];
        if exception == "ERROR_CORE" {
            expected.reverse();
        }
        assert_eq!(order, expected);
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
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        setup.robot("r", outputs.clone()).await;
        let run = setup.portal.run("r", json!({})).document(document);
        let workflow = run.await.unwrap();
        let token = setup.app.next_request().await["event_token"].clone();
        let values = json!({"clock": "noon", "place": "a &amp; b"});
        let reply = json!({"EVENT_TOKEN": token, "RETURN_VALUES": values});
        setup.ok("bizproc.event.send", reply).await;
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(
            Value::Object(done.return_values),
            json!({"clock": clock, "place": place})
        );
    }
}

#[tokio::test]
async fn the_history_records_each_stage_of_a_step() {
    let setup = Setup::start().await;
    setup.activity("a", json!({})).await;
    let activity = RestActivity::new("a", json!({}))
        .named("A")
        .timeout(Duration::from_mins(5));
    let template = Template::new("story")
        .step(activity)
        .step(Step::set_variable("x", 1));
    let workflow = setup.start_workflow(template, Document::deal(5)).await;
    let token = setup.app.next_request().await["event_token"].clone();
    workflow.wait_called(TIMEOUT).await.unwrap();
    let client = &setup.client;
    let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "half"});
    client.ok("bizproc.activity.log", line).await;
    client
        .ok("bizproc.event.send", json!({"EVENT_TOKEN": token}))
        .await;
    workflow.wait_finished(TIMEOUT).await.unwrap();
    let story: Vec<Value> = setup
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
        names.join(" "),
        "workflow_started started called waiting requested logged replied logged returned \
         step_closed executed finished"
    );
    for place in [1, 2, 3, 5, 7, 8, 9] {
        let record = &story[place];
        assert_eq!(record["activity_name"], json!("A"), "{record}");
    }
    assert!(story[2]["request"]["took_ms"].is_u64());
    assert!(story[3]["deadline"].as_str() > story[3]["at"].as_str());
    assert_eq!(story[9]["how"], json!("replied"));
    assert_eq!(story[10]["activity"], json!("SetVariableActivity"));
}
