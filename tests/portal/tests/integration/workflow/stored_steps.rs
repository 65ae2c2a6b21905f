use std::time::Duration;

use bizproc_portal::{
    Culture, Document, Ending, Event, Portal, Record, RestActivity, Step, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{Setup, TIMEOUT};

async fn start(setup: &Setup, template: u64) -> Workflow {
    let begun = setup.portal.start_workflow(template, Document::deal(17));
    begun.await.unwrap()
}

async fn reply(setup: &Setup, call: &Value, values: Value) {
    let reply = json!({"EVENT_TOKEN": call["event_token"], "RETURN_VALUES": values});
    setup.ok("bizproc.event.send", reply).await;
}

#[tokio::test]
async fn a_returned_date_reaches_the_next_step_in_the_culture_of_the_portal() {
    for (culture, ahead, moment, day) in [
        (
            Culture::DayMonthYear,
            0,
            "31.12.2025 10:20:30",
            "31.12.2025",
        ),
        (
            Culture::MonthDayYear,
            0,
            "12/31/2025 10:20:30 am",
            "12/31/2025",
        ),
        (
            Culture::DayMonthYear,
            3600,
            "31.12.2025 11:20:30",
            "31.12.2025",
        ),
    ] {
        let setup = Setup::with(Portal::builder().culture(culture).user_offset(ahead)).await;
        let outputs = json!({"At": {"NAME": "a", "TYPE": "datetime"}, "Day": {"NAME": "d", "TYPE": "date"},
            "All": {"NAME": "l", "TYPE": "date", "MULTIPLE": "Y"}});
        setup
            .robot("dates", json!({"RETURN_PROPERTIES": outputs}))
            .await;
        let inputs = json!({"x": {"NAME": "x", "TYPE": "datetime"}, "d": {"NAME": "d", "TYPE": "date"},
            "s": {"NAME": "s", "TYPE": "string"}});
        setup.robot("shows", json!({"PROPERTIES": inputs})).await;
        let own = json!({"x": "{=A1:At}", "d": "{=A1:Day}", "s": "at {=A1:At}, {=A1:All}"});
        let template = Template::new("t")
            .step(RestActivity::new("dates", json!({})).named("A1"))
            .step(RestActivity::new("shows", own));
        let template = setup.portal.template(template).unwrap();
        let workflow = start(&setup, template).await;
        let call = setup.app.next_request().await;
        let dates = json!({"At": "1767165630", "Day": "2025-12-31", "All": ["2025-12-31", "soon"]});
        reply(&setup, &call, dates).await;
        assert_eq!(
            setup.app.next_request().await["properties"],
            json!({"x": moment, "d": day, "s": format!("at {moment}, {day}, soon")})
        );
        let outputs = workflow.outputs("A1").unwrap();
        assert_eq!(outputs["At"], json!("2025-12-31T10:20:30+03:00"));
    }
}

#[tokio::test]
async fn the_creation_time_has_the_format_of_the_portal() {
    let setup = Setup::start().await;
    let inputs = json!({"at": {"NAME": "a", "TYPE": "datetime"}});
    setup.robot("r", json!({"PROPERTIES": inputs})).await;
    let created = setup.call("crm.deal.add", json!({"fields": {}})).await;
    let number = u32::try_from(created.1["result"].as_u64().unwrap()).unwrap();
    let run = setup
        .portal
        .run("r", json!({"at": "{=Document:DATE_CREATE}"}));
    run.document(Document::deal(number)).await.unwrap();
    let call = setup.app.next_request().await;
    let at = call["properties"]["at"].as_str().unwrap();
    let shape: String = at
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "00.00.0000 00:00:00", "{at}");
}

#[tokio::test]
async fn a_changed_default_reaches_only_steps_that_are_saved_again() {
    let setup = Setup::start().await;
    let one = json!({"PROPERTIES": {"x": {"NAME": "x", "TYPE": "string", "DEFAULT": "one"}}});
    setup.robot("r", one).await;
    let template = |activity: RestActivity| {
        let template = Template::new("t").step(activity);
        setup.portal.template(template).unwrap()
    };
    let step = || RestActivity::new("r", json!({}));
    let saved = template(step());
    let never = template(step().never_saved());
    let two = json!({"x": {"NAME": "x", "TYPE": "string", "DEFAULT": "two"},
        "y": {"NAME": "y", "TYPE": "string", "DEFAULT": "new"}});
    let update = json!({"CODE": "r", "FIELDS": {"PROPERTIES": two}});
    setup.ok("bizproc.robot.update", update).await;
    for (template, x) in [(saved, "one"), (never, "two"), (template(step()), "two")] {
        start(&setup, template).await;
        let call = setup.app.next_request().await;
        assert_eq!(call["properties"], json!({"x": x, "y": "new"}));
    }
}

