//! Robots on the emulated portal: every property type there and back, and a call's whole life.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bizproc_portal::{Document, Ending, Event, Fault, Platform, Portal};
use bizproc_runtime::store::{Settlement, State};
use bizproc_runtime::{
    App, Call, FileRef, Replied, Result, ReturnValues, Robot, Select, Text, UserRef,
};
use jiff::civil::{Date, DateTime};
use serde_json::json;

mod support;
use support::{SOON, World};

#[derive(Debug, Clone, PartialEq, Select)]
#[select(rename_all = "lowercase")]
enum Format {
    Pdf,
    Docx,
}

/// Every type
#[derive(Debug, Clone, PartialEq, Robot)]
#[robot(code = "acme_types", returns = Types)]
struct Types_ {
    string: String,
    text: Text,
    bool: bool,
    int: i64,
    double: f64,
    date: Date,
    datetime: DateTime,
    user: UserRef,
    file: FileRef,
    select: Format,
    list: Vec<String>,
    users: Vec<UserRef>,
    nothing: Option<i64>,
    no_list: Vec<i64>,
    #[property(type = "UF:money")]
    money: String,
}

#[derive(ReturnValues)]
#[return_values(rename_all = "UPPERCASE")]
struct Types {
    #[property(id = "out_string")]
    string: String,
    #[property(id = "out_text")]
    text: Text,
    #[property(id = "out_bool")]
    bool: bool,
    #[property(id = "out_int")]
    int: i64,
    #[property(id = "out_double")]
    double: f64,
    #[property(id = "out_date")]
    date: Date,
    #[property(id = "out_datetime")]
    datetime: DateTime,
    #[property(id = "out_user")]
    user: UserRef,
    #[property(id = "out_file")]
    file: FileRef,
    #[property(id = "out_select")]
    select: Format,
    #[property(id = "out_list")]
    list: Vec<String>,
    #[property(id = "out_users")]
    users: Vec<UserRef>,
    #[property(id = "out_nothing", default = 5)]
    nothing: Option<i64>,
}

async fn types(call: Call<Types_>) -> Result<Replied> {
    let input = call.input.clone();
    let expected = Types_ {
        string: "строка & [x]".into(),
        text: "two\nlines".into(),
        bool: false,
        int: -7,
        double: 1500.5,
        date: jiff::civil::date(2025, 12, 31),
        datetime: jiff::civil::datetime(2025, 12, 31, 10, 20, 30, 0),
        user: UserRef::User(7),
        file: FileRef(12),
        select: Format::Docx,
        list: vec!["a".into(), "0".into()],
        users: vec![UserRef::User(1), UserRef::Group("group_d5".into())],
        nothing: None,
        no_list: Vec::new(),
        money: "10|RUB".into(),
    };
    assert_eq!(input, expected);
    assert_eq!(call.document().unwrap().id.number(), Some(777));
    assert!(call.is_awaited() && call.deadline().is_none() && call.time_left().is_none());
    call.log("half way").await?;
    let Types_ {
        string,
        text,
        bool,
        int,
        double,
        date,
        datetime,
        ..
    } = input.clone();
    let Types_ {
        user,
        file,
        select,
        list,
        users,
        ..
    } = input;
    let values = Types {
        string,
        text,
        bool,
        int,
        double,
        date,
        datetime,
        user,
        file,
        select,
        list,
        users,
        nothing: None,
    };
    call.reply(values).log("done").await
}

#[tokio::test]
async fn every_type_goes_there_and_back() {
    let world = World::with("acme_types", |app| app.robot(types).attempts(1)).await;
    let inputs = json!({
        "string": "строка & [x]", "text": "two\nlines", "bool": "N", "int": "-7",
        "double": "1 500,50", "date": "31.12.2025", "datetime": "31.12.2025 10:20:30",
        "user": "user_7", "file": "12", "select": "docx", "list": ["a", "", "0"],
        "users": ["user_1", "group_d5"], "nothing": "", "money": "{=Document:PRICE}",
    });
    let run = world.portal.run("acme_types", inputs);
    let workflow = run
        .document(Document::deal(777).field("PRICE", "10|RUB"))
        .await
        .unwrap();
    let outcome = workflow.finished(SOON).await.unwrap();
    assert_eq!(outcome.ending, Ending::Replied);
    assert_eq!(outcome.log, ["half way", "done"]);
    let values = json!({
        "out_string": "строка & [x]", "out_text": "two\nlines", "out_bool": "N", "out_int": -7,
        "out_double": 1500.5, "out_user": "user_7", "out_file": 12, "out_select": "docx",
        "out_list": ["a", "0"], "out_users": ["user_1", "group_d5"], "out_nothing": "5",
    });
    for (id, value) in values.as_object().unwrap() {
        assert_eq!(outcome.return_values[id], *value, "{id}");
    }
    let text = |id: &str| outcome.return_values[id].as_str().unwrap().to_owned();
    assert!(
        text("out_date").starts_with("2025-12-31"),
        "{}",
        text("out_date")
    );
    assert!(
        text("out_datetime").starts_with("2025-12-31T10:20:30"),
        "{}",
        text("out_datetime")
    );
}

