use serde_json::{Value, json};

use crate::fixture::{NOWHERE, Stage, VALIDATION, assert_refused, with};

#[tokio::test]
async fn null_is_missing() {
    let stage = Stage::start().await;
    let add = async |changes: Value| {
        let mut params = with(json!({}));
        for (name, value) in changes.as_object().unwrap() {
            params[name] = value.clone();
        }
        stage.client.call("bizproc.robot.add", params).await
    };
    assert_refused(
        &add(json!({"CODE": null})).await,
        400,
        VALIDATION,
        "Empty activity code!",
        "CODE",
    );
    let answer = add(json!({"HANDLER": null})).await;
    assert_refused(
        &answer,
        400,
        "ERROR_WRONG_HANDLER_URL",
        "Wrong handler URL",
        "HANDLER",
    );
    assert_refused(
        &add(json!({"NAME": null})).await,
        400,
        VALIDATION,
        "Empty activity NAME!",
        "NAME",
    );
    let nulls = json!({"PROPERTIES": null, "RETURN_PROPERTIES": null, "DOCUMENT_TYPE": null, "FILTER": null});
    assert_eq!(add(nulls).await.0, 200);
}

#[tokio::test]
async fn filters_and_options_are_not_looked_into() {
    let stage = Stage::start().await;
    let params = json!({
        "FILTER": [1, {"x": []}],
        "PROPERTIES": {
            "list": {"NAME": "l", "TYPE": "select", "OPTIONS": {"0": "a", "1": "b"}},
            "map": {"NAME": "m", "TYPE": "select", "OPTIONS": {"5": "a"}},
        },
    });
    stage.client.ok("bizproc.robot.add", with(params)).await;
    let stored = &stage.portal.robots()[0].fields;
    assert_eq!(stored["FILTER"], json!([1, {"X": []}]));
    // The server cannot tell a map with such keys from a list.
    assert_eq!(stored["PROPERTIES"]["list"]["OPTIONS"], json!(["a", "b"]));
    assert_eq!(stored["PROPERTIES"]["map"]["OPTIONS"], json!({"5": "a"}));
}

#[tokio::test]
async fn each_column_has_its_limit() {
    let stage = Stage::start().await;
    let outputs = |length: usize| json!({"RETURN_PROPERTIES": {"a": {"NAME": "x".repeat(length)}}});
    let answer = stage
        .client
        .call("bizproc.robot.add", with(outputs(65493)))
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_ACTIVITY_ADD_FAILURE",
        "Activity save error!",
        "outputs",
    );
    stage
        .client
        .ok("bizproc.robot.add", with(outputs(65492)))
        .await;

    let long = "x".repeat(66_000);
    for (name, value) in [
        ("DESCRIPTION", json!(long)),
        ("FILTER", json!({"INCLUDE": long})),
        ("DOCUMENT_TYPE", json!(["m", "Entity", long])),
    ] {
        let mut params = json!({"CODE": "b", "HANDLER": NOWHERE, "NAME": "n"});
        params[name] = value.clone();
        let added = stage.client.call("bizproc.robot.add", params).await;
        assert_refused(&added, 500, "ERROR_CORE", "SQL query error!", name);
        let mut fields = json!({});
        fields[name] = value;
        let params = json!({"CODE": "a", "FIELDS": fields});
        let updated = stage.client.call("bizproc.robot.update", params).await;
        assert_refused(&updated, 500, "ERROR_CORE", "SQL query error!", name);
    }
    assert_eq!(stage.portal.robots().len(), 1);
}
