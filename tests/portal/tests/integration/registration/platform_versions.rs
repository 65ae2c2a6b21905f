use bizproc_portal::{Fault, Platform, Portal};
use serde_json::{Value, json};

use crate::fixture::{NOWHERE, Setup, assert_refused, invalid, robot_with};

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
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        setup.portal.fault(Fault::ParallelAdd, 1);
        let placed = robot_with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": NOWHERE}));
        setup
            .refused("bizproc.robot.add", &placed, (status, code, text))
            .await;
        // Its settings page is gone again.
        setup.ok("bizproc.robot.add", placed).await;
    }
}

#[tokio::test]
async fn rules_of_2019() {
    let setup = Setup::with(Portal::builder().platform(Platform::v19())).await;
    let add = async |params: Value| setup.call("bizproc.robot.add", params).await;
    // The application was installed on 127.0.0.1.
    let elsewhere = add(robot_with(json!({}))).await;
    let text = "Handler URL host doesn't match application url";
    assert_refused(&elsewhere, (400, "ERROR_HANDLER_URL_MATCH", text), "host");
    let own = "http://127.0.0.1:9/h";
    for kind in [
        "bool", "date", "datetime", "double", "int", "select", "string", "text", "user",
    ] {
        let params = robot_with(
            json!({"CODE": kind, "HANDLER": own, "PROPERTIES": {"p": {"NAME": "p", "TYPE": kind}}}),
        );
        assert_eq!(add(params).await.0, 200, "{kind}");
    }
    let untyped = robot_with(
        json!({"HANDLER": own, "PROPERTIES": {"p": {"NAME": "p"}}, "RETURN_PROPERTIES": {"o": {"NAME": "o", "TYPE": "any"}}}),
    );
    assert_eq!(add(untyped.clone()).await.0, 200);
    let odd = json!({"p": {"NAME": "p", "TYPE": "String"}});
    let refused = add(robot_with(
        json!({"CODE": "odd", "HANDLER": own, "PROPERTIES": odd}),
    ))
    .await;
    assert_refused(
        &refused,
        invalid("Unsupported property type (String)!"),
        "type",
    );
    // An activity may have any.
    let activity = robot_with(json!({"CODE": "activity", "HANDLER": own, "PROPERTIES": odd}));
    setup.ok("bizproc.activity.add", activity).await;

    let update = async |fields: Value| {
        let params = json!({"code": "a", "fields": fields});
        setup.call("bizproc.robot.update", params).await
    };
    let refused = update(json!({"HANDLER": NOWHERE})).await;
    assert_refused(&refused, (400, "ERROR_HANDLER_URL_MATCH", text), "host");
    let refused = update(json!({"PROPERTIES": odd})).await;
    assert_refused(
        &refused,
        invalid("Unsupported property type (String)!"),
        "type",
    );
    // Only the outermost names may come in any case.
    let refused = update(json!({"name": "n"})).await;
    assert_refused(&refused, invalid("No fields to update"), "case");
    let refused = update(json!({"PROPERTIES": {"p": {"Name": "p"}}})).await;
    assert_refused(&refused, invalid("Empty property NAME (p)!"), "case");
    assert_eq!(
        update(json!({"PROPERTIES": {"p": {"NAME": "p"}}})).await.0,
        200
    );
}
