use serde_json::{Value, json};

use crate::fixture::{NOWHERE, SQL_ERROR, Setup, WRONG_URL, assert_refused, invalid, robot_with};

#[tokio::test]
async fn null_counts_as_missing() {
    let setup = Setup::start().await;
    let add = async |changes: Value| {
        let mut params = robot_with(json!({}));
        for (name, value) in changes.as_object().unwrap() {
            params[name] = value.clone();
        }
        setup.call("bizproc.robot.add", params).await
    };
    for (name, refusal) in [
        ("CODE", invalid("Empty activity code!")),
        ("HANDLER", WRONG_URL),
        ("NAME", invalid("Empty activity NAME!")),
    ] {
        assert_refused(&add(json!({name: null})).await, refusal, name);
    }
    let nulls = json!({"PROPERTIES": null, "RETURN_PROPERTIES": null, "DOCUMENT_TYPE": null, "FILTER": null});
    assert_eq!(add(nulls).await.0, 200);
}

#[tokio::test]
async fn filters_and_options_are_stored_unchecked() {
    let setup = Setup::start().await;
    let params = json!({
        "FILTER": [1, {"x": []}],
        "PROPERTIES": {
            "list": {"NAME": "l", "TYPE": "select", "OPTIONS": {"0": "a", "1": "b"}},
            "map": {"NAME": "m", "TYPE": "select", "OPTIONS": {"5": "a"}},
        },
    });
    setup.ok("bizproc.robot.add", robot_with(params)).await;
    let stored = &setup.portal.robots()[0].fields;
    assert_eq!(stored["FILTER"], json!([1, {"X": []}]));
    // The server cannot distinguish a map with such keys from a list.
    assert_eq!(stored["PROPERTIES"]["list"]["OPTIONS"], json!(["a", "b"]));
    assert_eq!(stored["PROPERTIES"]["map"]["OPTIONS"], json!({"5": "a"}));
}

#[tokio::test]
async fn each_column_has_its_limit() {
    let setup = Setup::start().await;
    let outputs = |length: usize| json!({"RETURN_PROPERTIES": {"a": {"NAME": "x".repeat(length)}}});
    let failure = (400, "ERROR_ACTIVITY_ADD_FAILURE", "Activity save error!");
    let too_long = robot_with(outputs(65493));
    setup.refused("bizproc.robot.add", too_long, failure).await;
    let longest = robot_with(outputs(65492));
    setup.ok("bizproc.robot.add", longest).await;

    let long = "x".repeat(66_000);
    for (name, value) in [
        ("DESCRIPTION", json!(long)),
        ("FILTER", json!({"INCLUDE": long})),
        ("DOCUMENT_TYPE", json!(["m", "Entity", long])),
    ] {
        let mut params = json!({"CODE": "b", "HANDLER": NOWHERE, "NAME": "n"});
        params[name] = value.clone();
        setup.refused("bizproc.robot.add", params, SQL_ERROR).await;
        let mut fields = json!({});
        fields[name] = value;
        let params = json!({"CODE": "a", "FIELDS": fields});
        setup
            .refused("bizproc.robot.update", params, SQL_ERROR)
            .await;
    }
    assert_eq!(setup.portal.robots().len(), 1);
}
