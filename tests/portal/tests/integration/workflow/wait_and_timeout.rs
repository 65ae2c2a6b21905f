use std::time::Duration;

use bizproc_portal::{
    CallTokens, Document, Ending, Event, Platform, Portal, RestActivity, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{Setup, TIMEOUT, WORKFLOW_BUSY, assert_refused};

/// Starts a workflow of one step.
async fn run(setup: &Setup, activity: RestActivity) -> Workflow {
    let template = Template::new("t").step(activity);
    setup.start_workflow(template, Document::deal(1)).await
}

#[tokio::test]
async fn a_step_that_was_never_saved_waits_as_its_registration_says() {
    let setup = Setup::start().await;
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
            setup
                .register(&format!("bizproc.{kind}.add"), &code, fields)
                .await;
            let workflow = run(&setup, RestActivity::new(&code, json!({})).never_saved()).await;
            let call = setup.app.next_request().await;
            let mode = call.get("use_subscription").and_then(Value::as_str);
            assert_eq!(mode.unwrap_or_default(), registered, "{code}");
            assert_eq!(workflow.is_waiting(), waits, "{code} {registered}");
        }
    }
}

#[tokio::test]
async fn a_later_registration_reaches_only_steps_that_are_saved_again() {
    let setup = Setup::start().await;
    setup.robot("r", json!({"USE_SUBSCRIPTION": "N"})).await;
    let template = |activity: RestActivity| {
        let template = Template::new("t").step(activity);
        setup.portal.template(template).unwrap()
    };
    let saved = template(RestActivity::new("r", json!({})));
    let never = template(RestActivity::new("r", json!({})).never_saved());
    let update = json!({"CODE": "r", "FIELDS": {"USE_SUBSCRIPTION": "Y"}});
    setup.ok("bizproc.robot.update", update).await;
    let again = template(RestActivity::new("r", json!({})));
    for (template, waits) in [(saved, false), (never, true), (again, true)] {
        let begin = setup.portal.start_workflow(template, Document::deal(1));
        assert_eq!(begin.await.unwrap().is_waiting(), waits);
    }
}

#[tokio::test]
async fn a_waiting_workflow_has_a_status_message() {
    let setup = Setup::start_with_robot().await;
    setup.activity("a", json!({})).await;
    let of = |code: &str| RestActivity::new(code, json!({}));
    for (activity, status) in [
        (of("a"), "Waiting for application response"),
        (of("a").without_status_message(), ""),
        (of("a").status_message("Hashing"), "Hashing"),
        (of("r"), ""),
        (of("r").status_message("Hashing"), "Hashing"),
        (of("a").never_saved(), ""),
    ] {
        let workflow = run(&setup, activity).await;
        assert_eq!(workflow.status(), status);
        let call = setup.app.next_request().await;
        let reply = json!({"EVENT_TOKEN": call["event_token"]});
        setup.ok("bizproc.event.send", reply).await;
        workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(workflow.status(), "");
    }
}

#[tokio::test]
async fn the_tokens_and_single_values_of_a_call_are_settings() {
    for (tokens, has_access, has_refresh) in [
        (CallTokens::Both, true, true),
        (CallTokens::AccessOnly, true, false),
        (CallTokens::None, false, false),
    ] {
        let setup = Setup::with(Portal::builder().call_tokens(tokens)).await;
        setup.robot("r", json!({})).await;
        let auth = setup.received_call("r", json!({})).await["auth"].clone();
        assert_eq!(auth["access_token"].is_string(), has_access);
        assert_eq!(auth["refresh_token"].is_string(), has_refresh);
        assert_eq!(auth["user_id"].is_string(), has_access);
        assert!(setup.installation.refresh_token().len() > 1);
    }
    let setup = Setup::with(Portal::builder().single_wrapped(true)).await;
    let inputs = json!({"one": {"NAME": "o"}, "many": {"NAME": "m", "MULTIPLE": "Y"}, "none": {"NAME": "n"}});
    setup.robot("r", json!({"PROPERTIES": inputs})).await;
    let call = setup
        .received_call("r", json!({"one": "x", "many": "y"}))
        .await;
    assert_eq!(
        call["properties"],
        json!({"one": ["x"], "many": ["y"], "none": [""]})
    );
}

#[tokio::test]
async fn the_owner_of_the_tokens_without_a_fallback() {
    let mut platform = Platform::v26();
    platform.auth_user_fallback = false;
    let setup = Setup::with(Portal::builder().platform(platform)).await;
    setup.robot("r", json!({"AUTH_USER_ID": 4})).await;
    let auth = setup.received_call("r", json!({})).await["auth"].clone();
    assert_eq!(auth.get("access_token"), None);
    setup.portal.run("r", json!({})).run_as(7).await.unwrap();
    assert_eq!(
        setup.app.next_request().await["auth"]["user_id"],
        json!("7")
    );
}

