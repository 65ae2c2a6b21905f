use std::time::Duration;

use bizproc_portal::{
    Condition, Document, Ending, Error, Event, Portal, RestActivity, Step, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{RecordingApp, STEP_UNINSTALLED, Setup, TIMEOUT};

async fn start(setup: &Setup, template: Template) -> Workflow {
    setup.start_workflow(template, Document::deal(17)).await
}

/// Runs steps that do not wait; returns the ending and the log.
async fn log_of(steps: Vec<Step>) -> (Ending, Vec<String>) {
    let setup = Setup::start().await;
    let workflow = start(&setup, Template::new("t").steps(steps)).await;
    let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
    (done.ending, done.log)
}

/// Replies to the next call with an output `out`.
async fn reply(setup: &Setup, out: &str) -> Value {
    let call = setup.app.next_request().await;
    let client = setup.user(1);
    let reply = json!({"EVENT_TOKEN": call["event_token"], "RETURN_VALUES": {"out": out}, "LOG_MESSAGE": out});
    client.ok("bizproc.event.send", reply).await;
    call
}

async fn robot(setup: &Setup, code: &str) {
    let fields = json!({
        "PROPERTIES": {"in": {"NAME": "i"}},
        "RETURN_PROPERTIES": {"out": {"NAME": "o", "DEFAULT": "none"}},
    });
    setup.robot(code, fields).await;
}

#[tokio::test]
async fn steps_run_in_order_and_read_earlier_outputs() {
    let setup = Setup::start().await;
    robot(&setup, "r").await;
    let template = Template::new("chain")
        .parameter("who", "no one")
        .parameter("how", "well")
        .variable("count", 1)
        .constant("unit", json!(["kg", "g"]))
        .step(RestActivity::new("r", json!({"in": "{=Template:who} {=Template:how}"})).named("A1"))
        .step(Step::set_variable("result", "<{=A1:out}>"))
        .step(RestActivity::new("r", json!({"in": "{=Variable:result} {=Constant:unit} {=A1:IsTimeout}"})).named("A2"))
        .step(Step::set_document(json!({"UF_CRM_X": "{=A2:out}", "TITLE": "{=Document:TITLE}!"})))
        .step(Step::log("{=Document:UF_CRM_X} {=Document:TITLE} {=Workflow:ID} {=User:ID} {=A9:out} {=Variable:none}"));
    let template = setup.portal.template(template).unwrap();
    let workflow = setup
        .portal
        .start_workflow(template, Document::deal(5))
        .parameter("who", "Ann")
        .parameter("unknown", "x")
        .user(4)
        .await
        .unwrap();
    assert_eq!(workflow.outputs("A2"), None);
    let call = reply(&setup, "one").await;
    assert_eq!(call["properties"]["in"], json!("Ann well"));
    assert_eq!(call["document_id"][2], json!("DEAL_5"));
    let call = reply(&setup, "two").await;
    assert_eq!(call["properties"]["in"], json!("<one> kg, g 0"));
    assert!(call["event_token"].as_str().unwrap().contains("|A2|"));

    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    let line = format!(
        "two Deal #5! {} user_4 {{=A9:out}} {{=Variable:none}}",
        workflow.id()
    );
    assert_eq!(done.log, ["one".to_owned(), "two".to_owned(), line]);
    assert_eq!(done.ending, Ending::Replied);
    assert_eq!(Value::Object(done.return_values), json!({"out": "two"}));
    let first = workflow.outputs("A1").unwrap();
    assert_eq!(Value::Object(first), json!({"out": "one", "IsTimeout": 0}));
    assert_eq!(workflow.variable("result"), Some(json!("<one>")));
    let deal = setup.portal.document(Document::deal(5).document_id());
    assert_eq!(deal.unwrap().value("UF_CRM_X"), Some(json!("two")));
    assert_eq!(setup.portal.workflow(workflow.id()).unwrap().log().len(), 3);
    assert!(setup.portal.workflow("none").is_none());
    let all = setup.portal.workflows();
    assert_eq!((all.len(), all[0].id()), (1, workflow.id()));
}

#[tokio::test]
async fn the_document_is_read_when_a_step_is_reached() {
    let setup = Setup::start().await;
    robot(&setup, "r").await;
    let step = || RestActivity::new("r", json!({"in": "{=Document:STAGE_ID}"}));
    let template = Template::new("t").step(step()).step(step());
    let template = setup.portal.template(template).unwrap();
    let deal = Document::deal(5).field("STAGE_ID", "NEW");
    let workflow = setup.portal.start_workflow(template, deal).await.unwrap();
    let call = setup.app.next_request().await;
    assert_eq!(call["properties"]["in"], json!("NEW"));
    setup
        .portal
        .create_document(Document::deal(5).field("STAGE_ID", "WON"));
    let done = json!({"EVENT_TOKEN": call["event_token"]});
    setup.ok("bizproc.event.send", done).await;
    assert_eq!(reply(&setup, "x").await["properties"]["in"], json!("WON"));
    workflow.wait_finished(TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn conditions_select_a_branch() {
    for (condition, holds) in [
        (Condition::equals("{=Document:ID}", 17), true),
        (Condition::equals("{=Document:ID}", "17.0"), true),
        (Condition::equals("{=Document:TITLE}", "Deal #17"), true),
        (Condition::equals("{=Document:TITLE}", "deal #17"), false),
        (Condition::equals(json!(["a", "b"]), "a, b"), true),
        (Condition::differs("{=Document:ID}", 17), false),
        (Condition::differs("a", "b"), true),
        (Condition::Empty(json!("{=Document:NONE}")), true),
        (Condition::Empty(json!("0")), true),
        (Condition::Empty(json!("{=Document:ID}")), false),
        (Condition::Filled(json!("{=Document:ID}")), true),
        (Condition::Filled(json!([])), false),
    ] {
        let steps = vec![
            Step::If {
                condition: condition.clone(),
                then: vec![Step::log("then")],
                otherwise: vec![Step::log("otherwise")],
            },
            Step::when(condition.clone(), vec![Step::log("when")]),
            Step::log("end"),
        ];
        let expected: &[&str] = if holds {
            &["then", "when", "end"]
        } else {
            &["otherwise", "end"]
        };
        assert_eq!(log_of(steps).await.1, expected, "{condition:?}");
    }
}

#[tokio::test]
async fn loops_repeat() {
    let steps = vec![
        Step::for_each(
            "Outer",
            json!({"x": "a", "y": "b"}),
            vec![Step::for_each(
                "Inner",
                json!([1, 2]),
                vec![Step::log("{=Outer:Key}{=Outer:Value}{=Inner:Value}")],
            )],
        ),
        Step::for_each("One", "single", vec![Step::log("{=One:Value}")]),
        Step::for_each("None", "{=Document:NONE}", vec![Step::log("never")]),
        Step::set_variable("open", "Y"),
        Step::While {
            condition: Condition::Filled(json!("{=Variable:open}")),
            steps: vec![Step::log("pass"), Step::set_variable("open", "")],
        },
    ];
    let (ending, log) = log_of(steps).await;
    assert_eq!(ending, Ending::Completed);
    assert_eq!(log, ["xa1", "xa2", "yb1", "yb2", "single", "pass"]);

    let endless = Step::While {
        condition: Condition::equals(1, 1),
        steps: vec![Step::log("pass")],
    };
    let (ending, log) = log_of(vec![endless]).await;
    let text = "Maximum loop iterations exceeded";
    assert_eq!(ending, Ending::Failed(text.to_owned()));
    assert_eq!(log.len(), 1000);
}

#[tokio::test]
async fn each_iteration_of_a_loop_starts_afresh() {
    let setup = Setup::start().await;
    let outputs = json!({"RETURN_PROPERTIES": {"out": {"NAME": "o", "DEFAULT": "none"}}});
    setup.activity("a", outputs).await;
    let activity = RestActivity::new("a", json!({}))
        .named("A")
        .timeout(Duration::from_mins(1));
    let template = Template::new("loop").step(Step::for_each(
        "Each",
        json!([1, 2, 3]),
        vec![
            Step::log("before: {=A:out}"),
            activity.into(),
            Step::log("{=Each:Value}: {=A:out} {=A:IsTimeout}"),
        ],
    ));
    let workflow = start(&setup, template).await;
    let mut tokens = Vec::new();
    // The first pass is replied to, the second times out, the third is replied to.
    let call = reply(&setup, "first").await;
    tokens.push(call["event_token"].clone());
    let call = setup.app.next_request().await;
    tokens.push(call["event_token"].clone());
    assert!(workflow.is_waiting());
    let now = workflow.outputs("A").unwrap();
    assert_eq!(Value::Object(now), json!({"out": "none", "IsTimeout": 0}));
    setup.portal.advance(Duration::from_mins(1));
    let call = setup.app.next_request().await;
    let client = setup.user(1);
    for token in &tokens {
        let late =
            json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"out": "late"}, "LOG_MESSAGE": "late"});
        client.ok("bizproc.event.send", late.clone()).await;
        client.ok("bizproc.activity.log", late).await;
    }
    tokens.push(call["event_token"].clone());
    let last = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "last"});
    client.ok("bizproc.event.send", last).await;
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    #[rustfmt::skip]
    let expected = [
        "before: none", "first", "1: first 0", // A reply.
        "before: none", "2: none 1", // A time-out.
        "before: none", "last", "3: none 0", // A reply without values.
    ];
    assert_eq!(done.log, expected);
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
    let start = format!("{}|A|", workflow.id());
    let is_of_step = |token: &Value| token.as_str().unwrap().starts_with(&start);
    assert!(tokens.iter().all(is_of_step), "{tokens:?}");
}