/// Count
#[derive(Robot)]
#[robot(code = "acme_count", returns = Count)]
struct Input {
    mode: Option<String>,
}

#[derive(ReturnValues)]
struct Count {
    count: u32,
}

/// Counts its runs; fails or panics as often as the mode says.
fn counting(app: App, runs: &Arc<AtomicUsize>) -> App {
    let runs = Arc::clone(runs);
    app.robot(move |call: Call<Input>| {
        let count = runs.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            match call.input.mode.as_deref() {
                Some("panic") => panic!("the robot's own panic"),
                Some("fail") => Err(bizproc_runtime::Error::handler("no numbers today")),
                Some("fail once") if count == 1 => Err(bizproc_runtime::Error::handler("not yet")),
                _ => {
                    call.reply(Count {
                        count: u32::try_from(count).unwrap(),
                    })
                    .await
                }
            }
        }
    })
}

async fn count(attempts: usize) -> (World, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let world = World::with("acme_count", |app| counting(app, &runs).attempts(attempts)).await;
    (world, runs)
}

#[tokio::test]
async fn a_doubled_call_runs_once() {
    let (world, runs) = count(1).await;
    world.portal.fault(Fault::DoubledCall, 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    let outcome = workflow.finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 1);
    workflow.called(SOON).await.unwrap();
    let calls = || {
        world
            .portal
            .history()
            .into_iter()
            .filter_map(|record| match record.event {
                Event::Called { request, .. } => Some(request),
                _ => None,
            })
    };
    while calls().count() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(world.service.calls().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_error_is_tried_again() {
    let (world, runs) = count(2).await;
    let workflow = world
        .portal
        .run("acme_count", json!({"mode": "fail once"}))
        .await
        .unwrap();
    assert_eq!(
        workflow.finished(SOON).await.unwrap().return_values["count"],
        2
    );
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_releases_the_workflow_and_says_why() {
    let (world, _) = count(1).await;
    for (mode, reason) in [
        ("fail", "no numbers today"),
        ("panic", "the robot's code panicked"),
    ] {
        let workflow = world
            .portal
            .run("acme_count", json!({"mode": mode}))
            .await
            .unwrap();
        let outcome = workflow.finished(SOON).await.unwrap();
        assert_eq!(outcome.ending, Ending::Replied);
        assert_eq!(
            outcome.return_values["count"],
            json!(null),
            "the output keeps its default"
        );
        let expected = format!("The robot `acme_count` failed: {reason}");
        assert!(outcome.log[0].starts_with(&expected), "{:?}", outcome.log);
    }
}

#[tokio::test]
async fn a_portal_that_cannot_answer_is_asked_again() {
    for fault in [
        Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
        Fault::error(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Fault::EmptyAnswer,
        Fault::HtmlBadGateway,
        Fault::CutBeforeExecution,
        Fault::CutAfterExecution,
    ] {
        let (world, runs) = count(1).await;
        world.portal.fault(fault.clone(), 1);
        let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
        let outcome = workflow.finished(SOON).await.unwrap();
        assert_eq!(outcome.return_values["count"], 1, "{fault:?}");
        settled(&world, Settlement::Sent).await;
        assert_eq!(
            runs.load(Ordering::SeqCst),
            1,
            "{fault:?}: the answer is sent, not made, again"
        );
    }
}

/// Waits until the only call is settled.
async fn settled(world: &World, expected: Settlement) {
    loop {
        let records = world.service.calls().await.unwrap();
        match &records[0].state {
            State::Settled(settlement) => return assert_eq!(*settlement, expected),
            State::Dead(reason) => panic!("{reason}"),
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn a_refusal_that_nothing_helps_is_kept_for_a_person() {
    let (world, _) = count(1).await;
    let fault = Fault::error(403, "PAYMENT_REQUIRED", "Subscription has been ended");
    world.portal.fault(fault, 1);
    world.portal.run("acme_count", json!({})).await.unwrap();
    let reason = loop {
        let records = world.service.calls().await.unwrap();
        if let Some(State::Dead(reason)) = records.first().map(|record| &record.state) {
            break reason.clone();
        }
        tokio::task::yield_now().await;
    };
    assert!(
        reason.contains("unpaid") && reason.contains("PAYMENT_REQUIRED"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_call_without_tokens_is_answered_with_the_stored_one() {
    let (world, _) = count(1).await;
    world.portal.fault(Fault::CallWithoutTokens, 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.finished(SOON).await.unwrap().return_values["count"],
        1
    );
}

#[tokio::test]
async fn older_portals_get_their_reply_too() {
    for platform in [Platform::v21(), Platform::v24()] {
        let runs = Arc::new(AtomicUsize::new(0));
        let portal = Portal::builder().platform(platform).start().await.unwrap();
        let world = World::on(portal, "acme_count", |app| counting(app, &runs)).await;
        let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
        assert_eq!(
            workflow.finished(SOON).await.unwrap().return_values["count"],
            1
        );
    }
}

/// Ping
#[derive(Robot)]
#[robot(code = "acme_ping")]
struct Ping;

#[tokio::test]
async fn a_step_that_does_not_wait_gets_no_reply() {
    let ping = |call: Call<Ping>| async move {
        assert!(!call.is_awaited());
        call.reply(()).await
    };
    let world = World::with("acme_ping", |app| app.robot(ping)).await;
    let workflow = world.portal.run("acme_ping", json!({})).await.unwrap();
    assert_eq!(
        workflow.finished(SOON).await.unwrap().ending,
        Ending::NotWaiting
    );
    workflow.called(SOON).await.unwrap();
    settled(&world, Settlement::NotWaiting).await;
    let replied = |event: &Event| matches!(event, Event::Replied { .. });
    assert!(
        !world
            .portal
            .history()
            .iter()
            .any(|record| replied(&record.event))
    );
}

#[tokio::test]
async fn an_update_of_the_application_registers_again() {
    let (world, _) = count(1).await;
    world.installation.update().await.unwrap();
    world.portal.registered("acme_count", SOON).await.unwrap();
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    assert_eq!(
        workflow.finished(SOON).await.unwrap().return_values["count"],
        1
    );
    world.installation.uninstall(true).await.unwrap();
    assert!(world.service.portals().await.unwrap().is_empty());
}

#[tokio::test]
async fn registering_twice_changes_nothing() {
    use bizproc_runtime::registry::Registered;
    let (world, _) = count(1).await;
    let done = world
        .service
        .register(world.portal.member_id())
        .await
        .unwrap();
    assert_eq!(done, [Registered::Updated]);
    let once = world.portal.robots()[0].fields.clone();
    world
        .service
        .register(world.portal.member_id())
        .await
        .unwrap();
    assert_eq!(world.portal.robots()[0].fields, once);
    let error = world.service.register("nobody").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no portal with the member id `nobody`"),
        "{error}"
    );
}

#[tokio::test]
async fn two_robots_with_one_code_do_not_start() {
    let one = |call: Call<Ping>| async move { call.reply(()).await };
    let two = |call: Call<Ping>| async move { call.reply(()).await };
    let error = App::new("http://127.0.0.1:1")
        .robot(one)
        .robot(two)
        .start()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("two robots have the code `acme_ping`"),
        "{error}"
    );
}

#[tokio::test]
async fn public_addresses_that_portals_refuse_do_not_start() {
    for (url, part) in [
        ("http://localhost:80", "no dot in its host"),
        ("http://app.example", "only `https` addresses"),
        ("https://app.example/?a=b", "no `?`"),
        ("app.example", "is no address"),
    ] {
        let error = App::new(url).start().unwrap_err().to_string();
        assert!(error.contains(part), "{url}: {error}");
    }
    App::new("https://app.example/b24/").start().unwrap();
}

/// Without a store the reply goes out at once, and its answer comes back.
#[tokio::test]
async fn a_call_by_hand_replies_at_once() {
    let (world, _) = count(1).await;
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    let body = workflow.called(SOON).await.unwrap().body;
    let portal = world.service.portals().await.unwrap().remove(0);
    let call = || Call::<Input>::from_request(body.as_bytes(), &portal).unwrap();
    assert_eq!(
        format!("{:?}", call().event_token()).matches('|').count(),
        2
    );
    call().reply(Count { count: 9 }).await.unwrap();
    world
        .portal
        .fault(Fault::error(400, "423", "The workflow is hung"), 1);
    let refused = call().reply(Count { count: 9 }).await.unwrap_err();
    assert_eq!(refused.code(), Some("423"));
}