#[tokio::test]
async fn a_workflow_is_locked_for_a_while_after_a_step() {
    for (platform, is_new) in [(Platform::v26(), true), (Platform::v24(), false)] {
        let builder = Portal::builder()
            .platform(platform)
            .lock_window(Duration::from_mins(2));
        let setup = Setup::with(builder).await;
        setup.robot("r", json!({})).await;
        let (workflow, call) = setup.run("r", json!({})).await;
        let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "x"});
        let early = setup.call("bizproc.event.send", reply.clone()).await;
        if is_new {
            // The reply is lost despite its `true`; a log line is applied immediately and finds the lock.
            assert_eq!(early.1["result"], json!(true));
        } else {
            assert_refused(&early, WORKFLOW_BUSY, "locked");
        }
        setup
            .refused("bizproc.activity.log", &reply, WORKFLOW_BUSY)
            .await;
        setup.portal.advance(Duration::from_mins(2));
        setup.ok("bizproc.event.send", reply).await;
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(done.log, ["x"]);
    }
}

/// When the wake-ups that met a lock were repeated, in minutes after the time-out; `None` if one was abandoned.
async fn postponed(setup: &Setup, count: usize) -> Vec<Option<i64>> {
    let all = || {
        let mut due = None;
        let mut found = Vec::new();
        for record in setup.portal.history() {
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
    tokio::time::timeout(TIMEOUT, enough).await.unwrap();
    all()
}

#[tokio::test]
async fn a_time_out_is_retried_while_the_workflow_is_locked() {
    for (locked, ends) in [(4, true), (30, false)] {
        let window = Duration::from_mins(locked);
        let setup = Setup::with(Portal::builder().lock_window(window)).await;
        setup.activity("a", json!({})).await;
        let run = setup
            .portal
            .run("a", json!({}))
            .timeout(Duration::from_mins(1));
        let workflow = run.await.unwrap();
        setup.portal.advance(Duration::from_mins(1));
        assert_eq!(postponed(&setup, 1).await, [Some(1)]);
        setup.portal.advance(Duration::from_mins(1));
        assert_eq!(postponed(&setup, 2).await, [Some(1), Some(6)]);
        setup.portal.advance(Duration::from_mins(5));
        if ends {
            let done = workflow.wait_finished(TIMEOUT).await.unwrap();
            assert_eq!((done.ending, done.is_timeout), (Ending::TimedOut, true));
            continue;
        }
        let three = [Some(1), Some(6), Some(16)];
        assert_eq!(postponed(&setup, 3).await, three);
        setup.portal.advance(Duration::from_mins(10));
        assert_eq!(postponed(&setup, 4).await[3], None);
        // It is not woken up any more.
        setup.portal.advance(Duration::from_hours(24));
        assert!(workflow.is_waiting());
    }
}

#[tokio::test]
async fn only_a_step_that_may_wait_has_the_output_is_timeout() {
    let setup = Setup::start().await;
    for (code, mode, expected) in [("n", "N", None), ("empty", "", Some(json!(0)))] {
        setup.robot(code, json!({"USE_SUBSCRIPTION": mode})).await;
        let workflow = run(&setup, RestActivity::new(code, json!({})).named("A")).await;
        let outputs = workflow.outputs("A").unwrap();
        assert_eq!(outputs.get("IsTimeout"), expected.as_ref());
    }
}

#[tokio::test]
async fn time_out_limits_bound_the_wait_but_not_the_sent_value() {
    let least = Duration::from_mins(10);
    let most = Duration::from_hours(1);
    for (typed, passes) in [(60, 600), (1200, 1200), (86_400, 3600)] {
        let builder = Portal::builder().time_out_limits(least, most);
        let setup = Setup::with(builder).await;
        setup.activity("a", json!({})).await;
        let run = setup.portal.run("a", json!({}));
        let workflow = run.timeout(Duration::from_secs(typed)).await.unwrap();
        let call = setup.app.next_request().await;
        assert_eq!(call["timeout_duration"], json!(typed.to_string()));
        setup.portal.advance(Duration::from_secs(passes - 30));
        assert!(workflow.is_waiting(), "{typed}");
        setup.portal.advance(Duration::from_secs(30));
        assert!(
            workflow.wait_finished(TIMEOUT).await.unwrap().is_timeout,
            "{typed}"
        );
    }
}
