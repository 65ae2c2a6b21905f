use bizproc_portal::Event;
use serde_json::{Value, json};

use crate::fixture::{Refusal, Setup, UNKNOWN_CODE, WRONG_URL, invalid, robot_with};

/// Parameters that are refused, by the first check that they fail.
#[rustfmt::skip]
fn wrong_updates() -> Vec<(Value, Refusal<'static>)> {
    let nothing = invalid("No fields to update");
    vec![
        (json!({"CODE": "zzz"}), UNKNOWN_CODE),
        (json!({"CODE": "R", "FIELDS": {"NAME": "x"}}), UNKNOWN_CODE),
        (json!({"CODE": "r"}), nothing),
        (json!({"CODE": "r", "NAME": "flat"}), nothing),
        (json!({"CODE": "r", "FIELDS": "x"}), nothing),
        (json!({"CODE": "r", "FIELDS": {}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"NAME": ""}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"NAME": null}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"PLACEMENT_HANDLER": "https://app.example/p"}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"CODE": "s", "COLOUR": "red"}}), nothing),
        (json!({"CODE": "r", "FIELDS": {"HANDLER": "", "PROPERTIES": 1}}), WRONG_URL),
        (
            json!({"CODE": "r", "FIELDS": {"RETURN_PROPERTIES": {"2": 1}, "PROPERTIES": {"1": 1}}}),
            invalid("Wrong property key (1)!"),
        ),
        (
            json!({"CODE": "r", "FIELDS": {"RETURN_PROPERTIES": 1, "DOCUMENT_TYPE": 1}}),
            invalid("Wrong properties array!"),
        ),
        (
            json!({"CODE": "r", "FIELDS": {"DOCUMENT_TYPE": 1, "FILTER": 1}}),
            invalid("Wrong activity DOCUMENT_TYPE!"),
        ),
        (json!({"CODE": "r", "FIELDS": {"FILTER": "x"}}), invalid("Wrong activity FILTER!")),
    ]
}

#[tokio::test]
async fn update_checks_in_order() {
    let setup = Setup::start().await;
    let good = json!({"CODE": "r", "FIELDS": {"NAME": "x"}});
    for (kind, other) in [("robot", "activity"), ("activity", "robot")] {
        let robot = robot_with(json!({"CODE": "r"}));
        setup.ok(&format!("bizproc.{kind}.add"), robot).await;
        let update = format!("bizproc.{kind}.update");
        for (params, refusal) in wrong_updates() {
            setup.refused(&update, params, refusal).await;
        }
        for method in ["update", "delete"] {
            let method = format!("bizproc.{other}.{method}");
            setup.refused(&method, &good, UNKNOWN_CODE).await;
        }
        let delete = format!("bizproc.{kind}.delete");
        setup.ok(&delete, good.clone()).await;
    }
}

#[tokio::test]
async fn update_replaces_the_named_fields() {
    let setup = Setup::start().await;
    let first = json!({
        "PROPERTIES": {"a": {"NAME": "a"}, "b": {"NAME": "b"}}, "FILTER": {"INCLUDE": ["b24"]},
        "DOCUMENT_TYPE": ["crm", "CCrmDocumentDeal", "DEAL"], "USE_SUBSCRIPTION": "Y", "DESCRIPTION": "d",
    });
    setup.ok("bizproc.robot.add", robot_with(first)).await;
    let fields = json!({
        "PROPERTIES": {"c": {"NAME": "c"}}, "FILTER": "", "DOCUMENT_TYPE": "0", "USE_SUBSCRIPTION": false,
        "AUTH_USER_ID": "7up", "NAME": "new", "HANDLER": "https://app.example/new",
    });
    let update = json!({"CODE": "a", "FIELDS": fields});
    setup.ok("bizproc.robot.update", update).await;
    let stored = setup.portal.robots()[0].clone();
    assert_eq!(
        stored.fields,
        json!({
            "CODE": "a", "HANDLER": "https://app.example/new", "PROPERTIES": {"c": {"NAME": "c"}},
            "DOCUMENT_TYPE": null, "FILTER": null, "NAME": {"*": "new"}, "DESCRIPTION": {"*": "d"},
            "AUTH_USER_ID": 7, "USE_SUBSCRIPTION": "", "USE_PLACEMENT": "N",
        })
    );
    let history = setup.portal.history();
    let events: Vec<&str> = history
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
    let expected = "installed requested registered requested changed";
    assert_eq!(events.join(" "), expected);

    setup.ok("bizproc.robot.delete", json!({"code": "a"})).await;
    assert!(setup.portal.robots().is_empty());
    setup
        .refused("bizproc.robot.delete", json!({"CODE": "a"}), UNKNOWN_CODE)
        .await;
}