#[tokio::test]
async fn pauses_end_by_the_portals_clock() {
    let setup = Setup::start().await;
    let template = Template::new("t")
        .step(Step::Pause(Duration::from_hours(1)))
        .step(Step::log("awake"));
    let workflow = start(&setup, template).await;
    assert!(!workflow.is_waiting());
    let early = workflow.wait_finished(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, Error::StillRunning { .. }), "{early}");
    setup.portal.advance(Duration::from_mins(59));
    assert_eq!(workflow.log(), [""; 0]);
    setup.portal.advance(Duration::from_mins(1));
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(
        (done.ending, done.log),
        (Ending::Completed, vec!["awake".to_owned()])
    );
    let history = setup.portal.history();
    let deadlines: Vec<_> = history
        .iter()
        .filter_map(|record| match &record.event {
            Event::Waiting { deadline, .. } => Some(deadline.unwrap() > record.at),
            _ => None,
        })
        .collect();
    assert_eq!(deadlines, [true]);
}

#[tokio::test]
async fn steps_end_a_workflow() {
    let (ending, log) = log_of(vec![
        Step::log("a"),
        Step::Fail("no {=Document:TITLE}".to_owned()),
        Step::log("b"),
    ])
    .await;
    assert_eq!(ending, Ending::Failed("no Deal #17".to_owned()));
    assert_eq!(log, ["a"]);
    let (ending, log) = log_of(vec![Step::Terminate, Step::log("b")]).await;
    assert_eq!((ending, log.len()), (Ending::Terminated, 0));
    let (ending, log) = log_of(Vec::new()).await;
    assert_eq!((ending, log.len()), (Ending::Completed, 0));
}

