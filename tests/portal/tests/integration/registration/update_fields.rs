use serde_json::{Value, json};

use crate::fixture::{NOWHERE, Stage, VALIDATION, assert_refused, with};

const PAGE: &str = "https://app.example/page";

async fn stage() -> Stage {
    let stage = Stage::start().await;
    let params = json!({
        "DOCUMENT_TYPE": ["crm", "CCrmDocumentDeal", "DEAL"], "FILTER": {"INCLUDE": ["b24"]},
        "RETURN_PROPERTIES": {"a": {"NAME": "a"}, "b": {"NAME": "b"}}, "DESCRIPTION": "old",
        "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": PAGE,
    });
    stage.client.ok("bizproc.robot.add", with(params)).await;
    stage
}

async fn update(stage: &Stage, fields: Value) -> (u16, Value) {
    let params = json!({"CODE": "a", "FIELDS": fields});
    stage.client.call("bizproc.robot.update", params).await
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
        let stage = stage().await;
        assert_eq!(update(&stage, fields.clone()).await.0, 200, "{fields}");
        assert_eq!(stage.portal.robots()[0].fields[column], stored, "{fields}");
    }
}

#[tokio::test]
async fn nulls_update_nothing() {
    let stage = stage().await;
    let before = stage.portal.robots()[0].fields.clone();
    for fields in [
        json!({"FILTER": null}),
        json!({"DOCUMENT_TYPE": null}),
        json!({"HANDLER": null}),
    ] {
        let answer = update(&stage, fields.clone()).await;
        assert_refused(
            &answer,
            400,
            VALIDATION,
            "No fields to update",
            &fields.to_string(),
        );
    }
    assert_eq!(stage.portal.robots()[0].fields, before);
}

#[tokio::test]
async fn a_page_goes_with_its_switch() {
    let stage = stage().await;
    let other = stage.portal.install("http://127.0.0.1:1/").await.unwrap();
    let stranger = stage.client_with(Some(other.access_token()));
    let placed = with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": PAGE}));
    // While the page is there, nobody else has one for this code.
    let answer = stranger.call("bizproc.robot.add", placed.clone()).await;
    let text = "Unable to set placement handler: Handler already binded";
    assert_refused(&answer, 400, "ERROR_CORE", text, "taken");
    let answer = update(
        &stage,
        json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "ftp://a.b"}),
    )
    .await;
    let text = "Unsupported handler protocol";
    assert_refused(&answer, 400, "ERROR_UNSUPPORTED_PROTOCOL", text, "protocol");

    assert_eq!(update(&stage, json!({"USE_PLACEMENT": "N"})).await.0, 200);
    // An address alone does not bring it back, nor does the switch without one.
    assert_eq!(
        update(&stage, json!({"NAME": "n", "PLACEMENT_HANDLER": PAGE}))
            .await
            .0,
        200
    );
    stranger.ok("bizproc.robot.add", placed).await;
    assert_eq!(update(&stage, json!({"USE_PLACEMENT": "Y"})).await.0, 200);
    assert_eq!(stage.portal.robots()[0].fields["USE_PLACEMENT"], "Y");
    assert_eq!(stage.portal.robots()[0].fields["HANDLER"], NOWHERE);
}
