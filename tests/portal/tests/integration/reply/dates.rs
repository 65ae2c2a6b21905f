use bizproc_portal::{Culture, Error, Portal};
use serde_json::{Value, json};

use crate::fixture::{Setup, TIMEOUT};

/// Replies with one output and returns what the portal stores.
async fn stored(setup: &Setup, output: &str, value: &str) -> Value {
    let (workflow, call) = setup.run("r", json!({})).await;
    let token = call["event_token"].clone();
    setup
        .ok(
            "bizproc.event.send",
            json!({"EVENT_TOKEN": token, "RETURN_VALUES": {output: value}}),
        )
        .await;
    workflow.wait_finished(TIMEOUT).await.unwrap().return_values[output].clone()
}

async fn setup_with_outputs(culture: Culture, hours_ahead: i32) -> Setup {
    let setup = Setup::with(
        Portal::builder()
            .culture(culture)
            .user_offset(hours_ahead * 3600),
    )
    .await;
    let outputs =
        json!({"At": {"NAME": "a", "TYPE": "DateTime"}, "Day": {"NAME": "d", "TYPE": "date"}});
    setup
        .robot("r", json!({"RETURN_PROPERTIES": outputs}))
        .await;
    setup
}

const RIGHT: &str = "2025-12-31T10:20:30+03:00";
const FOUR_LESS: &str = "2025-12-31T06:20:30+03:00";
const RAW: &str = "unchanged";

/// Sent text, and what is stored when the token's user is in the server's zone (UTC+3) or four hours ahead of it.
const EUROPEAN: [[&str; 3]; 10] = [
    ["1767165630", RIGHT, RIGHT],
    ["2025-12-31T10:20:30+03:00", RIGHT, FOUR_LESS],
    [
        "2025-12-31T07:20:30Z",
        "2025-12-31T07:20:30+03:00",
        "2025-12-31T03:20:30+03:00",
    ],
    [
        "2025-12-31T07:20:30.123Z",
        "2025-12-31T07:20:30+03:00",
        "2025-12-31T03:20:30+03:00",
    ],
    ["2025-12-31T10:20:30", RIGHT, FOUR_LESS],
    ["31.12.2025 10:20:30", RIGHT, FOUR_LESS],
    ["31.12.2025 10:20:30 [14400]", RIGHT, FOUR_LESS],
    ["2025-12-31 10:20:30", RAW, RAW],
    ["12/31/2025 10:20:30 am", RAW, RAW],
    ["31.02.2025 10:20:30", RAW, RAW],
];
const AMERICAN: [[&str; 3]; 4] = [
    ["12/31/2025 10:20:30 am", RIGHT, FOUR_LESS],
    [
        "12/31/2025 12:20:30 am",
        "2025-12-31T00:20:30+03:00",
        "2025-12-30T20:20:30+03:00",
    ],
    ["31.12.2025 10:20:30", RAW, RAW],
    ["2025-12-31 10:20:30", RAW, RAW],
];

#[tokio::test]
async fn moments_are_read_in_the_token_users_zone() {
    for (culture, rows) in [
        (Culture::DayMonthYear, EUROPEAN.as_slice()),
        (Culture::MonthDayYear, AMERICAN.as_slice()),
    ] {
        let same = setup_with_outputs(culture, 0).await;
        let ahead = setup_with_outputs(culture, 4).await;
        for [text, at_same, at_ahead] in rows {
            for (setup, expected) in [(&same, at_same), (&ahead, at_ahead)] {
                let expected = if *expected == RAW { text } else { expected };
                assert_eq!(
                    stored(setup, "At", text).await,
                    json!(expected),
                    "{culture:?} {text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn days_have_no_zone() {
    for (culture, own) in [
        (Culture::DayMonthYear, "31.12.2025"),
        (Culture::MonthDayYear, "12/31/2025"),
    ] {
        for hours_ahead in [0, 4] {
            let setup = setup_with_outputs(culture, hours_ahead).await;
            for text in ["2025-12-31", own, "1767165630"] {
                assert_eq!(
                    stored(&setup, "Day", text).await,
                    json!("2025-12-31"),
                    "{culture:?} {text}"
                );
            }
            assert_eq!(
                stored(&setup, "Day", "2025-13-31").await,
                json!("2025-13-31")
            );
        }
    }
}

#[tokio::test]
async fn zones_that_do_not_exist_are_refused() {
    let start = async |server, user| {
        let builder = Portal::builder().server_offset(server);
        builder.user_offset(user).start().await.map(drop)
    };
    for (server, user) in [(93_599, 0), (-93_599, 0), (93_599, -187_198), (0, 3600)] {
        start(server, user).await.unwrap();
    }
    for (server, user, wrong) in [
        (93_600, 0, 93_600),
        (-93_600, 0, -93_600),
        (93_600, -1, 93_600),
        (93_599, 1, 93_600),
        (0, -93_600, -93_600),
        (i32::MAX, 1, 2_147_483_647),
        (3600, i32::MAX, 2_147_487_247),
    ] {
        let refused = start(server, user).await.unwrap_err();
        assert!(
            matches!(refused, Error::Zone { seconds } if seconds == wrong),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn the_culture_may_change_while_the_portal_runs() {
    let setup = Setup::start().await;
    let day = json!({"day": {"NAME": "d", "TYPE": "date"}});
    let definition =
        json!({"PROPERTIES": day, "RETURN_PROPERTIES": {"out": {"NAME": "o", "TYPE": "date"}}});
    setup.robot("r", definition).await;
    let exchange = async |typed: &str, returned: &str| {
        let workflow = setup.portal.run("r", json!({"day": typed})).await.unwrap();
        let call = setup.app.next_request().await;
        let reply = json!({"EVENT_TOKEN": call["event_token"], "RETURN_VALUES": {"out": returned}});
        setup.ok("bizproc.event.send", reply).await;
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        (
            call["properties"]["day"].clone(),
            done.return_values["out"].clone(),
        )
    };
    let (sent, stored) = exchange("31.12.2025 [10800]", "31.12.2025").await;
    assert_eq!((sent, stored), (json!("31.12.2025"), json!("2025-12-31")));
    setup.portal.set_culture(Culture::MonthDayYear);
    let (sent, stored) = exchange("12/31/2025 [10800]", "31.12.2025").await;
    assert_eq!((sent, stored), (json!("12/31/2025"), json!("31.12.2025")));
}
