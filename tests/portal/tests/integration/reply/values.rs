use bizproc_portal::{Culture, Outcome, Portal};
use serde_json::{Value, json};

use crate::fixture::{Setup, TIMEOUT, assert_refused};

async fn setup_with_outputs(culture: Culture) -> Setup {
    let setup = Setup::with(Portal::builder().culture(culture)).await;
    let outputs = json!({
        "n": {"NAME": "n", "TYPE": "int", "DEFAULT": 7}, "d": {"NAME": "d", "TYPE": "double"},
        "sel": {"NAME": "s", "TYPE": "select", "OPTIONS": {"a": "A"}}, "u": {"NAME": "u", "TYPE": "user"},
        "f": {"NAME": "f", "TYPE": "file"}, "money": {"NAME": "m", "TYPE": "UF:money"},
        "clock": {"NAME": "c", "TYPE": "time"}, "ok": {"NAME": "o", "TYPE": "bool"},
        "days": {"NAME": "d", "TYPE": "date", "MULTIPLE": "Y"}, "day": {"NAME": "d", "TYPE": "date"},
    });
    setup
        .robot("r", json!({"RETURN_PROPERTIES": outputs}))
        .await;
    setup
}

async fn reply(setup: &Setup, values: Value) -> Outcome {
    let (workflow, call) = setup.run("r", json!({})).await;
    let token = call["event_token"].clone();
    let reply = json!({"EVENT_TOKEN": token, "RETURN_VALUES": values});
    setup.ok("bizproc.event.send", reply).await;
    workflow.wait_finished(TIMEOUT).await.unwrap()
}

#[tokio::test]
async fn nothing_is_checked_and_little_is_converted() {
    let day_first = setup_with_outputs(Culture::DayMonthYear).await;
    let month_first = setup_with_outputs(Culture::MonthDayYear).await;
    for (setup, name, sent, stored) in [
        (&day_first, "n", json!("abc"), json!("abc")),
        (&day_first, "n", json!(0), json!(0)),
        (&day_first, "d", json!("1,5"), json!("1,5")),
        (&day_first, "sel", json!("no key"), json!("no key")),
        (&day_first, "u", json!("author"), json!("author")),
        (&day_first, "f", json!("17"), json!("17")),
        (&day_first, "money", json!("1|EUR"), json!("1|EUR")),
        (&day_first, "clock", json!(5), json!(null)),
        (&day_first, "clock", json!("10:30 pm"), json!(null)),
        (&month_first, "clock", json!("10:30 pm"), json!("10:30 pm")),
        (&day_first, "ok", json!([]), json!([])),
        (&day_first, "ok", json!(false), json!(false)),
        (
            &day_first,
            "days",
            json!(["31.12.2025", "soon", ""]),
            json!(["2025-12-31", "soon", ""]),
        ),
        (&day_first, "days", json!("31.12.2025"), json!("2025-12-31")),
        (
            &day_first,
            "day",
            json!("2025-12-31T23:00:00Z"),
            json!("2025-12-31"),
        ),
    ] {
        let done = reply(setup, json!({name: sent.clone()})).await;
        assert_eq!(done.return_values[name], stored, "{name} {sent}");
    }
}

#[tokio::test]
async fn values_that_are_no_map_set_nothing() {
    let setup = setup_with_outputs(Culture::DayMonthYear).await;
    for values in [json!(5), json!(true), json!("x"), json!(["x"]), json!(null)] {
        let done = reply(&setup, values.clone()).await;
        assert_eq!(done.return_values["n"], json!(7), "{values}");
    }
}

#[tokio::test]
async fn an_empty_log_message_is_refused_and_an_odd_one_replaced() {
    let setup = setup_with_outputs(Culture::DayMonthYear).await;
    let (workflow, call) = setup.run("r", json!({})).await;
    let token = call["event_token"].clone();
    let log = async |message: Value| {
        let params = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": message});
        setup.call("bizproc.activity.log", params).await
    };
    for empty in [
        json!(0),
        json!([]),
        json!(false),
        json!("0"),
        json!(""),
        json!(null),
    ] {
        let response = log(empty.clone()).await;
        let text = "Empty log message!";
        assert_refused(
            &response,
            (400, "ERROR_EMPTY_LOG_MESSAGE", text),
            &empty.to_string(),
        );
    }
    for odd in [json!(true), json!(["x"]), json!(5)] {
        assert_eq!(log(odd).await.0, 200);
    }
    assert_eq!(workflow.log(), ["Received application response"; 3]);
}