#[tokio::test]
async fn properties_of_the_step_itself_override_registered_ones() {
    let setup = Setup::start().await;
    let fields = json!({
        "NAME": {"en": "Named"},
        "PROPERTIES": {
            "TimeoutDuration": {"NAME": "t", "TYPE": "int", "DEFAULT": 5}, "TimeoutDurationType": {"NAME": "u"},
            "Title": {"NAME": "n"}, "UseSubscription": {"NAME": "s"}, "AuthUserId": {"NAME": "a"},
            "timeoutduration": {"NAME": "l", "DEFAULT": "own"},
        },
        "RETURN_PROPERTIES": {"IsTimeout": {"NAME": "i", "TYPE": "int", "DEFAULT": 3}},
    });
    setup.activity("a", fields).await;
    let step = RestActivity::new("a", json!({"TimeoutDuration": 8}))
        .named("A")
        .run_as(4)
        .timeout_as_typed("10", "m");
    let template = setup
        .portal
        .template(Template::new("t").step(step))
        .unwrap();
    let workflow = start(&setup, template).await;
    let call = setup.app.next_request().await;
    assert_eq!(
        call["properties"],
        json!({"TimeoutDuration": "10", "TimeoutDurationType": "m", "Title": "Named", "UseSubscription": "Y",
            "AuthUserId": "user_4", "timeoutduration": "own"})
    );
    assert_eq!(workflow.outputs("A").unwrap()["IsTimeout"], json!(0));
    reply(&setup, &call, json!({"IsTimeout": 7})).await;
    workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(workflow.outputs("A").unwrap()["IsTimeout"], json!(7));
}

#[tokio::test]
async fn an_output_with_the_name_of_an_input_is_not_converted() {
    let setup = Setup::start().await;
    for (code, default, stored) in [
        ("with", json!("in"), "1767165630"),
        ("without", json!(null), "2025-12-31T10:20:30+03:00"),
    ] {
        let fields = json!({
            "PROPERTIES": {"v": {"NAME": "v", "TYPE": "string", "DEFAULT": default}},
            "RETURN_PROPERTIES": {"v": {"NAME": "v", "TYPE": "datetime"}},
        });
        setup.robot(code, fields).await;
        let (workflow, call) = setup.run(code, json!({})).await;
        reply(&setup, &call, json!({"v": "1767165630"})).await;
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.return_values["v"], json!(stored), "{code}");
    }
}

#[tokio::test]
async fn fields_of_the_document_in_double_braces() {
    let setup = Setup::start().await;
    let inputs = json!({"x": {"NAME": "x"}, "y": {"NAME": "y"}, "z": {"NAME": "z"}});
    setup.robot("r", json!({"PROPERTIES": inputs})).await;
    let own =
        json!({"x": "{{Title}}", "y": "<{{ title }}> {{Nothing}} {=Document:ID}{x}", "z": "=1+1"});
    let run = setup.portal.run("r", own);
    run.document(Document::deal(3).field("TITLE", "T"))
        .await
        .unwrap();
    assert_eq!(
        setup.app.next_request().await["properties"],
        json!({"x": "T", "y": "<T> {{Nothing}} 3{x}", "z": "=1+1"})
    );
}

#[tokio::test]
async fn steps_of_an_unregistered_portal_complete_without_a_call() {
    let setup = Setup::with(Portal::builder().oauth_registered(false)).await;
    let outputs = json!({"out": {"NAME": "o", "DEFAULT": "none"}});
    setup
        .robot("r", json!({"RETURN_PROPERTIES": outputs}))
        .await;
    let template = Template::new("t")
        .step(RestActivity::new("r", json!({})).named("R"))
        .step(Step::log("later: {=R:out}"));
    let template = setup.portal.template(template).unwrap();
    let workflow = start(&setup, template).await;
    let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(
        (done.ending, done.log),
        (Ending::Completed, vec!["later: none".to_owned()])
    );
    assert!(setup.app.is_quiet().await);
    let history = setup.portal.history();
    let is_call = |record: &Record| matches!(record.event, Event::Called { .. });
    assert!(!history.iter().any(is_call));
}
