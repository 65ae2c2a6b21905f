use std::time::Duration;

use bizproc_portal::{
    CallTokens, Document, Ending, Event, Platform, Portal, RestActivity, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{PATIENCE, Stage, assert_refused};

const BUSY: (&str, &str) = ("423", "The workflow is hung or being executed");

/// A workflow of one step.
async fn run(stage: &Stage, activity: RestActivity) -> Workflow {
    let template = Template::new("t").step(activity);
    let template = stage.portal.template(template).unwrap();
    let workflow = stage.portal.start_workflow(template, Document::deal(1));
    workflow.await.unwrap()
}

#[tokio::test]
async fn a_step_that_no_form_saved_waits_as_its_registration_says() {
    let stage = Stage::start().await;
    for (number, (registered, waits)) in [
        ("Y", true),
        ("N", false),
        ("", false),
        ("1", false),
        ("y", false),
    ]
    .into_iter()
    .enumerate()
    {
        for kind in ["robot", "activity"] {
            let code = format!("{kind}{number}");
            let fields = json!({"USE_SUBSCRIPTION": registered});
            stage
                .register(&format!("bizproc.{kind}.add"), &code, fields)
                .await;
            let workflow = run(&stage, RestActivity::new(&code, json!({})).never_saved()).await;
            let call = stage.app.request().await.1;
            let mode = call.get("use_subscription").and_then(Value::as_str);
            assert_eq!(mode.unwrap_or_default(), registered, "{code}");
            assert_eq!(workflow.is_waiting(), waits, "{code} {registered}");
        }
    }
}

#[tokio::test]
async fn a_later_registration_reaches_only_steps_that_are_saved_again() {
    let stage = Stage::start().await;
    stage.robot("r", json!({"USE_SUBSCRIPTION": "N"})).await;
    let template = |activity: RestActivity| {
        let template = Template::new("t").step(activity);
        stage.portal.template(template).unwrap()
    };
    let saved = template(RestActivity::new("r", json!({})));
    let never = template(RestActivity::new("r", json!({})).never_saved());
    let update = json!({"CODE": "r", "FIELDS": {"USE_SUBSCRIPTION": "Y"}});
    stage.client.ok("bizproc.robot.update", update).await;
    let again = template(RestActivity::new("r", json!({})));
    for (template, waits) in [(saved, false), (never, true), (again, true)] {
        let begin = stage.portal.start_workflow(template, Document::deal(1));
        assert_eq!(begin.await.unwrap().is_waiting(), waits);
    }
}

#[tokio::test]
async fn a_workflow_says_that_it_waits() {
    let stage = Stage::start().await;
    stage.robot("r", json!({})).await;
    stage.register("bizproc.activity.add", "a", json!({})).await;
    let of = |code: &str| RestActivity::new(code, json!({}));
    for (activity, status) in [
        (of("a"), "Waiting for application response"),
        (of("a").without_status_message(), ""),
        (of("a").status_message("Hashing"), "Hashing"),
        (of("r"), ""),
        (of("r").status_message("Hashing"), "Hashing"),
        (of("a").never_saved(), ""),
    ] {
        let workflow = run(&stage, activity).await;
        assert_eq!(workflow.status(), status);
        let call = stage.app.request().await.1;
        let reply = json!({"EVENT_TOKEN": call["event_token"]});
        stage.client.ok("bizproc.event.send", reply).await;
        workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(workflow.status(), "");
    }
}

#[tokio::test]
async fn the_tokens_of_a_call_and_its_single_values() {
    for (tokens, has_access, has_refresh) in [
        (CallTokens::Both, true, true),
        (CallTokens::AccessOnly, true, false),
        (CallTokens::None, false, false),
    ] {
        let stage = Stage::with(Portal::builder().call_tokens(tokens)).await;
        stage.robot("r", json!({})).await;
        let auth = stage.call_of("r", json!({})).await["auth"].clone();
        assert_eq!(auth["access_token"].is_string(), has_access);
        assert_eq!(auth["refresh_token"].is_string(), has_refresh);
        assert_eq!(auth["user_id"].is_string(), has_access);
        assert!(stage.installation.refresh_token().len() > 1);
    }
    let stage = Stage::with(Portal::builder().single_wrapped(true)).await;
    let inputs = json!({"one": {"NAME": "o"}, "many": {"NAME": "m", "MULTIPLE": "Y"}, "none": {"NAME": "n"}});
    stage.robot("r", json!({"PROPERTIES": inputs})).await;
    let call = stage.call_of("r", json!({"one": "x", "many": "y"})).await;
    assert_eq!(
        call["properties"],
        json!({"one": ["x"], "many": ["y"], "none": [""]})
    );
}

#[tokio::test]
async fn the_owner_of_the_tokens_without_a_fallback() {
    let mut platform = Platform::v26();
    platform.auth_user_fallback = false;
    let stage = Stage::with(Portal::builder().platform(platform)).await;
    stage.robot("r", json!({"AUTH_USER_ID": 4})).await;
    let auth = stage.call_of("r", json!({})).await["auth"].clone();
    assert_eq!(auth.get("access_token"), None);
    stage.portal.run("r", json!({})).run_as(7).await.unwrap();
    assert_eq!(stage.app.request().await.1["auth"]["user_id"], json!("7"));
}

#[tokio::test]
async fn a_workflow_is_locked_for_a_while_after_a_step() {
    for (platform, is_new) in [(Platform::v26(), true), (Platform::v24(), false)] {
        let builder = Portal::builder()
            .platform(platform)
            .lock_window(Duration::from_mins(2));
        let stage = Stage::with(builder).await;
        stage.robot("r", json!({})).await;
        let workflow = stage.portal.run("r", json!({})).await.unwrap();
        let call = stage.app.request().await.1;
        let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "x"});
        let early = stage.client.call("bizproc.event.send", reply.clone()).await;
        if is_new {
            // Lost behind a `true`: a log line, which is applied at once, finds it locked too.
            assert_eq!(early.1["result"], json!(true));
        } else {
            assert_refused(&early, 400, BUSY.0, BUSY.1, "locked");
        }
        let line = stage
            .client
            .call("bizproc.activity.log", reply.clone())
            .await;
        assert_refused(&line, 400, BUSY.0, BUSY.1, "locked");
        stage.portal.advance(Duration::from_mins(2));
        stage.client.ok("bizproc.event.send", reply).await;
        let done = workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(done.log, ["x"]);
    }
}