#[tokio::test]
async fn a_workflow_keeps_its_copy_of_the_template_and_a_step_its_code() {
    let setup = Setup::start().await;
    robot(&setup, "r").await;
    let template = Template::new("t")
        .step(RestActivity::new("r", json!({"in": "x"})))
        .step(RestActivity::new("r", json!({"in": "y"})));
    let template = setup.portal.template(template).unwrap();
    let begin = || setup.portal.start_workflow(template, Document::deal(1));
    let first = begin().await.unwrap();
    let call = setup.app.next_request().await;
    setup.ok("bizproc.robot.delete", json!({"CODE": "r"})).await;
    // The step that waits still accepts its reply; the next one fails.
    let done = json!({"EVENT_TOKEN": call["event_token"], "RETURN_VALUES": {"out": "ok"}});
    setup.ok("bizproc.event.send", done).await;
    let done = first.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Failed(STEP_UNINSTALLED.to_owned()));
    // Registered again with its code, the template finds its robot again and keeps what its author saved.
    setup
        .robot(
            "r",
            json!({"USE_SUBSCRIPTION": "N", "PROPERTIES": {"new": {"NAME": "n", "DEFAULT": "d"}}}),
        )
        .await;
    let second = begin().await.unwrap();
    let call = setup.app.next_request().await;
    assert_eq!(call["properties"], json!({"new": "d"}));
    assert_eq!(call["use_subscription"], json!("Y"));
    assert!(second.is_waiting());
}

