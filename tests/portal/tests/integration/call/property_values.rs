use bizproc_portal::{Culture, Document, Portal};
use serde_json::{Value, json};

use crate::fixture::{Setup, changed};

/// Registers a robot with one input `x`, runs it, and returns the value in its call.
async fn received_value(setup: &Setup, code: &str, property: Value, value: Value) -> Value {
    let named = changed(property, &json!({"NAME": "x"}));
    setup.robot(code, json!({"PROPERTIES": {"x": named}})).await;
    let call = setup.received_call(code, json!({"x": value})).await;
    call["properties"]["x"].clone()
}

#[tokio::test]
async fn values_come_from_the_step_or_the_default() {
    let setup = Setup::start().await;
    let properties = json!({
        "given": {"NAME": "a", "DEFAULT": "d"}, "defaulted": {"NAME": "b", "DEFAULT": "d"}, "none": {"NAME": "c"},
        "null": {"NAME": "n", "DEFAULT": null}, "zero": {"NAME": "z"}, "empty": {"NAME": "e", "DEFAULT": []},
        "number": {"NAME": "f"}, "yes": {"NAME": "g"},
    });
    setup
        .robot("values", json!({"PROPERTIES": properties}))
        .await;
    let inputs = json!({"given": "v", "zero": "0", "number": 1.50, "yes": true, "GIVEN": "other", "unknown": "u"});
    let call = setup.received_call("values", inputs).await;
    assert_eq!(
        call["properties"],
        json!({"given": "v", "defaulted": "d", "none": "", "null": "", "zero": "0", "number": "1.5", "yes": "1"})
    );

    setup.robot("bare", json!({})).await;
    assert_eq!(
        setup
            .received_call("bare", json!({"x": 1}))
            .await
            .get("properties"),
        None
    );
    setup
        .robot(
            "lists",
            json!({"PROPERTIES": {"x": {"NAME": "x", "MULTIPLE": "Y"}}}),
        )
        .await;
    assert_eq!(
        setup
            .received_call("lists", json!({"x": []}))
            .await
            .get("properties"),
        None
    );
}

#[tokio::test]
async fn expressions_read_the_document() {
    let setup = Setup::start().await;
    setup.robot("e", json!({"PROPERTIES": {
        "name": {"NAME": "n", "DEFAULT": "{=Document:NAME}"}, "text": {"NAME": "t"}, "gone": {"NAME": "g"},
        "list": {"NAME": "l", "MULTIPLE": "Y"}, "first": {"NAME": "f", "TYPE": "string"}, "int": {"NAME": "i", "TYPE": "int"},
        "other": {"NAME": "o"},
    }})).await;
    let inputs = json!({
        "text": "[{=Document:TITLE}: {=Document:TAGS}{=Document:NONE}] {=Document:", "gone": "{=Document:NONE}",
        "list": "{=Document:TAGS}", "first": "{=Document:TAGS}", "int": "{=Document:TITLE}", "other": "{=Variable:X}",
    });
    let document = Document::deal(5)
        .field("TAGS", json!(["a", "b"]))
        .field("TITLE", "T");
    setup
        .portal
        .run("e", inputs)
        .document(document)
        .await
        .unwrap();
    let call = setup.app.next_request().await;
    assert_eq!(
        call["document_id"],
        json!(["crm", "CCrmDocumentDeal", "DEAL_5"])
    );
    assert_eq!(
        call["properties"],
        json!({
            "name": "Deal #5", "text": "[T: a, b] {=Document:", "gone": "", "list": ["a", "b"], "first": "a", "int": "T",
            "other": "{=Variable:X}",
        })
    );
}

/// A property, the value of the step, and the value in the call.
#[rustfmt::skip]
fn conversions() -> Vec<(Value, Value, Value)> {
    let moments = json!({"TYPE": "datetime", "MULTIPLE": "Y"});
    vec![
        (json!({"TYPE": "string"}), json!([["deep"], "x"]), json!("deep")),
        (json!({"TYPE": "Text"}), json!({"k": "first"}), json!("first")),
        (json!({"TYPE": "int"}), json!(["1", "2"]), json!(["1", "2"])),
        (json!({"TYPE": "bool"}), json!("Y"), json!("Y")),
        (json!({"TYPE": "string", "MULTIPLE": "Y"}), json!("x"), json!(["x"])),
        (json!({"TYPE": "UF:crm", "MULTIPLE": "Y"}), json!({"k": "v"}), json!([{"k": "v"}])),
        (json!({"TYPE": "string", "MULTIPLE": "Y"}), json!(["", null, "z"]), json!({"0": "", "2": "z"})),
        (moments, json!(["", "31.12.2025 10:20:30 [14400]"]), json!(["", "31.12.2025 09:20:30"])),
        (json!({"TYPE": "datetime"}), json!("05.12.2022 17:25:52"), json!("05.12.2022 17:25:52")),
        (json!({"TYPE": "date"}), json!("31.12.2025 [14400]"), json!("31.12.2025")),
        (json!({"TYPE": "date"}), json!("31.12.2025 23:00:00 [0]"), json!("31.12.2025")),
        (json!({"TYPE": "unknown"}), json!("31.12.2025 [14400]"), json!("31.12.2025 [14400]")),
        (json!({"TYPE": "datetime"}), json!("soon [3]"), json!("soon [3]")),
        (json!({"TYPE": "time"}), json!("10:30 [10800]"), json!("10:30 [10800]")),
        (json!({"TYPE": "UF:money"}), json!("12.5|EUR"), json!("12.5|EUR")),
    ]
}

#[tokio::test]
async fn values_are_converted_by_type() {
    let setup = Setup::start().await;
    for (number, (property, value, expected)) in conversions().into_iter().enumerate() {
        let what = format!("{property} {value}");
        let received = received_value(&setup, &format!("t{number}"), property, value).await;
        assert_eq!(received, expected, "{what}");
    }

    let american = Portal::builder()
        .culture(Culture::MonthDayYear)
        .user_offset(3600);
    let setup = Setup::with(american).await;
    let moment = json!("12/31/2025 10:20:30 pm [10800]");
    let received = received_value(&setup, "us", json!({"TYPE": "datetime"}), moment).await;
    assert_eq!(received, json!("12/31/2025 11:20:30 pm"));
}

#[tokio::test]
async fn a_map_is_one_value_of_a_list() {
    let setup = Setup::start().await;
    for (code, stored, expected) in [
        (
            "gaps",
            json!({"1": "a", "3": "b"}),
            json!([{"1": "a", "3": "b"}]),
        ),
        ("names", json!({"x": "a"}), json!([{"x": "a"}])),
        ("list", json!(["a", null, "b"]), json!({"0": "a", "2": "b"})),
        ("scalar", json!("a"), json!(["a"])),
    ] {
        let property = json!({"TYPE": "UF:crm", "MULTIPLE": "Y"});
        let received = received_value(&setup, code, property, stored).await;
        assert_eq!(received, expected, "{code}");
    }
}
