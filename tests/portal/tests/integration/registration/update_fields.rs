use serde_json::{Value, json};

use crate::fixture::{NOWHERE, Setup, WRONG_PROTOCOL, assert_refused, invalid, robot_with};

const PAGE: &str = "https://app.example/page";

async fn setup_with_page() -> Setup {
    let setup = Setup::start().await;
    let params = json!({
        "DOCUMENT_TYPE": ["crm", "CCrmDocumentDeal", "DEAL"], "FILTER": {"INCLUDE": ["b24"]},
        "RETURN_PROPERTIES": {"a": {"NAME": "a"}, "b": {"NAME": "b"}}, "DESCRIPTION": "old",
        "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": PAGE,
    });
    setup.ok("bizproc.robot.add", robot_with(params)).await;
    setup
}

async fn update(setup: &Setup, fields: Value) -> (u16, Value) {
    let params = json!({"CODE": "a", "FIELDS": fields});
    setup.call("bizproc.robot.update", params).await
}

#[tokio::test]
async fn fields_are_replaced_or_cleared() {
    for (fields, column, stored) in [
        (
            json!({"DESCRIPTION": "x"}),
            "DESCRIPTION",
            json!({"*": "x"}),
        ),
        (
            json!({"RETURN_PROPERTIES": {"c": {"NAME": "c"}}}),
            "RETURN_PROPERTIES",
            json!({"c": {"NAME": "c"}}),
        ),
        (
            json!({"USE_PLACEMENT": "y", "NAME": "n"}),
            "USE_PLACEMENT",
            json!("N"),
        ),
        (json!({"DOCUMENT_TYPE": ""}), "DOCUMENT_TYPE", json!(null)),
        (json!({"DOCUMENT_TYPE": []}), "DOCUMENT_TYPE", json!(null)),
        (json!({"FILTER": []}), "FILTER", json!(null)),
        (json!({"FILTER": "0"}), "FILTER", json!(null)),
    ] {
        let setup = setup_with_page().await;
        assert_eq!(update(&setup, fields.clone()).await.0, 200, "{fields}");
        assert_eq!(setup.portal.robots()[0].fields[column], stored, "{fields}");
    }
}

#[tokio::test]
async fn null_fields_change_nothing() {
    let setup = setup_with_page().await;
    let before = setup.portal.robots()[0].fields.clone();
    for fields in [
        json!({"FILTER": null}),
        json!({"DOCUMENT_TYPE": null}),
        json!({"HANDLER": null}),
    ] {
        let response = update(&setup, fields.clone()).await;
        let refusal = invalid("No fields to update");
        assert_refused(&response, refusal, &fields.to_string());
    }
    assert_eq!(setup.portal.robots()[0].fields, before);
}

#[tokio::test]
async fn a_settings_page_is_removed_with_its_switch() {
    let setup = setup_with_page().await;
    let (_, stranger) = setup.other_application().await;
    let placed = robot_with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": PAGE}));
    // While the page is there, no other application can have one for this code.
    let text = "Unable to set placement handler: Handler already binded";
    stranger
        .refused("bizproc.robot.add", &placed, (400, "ERROR_CORE", text))
        .await;
    let ftp = json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "ftp://a.b"});
    assert_refused(&update(&setup, ftp).await, WRONG_PROTOCOL, "ftp");

    assert_eq!(update(&setup, json!({"USE_PLACEMENT": "N"})).await.0, 200);
    // An address alone does not bring it back, nor does the switch without one.
    let address = json!({"NAME": "n", "PLACEMENT_HANDLER": PAGE});
    assert_eq!(update(&setup, address).await.0, 200);
    stranger.ok("bizproc.robot.add", placed).await;
    assert_eq!(update(&setup, json!({"USE_PLACEMENT": "Y"})).await.0, 200);
    assert_eq!(setup.portal.robots()[0].fields["USE_PLACEMENT"], "Y");
    assert_eq!(setup.portal.robots()[0].fields["HANDLER"], NOWHERE);
}
