use bizproc_portal::{Fault, Platform, Portal};
use serde_json::{Value, json};

use crate::fixture::{NOWHERE, Stage, VALIDATION, assert_refused, with};

#[tokio::test]
async fn the_loser_of_a_race_is_told() {
    for (platform, status, code, text) in [
        (
            Platform::v26(),
            400,
            "ERROR_ACTIVITY_ADD_FAILURE",
            "Activity or Robot already added!",
        ),
        (
            Platform::v24(),
            400,
            "ERROR_ACTIVITY_ADD_FAILURE",
            "Activity or Robot already added!",
        ),
        (Platform::v21(), 500, "ERROR_CORE", "SQL query error!"),
    ] {
        let stage = Stage::with(Portal::builder().platform(platform)).await;
        stage.portal.fault(Fault::ParallelAdd, 1);
        let placed = with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": NOWHERE}));
        let answer = stage.client.call("bizproc.robot.add", placed.clone()).await;
        assert_refused(&answer, status, code, text, "race");
        // Its settings page is gone again.
        stage.client.ok("bizproc.robot.add", placed).await;
    }
}

#[tokio::test]
async fn rules_of_2019() {
    let stage = Stage::with(Portal::builder().platform(Platform::v19())).await;
    let add = async |params: Value| stage.client.call("bizproc.robot.add", params).await;
    // The application was installed on 127.0.0.1.
    let elsewhere = add(with(json!({}))).await;
    let text = "Handler URL host doesn't match application url";
    assert_refused(&elsewhere, 400, "ERROR_HANDLER_URL_MATCH", text, "host");
    let own = "http://127.0.0.1:9/h";
    for kind in [
        "bool", "date", "datetime", "double", "int", "select", "string", "text", "user",
    ] {
        let params = with(
            json!({"CODE": kind, "HANDLER": own, "PROPERTIES": {"p": {"NAME": "p", "TYPE": kind}}}),
        );
        assert_eq!(add(params).await.0, 200, "{kind}");
    }
    let untyped = with(
        json!({"HANDLER": own, "PROPERTIES": {"p": {"NAME": "p"}}, "RETURN_PROPERTIES": {"o": {"NAME": "o", "TYPE": "any"}}}),
    );
    assert_eq!(add(untyped.clone()).await.0, 200);
    let odd = json!({"p": {"NAME": "p", "TYPE": "String"}});
    let refused = add(with(
        json!({"CODE": "odd", "HANDLER": own, "PROPERTIES": odd}),
    ))
    .await;
    assert_refused(
        &refused,
        400,
        VALIDATION,
        "Unsupported property type (String)!",
        "type",
    );
    // An activity may have any.
    let activity = with(json!({"CODE": "activity", "HANDLER": own, "PROPERTIES": odd}));
    stage.client.ok("bizproc.activity.add", activity).await;

    let update = async |fields: Value| {
        let params = json!({"code": "a", "fields": fields});
        stage.client.call("bizproc.robot.update", params).await
    };
    let refused = update(json!({"HANDLER": NOWHERE})).await;
    assert_refused(&refused, 400, "ERROR_HANDLER_URL_MATCH", text, "host");
    let refused = update(json!({"PROPERTIES": odd})).await;
    assert_refused(
        &refused,
        400,
        VALIDATION,
        "Unsupported property type (String)!",
        "type",
    );
    // Only the outermost names may come in any case.
    let refused = update(json!({"name": "n"})).await;
    assert_refused(&refused, 400, VALIDATION, "No fields to update", "case");
    let refused = update(json!({"PROPERTIES": {"p": {"Name": "p"}}})).await;
    assert_refused(
        &refused,
        400,
        VALIDATION,
        "Empty property NAME (p)!",
        "case",
    );
    assert_eq!(
        update(json!({"PROPERTIES": {"p": {"NAME": "p"}}})).await.0,
        200
    );
}