#[tokio::test]
async fn a_run_can_name_the_application_of_its_robot() {
    let setup = Setup::start().await;
    let other_app = RecordingApp::start().await;
    let url = format!("{}/e", other_app.url);
    let other = setup.portal.install(&url).await.unwrap();
    other_app.next_request().await;
    robot(&setup, "r").await;
    let refused = setup.portal.run("r", json!({})).application(&other).await;
    assert!(matches!(refused, Err(Error::NotRegistered { .. })));
    let client = setup.client_of(&other);
    let params = json!({"CODE": "r", "HANDLER": format!("{}/h", other_app.url), "NAME": "n"});
    client.ok("bizproc.robot.add", params).await;
    setup.portal.run("r", json!({})).await.unwrap();
    setup.app.next_request().await;
    setup
        .portal
        .run("r", json!({}))
        .application(&other)
        .await
        .unwrap();
    let call = other_app.next_request().await;
    assert_eq!(
        call["auth"]["application_token"],
        json!(other.application_token())
    );
    assert!(setup.app.is_quiet().await);
}

#[tokio::test]
async fn invalid_templates_are_refused() {
    let setup = Setup::start().await;
    robot(&setup, "r").await;
    let refused = |step: Step| {
        let nested = Step::when(Condition::equals(1, 1), vec![step]);
        setup.portal.template(Template::new("t").step(nested))
    };
    let unknown = refused(RestActivity::new("x", json!({})).into());
    assert!(matches!(unknown, Err(Error::NotRegistered { .. })));
    let inputs = refused(RestActivity::new("r", json!("x")).into());
    assert!(matches!(inputs, Err(Error::Inputs(_))));
    let timeout = RestActivity::new("r", json!({})).timeout(Duration::from_secs(1));
    assert!(matches!(
        refused(timeout.into()),
        Err(Error::NoTimeout { .. })
    ));
    let fields = refused(Step::set_document(json!(["x"])));
    assert!(matches!(fields, Err(Error::Inputs(_))));
    let twice = || Step::from(RestActivity::new("r", json!({})).named("A"));
    let twice = Step::for_each("E", 1, vec![twice(), twice()]);
    assert!(matches!(refused(twice), Err(Error::ActivityName { name }) if name == "A"));

    let missing = setup.portal.start_workflow(99, Document::deal(1)).await;
    assert!(matches!(missing, Err(Error::UnknownTemplate { id: 99 })));
    let deals = setup.portal.template(Template::new("t")).unwrap();
    let lead = setup.portal.start_workflow(deals, Document::lead(1)).await;
    assert!(matches!(lead, Err(Error::DocumentType { .. })));
}

#[tokio::test]
async fn portals_do_not_share_templates() {
    let one = Portal::start().await.unwrap();
    let other = Portal::start().await.unwrap();
    let id = one.template(Template::new("t")).unwrap();
    let missing = other.start_workflow(id, Document::deal(1)).await;
    assert!(matches!(missing, Err(Error::UnknownTemplate { .. })));
}