/// The times at which a wake-up met a lock, in minutes after it was due; `None` is given up.
async fn postponed(stage: &Stage, count: usize) -> Vec<Option<i64>> {
    let all = || {
        let mut due = None;
        let mut found = Vec::new();
        for record in stage.portal.history() {
            match record.event {
                Event::Waiting { deadline, .. } => due = deadline,
                Event::Postponed { until, .. } => {
                    let due: &jiff::Timestamp = due.as_ref().unwrap();
                    found.push(until.map(|until| until.duration_since(*due).as_mins()));
                }
                _ => {}
            }
        }
        found
    };
    let enough = async {
        while all().len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, enough).await.unwrap();
    all()
}

#[tokio::test]
async fn a_time_out_that_meets_a_lock_is_tried_again() {
    for (locked, ends) in [(4, true), (30, false)] {
        let window = Duration::from_mins(locked);
        let stage = Stage::with(Portal::builder().lock_window(window)).await;
        stage.register("bizproc.activity.add", "a", json!({})).await;
        let run = stage
            .portal
            .run("a", json!({}))
            .timeout(Duration::from_mins(1));
        let workflow = run.await.unwrap();
        stage.portal.advance(Duration::from_mins(1));
        assert_eq!(postponed(&stage, 1).await, [Some(1)]);
        stage.portal.advance(Duration::from_mins(1));
        assert_eq!(postponed(&stage, 2).await, [Some(1), Some(6)]);
        stage.portal.advance(Duration::from_mins(5));
        if ends {
            let done = workflow.wait_finished(PATIENCE).await.unwrap();
            assert_eq!((done.ending, done.is_timeout), (Ending::TimedOut, true));
            continue;
        }
        let three = [Some(1), Some(6), Some(16)];
        assert_eq!(postponed(&stage, 3).await, three);
        stage.portal.advance(Duration::from_mins(10));
        assert_eq!(postponed(&stage, 4).await[3], None);
        // Nobody wakes it up any more.
        stage.portal.advance(Duration::from_hours(24));
        assert!(workflow.is_waiting());
    }
}

#[tokio::test]
async fn only_a_step_that_may_wait_has_the_output_is_timeout() {
    let stage = Stage::start().await;
    for (code, mode, expected) in [("n", "N", None), ("empty", "", Some(json!(0)))] {
        stage.robot(code, json!({"USE_SUBSCRIPTION": mode})).await;
        let workflow = run(&stage, RestActivity::new(code, json!({})).named("A")).await;
        let outputs = workflow.outputs("A").unwrap();
        assert_eq!(outputs.get("IsTimeout"), expected.as_ref());
    }
}

#[tokio::test]
async fn the_portals_options_bound_the_wait_and_not_what_is_told() {
    let (least, most) = (Duration::from_mins(10), Duration::from_hours(1));
    for (typed, passes) in [(60, 600), (1200, 1200), (86_400, 3600)] {
        let builder = Portal::builder().time_out_limits(least, most);
        let stage = Stage::with(builder).await;
        stage.register("bizproc.activity.add", "a", json!({})).await;
        let run = stage.portal.run("a", json!({}));
        let workflow = run.timeout(Duration::from_secs(typed)).await.unwrap();
        let call = stage.app.request().await.1;
        assert_eq!(call["timeout_duration"], json!(typed.to_string()));
        stage.portal.advance(Duration::from_secs(passes - 30));
        assert!(workflow.is_waiting(), "{typed}");
        stage.portal.advance(Duration::from_secs(30));
        assert!(
            workflow.wait_finished(PATIENCE).await.unwrap().is_timeout,
            "{typed}"
        );
    }
}
