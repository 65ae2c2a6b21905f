use bizproc_portal::{Fault, Platform, Portal};
use serde_json::json;

use crate::fixture::{NOWHERE, SQL_ERROR, Setup, invalid, robot_with};

#[tokio::test]
async fn the_loser_of_a_race_is_refused() {
    let text = "Activity or Robot already added!";
    let added = (400, "ERROR_ACTIVITY_ADD_FAILURE", text);
    for (platform, refusal) in [
        (Platform::v26(), added),
        (Platform::v24(), added),
        (Platform::v21(), SQL_ERROR),
    ] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        setup.portal.fault(Fault::ParallelAdd, 1);
        let placed = robot_with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": NOWHERE}));
        setup.refused("bizproc.robot.add", &placed, refusal).await;
        // The refusal has removed the settings page.
        setup.ok("bizproc.robot.add", placed).await;
    }
}

#[tokio::test]
async fn platform_19_checks_hosts_and_types() {
    let setup = Setup::with(Portal::builder().platform(Platform::v19())).await;
    let text = "Handler URL host doesn't match application url";
    let other_host = (400, "ERROR_HANDLER_URL_MATCH", text);
    let unknown_type = invalid("Unsupported property type (String)!");

    // The application was installed on 127.0.0.1.
    let elsewhere = robot_with(json!({}));
    setup
        .refused("bizproc.robot.add", elsewhere, other_host)
        .await;
    let own = "http://127.0.0.1:9/h";
    for kind in [
        "bool", "date", "datetime", "double", "int", "select", "string", "text", "user",
    ] {
        let properties = json!({"p": {"NAME": "p", "TYPE": kind}});
        let params = json!({"CODE": kind, "HANDLER": own, "PROPERTIES": properties});
        setup.ok("bizproc.robot.add", robot_with(params)).await;
    }
    let untyped = json!({
        "HANDLER": own, "PROPERTIES": {"p": {"NAME": "p"}},
        "RETURN_PROPERTIES": {"o": {"NAME": "o", "TYPE": "any"}},
    });
    setup.ok("bizproc.robot.add", robot_with(untyped)).await;
    let odd = json!({"p": {"NAME": "p", "TYPE": "String"}});
    let params = robot_with(json!({"CODE": "odd", "HANDLER": own, "PROPERTIES": odd}));
    setup
        .refused("bizproc.robot.add", params, unknown_type)
        .await;
    // An activity may have any type.
    let activity = robot_with(json!({"CODE": "activity", "HANDLER": own, "PROPERTIES": odd}));
    setup.ok("bizproc.activity.add", activity).await;

    for (fields, refusal) in [
        (json!({"HANDLER": NOWHERE}), other_host),
        (json!({"PROPERTIES": odd}), unknown_type),
        // Only the outermost names may come in any case.
        (json!({"name": "n"}), invalid("No fields to update")),
        (
            json!({"PROPERTIES": {"p": {"Name": "p"}}}),
            invalid("Empty property NAME (p)!"),
        ),
    ] {
        let params = json!({"code": "a", "fields": fields});
        setup.refused("bizproc.robot.update", params, refusal).await;
    }
    let fields = json!({"PROPERTIES": {"p": {"NAME": "p"}}});
    let update = json!({"code": "a", "fields": fields});
    setup.ok("bizproc.robot.update", update).await;
}
