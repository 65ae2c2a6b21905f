use bizproc_portal::Event;
use serde_json::json;

use crate::fixture::{Stage, VALIDATION, assert_refused, with};

const UNKNOWN: (&str, &str) = ("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!");

#[tokio::test]
async fn update_checks_in_order() {
    let stage = Stage::start().await;
    let nothing = (VALIDATION, "No fields to update");
    let rows = [
        (json!({"CODE": "zzz"}), UNKNOWN),
        (json!({"CODE": "R", "FIELDS": {"NAME": "x"}}), UNKNOWN),
        (json!({"CODE": "r"}), nothing),
        (json!({"CODE": "r", "NAME": "flat"}), nothing),
        (json!({"CODE": "r", "FIELDS": "x"}), nothing),
        (json!({"CODE": "r", "FIELDS": {}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"NAME": ""}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"NAME": null}}), nothing),
        (
            json!({"CODE": "r", "FIELDS": {"PLACEMENT_HANDLER": "https://app.example/p"}}),
            nothing,
        ),
        (
            json!({"CODE": "r", "FIELDS": {"CODE": "s", "COLOUR": "red"}}),
            nothing,
        ),
        (
            json!({"CODE": "r", "FIELDS": {"HANDLER": "", "PROPERTIES": 1}}),
            ("ERROR_WRONG_HANDLER_URL", "Wrong handler URL"),
        ),
        (
            json!({"CODE": "r", "FIELDS": {"RETURN_PROPERTIES": {"2": 1}, "PROPERTIES": {"1": 1}}}),
            (VALIDATION, "Wrong property key (1)!"),
        ),
        (
            json!({"CODE": "r", "FIELDS": {"RETURN_PROPERTIES": 1, "DOCUMENT_TYPE": 1}}),
            (VALIDATION, "Wrong properties array!"),
        ),
        (
            json!({"CODE": "r", "FIELDS": {"DOCUMENT_TYPE": 1, "FILTER": 1}}),
            (VALIDATION, "Wrong activity DOCUMENT_TYPE!"),
        ),
        (
            json!({"CODE": "r", "FIELDS": {"FILTER": "x"}}),
            (VALIDATION, "Wrong activity FILTER!"),
        ),
    ];
    let good = json!({"CODE": "r", "FIELDS": {"NAME": "x"}});
    for (kind, other) in [("robot", "activity"), ("activity", "robot")] {
        let robot = with(json!({"CODE": "r"}));
        stage.client.ok(&format!("bizproc.{kind}.add"), robot).await;
        let update = format!("bizproc.{kind}.update");
        for (params, (code, text)) in &rows {
            let answer = stage.client.call(&update, params.clone()).await;
            assert_refused(&answer, 400, code, text, &format!("{update} {params}"));
        }
        for method in ["update", "delete"] {
            let method = format!("bizproc.{other}.{method}");
            let answer = stage.client.call(&method, good.clone()).await;
            assert_refused(&answer, 400, UNKNOWN.0, UNKNOWN.1, &method);
        }
        let delete = format!("bizproc.{kind}.delete");
        stage.client.ok(&delete, good.clone()).await;
    }
}

#[tokio::test]
async fn update_replaces_what_it_names() {
    let stage = Stage::start().await;
    let first = json!({
        "PROPERTIES": {"a": {"NAME": "a"}, "b": {"NAME": "b"}}, "FILTER": {"INCLUDE": ["b24"]},
        "DOCUMENT_TYPE": ["crm", "CCrmDocumentDeal", "DEAL"], "USE_SUBSCRIPTION": "Y", "DESCRIPTION": "d",
    });
    stage.client.ok("bizproc.robot.add", with(first)).await;
    let fields = json!({
        "PROPERTIES": {"c": {"NAME": "c"}}, "FILTER": "", "DOCUMENT_TYPE": "0", "USE_SUBSCRIPTION": false,
        "AUTH_USER_ID": "7up", "NAME": "new", "HANDLER": "https://app.example/new",
    });
    stage
        .client
        .ok(
            "bizproc.robot.update",
            json!({"CODE": "a", "FIELDS": fields}),
        )
        .await;
    let stored = stage.portal.robots()[0].clone();
    assert_eq!(
        stored.fields,
        json!({
            "CODE": "a", "HANDLER": "https://app.example/new", "PROPERTIES": {"c": {"NAME": "c"}},
            "DOCUMENT_TYPE": null, "FILTER": null, "NAME": {"*": "new"}, "DESCRIPTION": {"*": "d"},
            "AUTH_USER_ID": 7, "USE_SUBSCRIPTION": "", "USE_PLACEMENT": "N",
        })
    );
    let events: Vec<&'static str> = stage
        .portal
        .history()
        .iter()
        .map(|record| match &record.event {
            Event::Installed { .. } => "installed",
            Event::Requested { .. } => "requested",
            Event::Registered { definition, .. } if definition["CODE"] == "a" => "registered",
            Event::Changed { code, definition } if code == "a" && *definition == stored.fields => {
                "changed"
            }
            Event::Deleted { .. } => "deleted",
            _ => "other",
        })
        .collect();
    assert_eq!(
        events,
        [
            "installed",
            "requested",
            "registered",
            "requested",
            "changed"
        ]
    );
    stage
        .client
        .ok("bizproc.robot.delete", json!({"code": "a"}))
        .await;
    assert!(stage.portal.robots().is_empty());
    let answer = stage
        .client
        .call("bizproc.robot.delete", json!({"CODE": "a"}))
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_ACTIVITY_NOT_FOUND",
        "Activity or Robot not found!",
        "deleted",
    );
}
