use serde_json::{Value, json};

use crate::fixture::Setup;

/// Calls a method, which must succeed, and gives the event that follows.
async fn event_of(setup: &Setup, method: &str, params: Value) -> Value {
    let (status, response) = setup.call(method, params).await;
    assert_eq!(status, 200, "{method}: {response}");
    setup.app.next_request().await
}

#[tokio::test]
async fn changes_of_records_raise_events() {
    let setup = Setup::start().await;
    for deed in ["ADD", "UPDATE", "DELETE"] {
        for kind in ["LEAD", "DEAL", "CONTACT", "COMPANY", "DYNAMICITEM"] {
            setup.bind(&format!("ONCRM{kind}{deed}"), "/crm").await;
        }
    }
    for (method, params, event) in [
        ("add", json!({"fields": {"TITLE": "t"}}), "ONCRMDEALADD"),
        (
            "update",
            json!({"id": 1, "fields": {"TITLE": "u"}}),
            "ONCRMDEALUPDATE",
        ),
        ("delete", json!({"id": 1}), "ONCRMDEALDELETE"),
    ] {
        let told = event_of(&setup, &format!("crm.deal.{method}"), params).await;
        assert_eq!(told["event"], json!(event));
        assert_eq!(told["data"], json!({"FIELDS": {"ID": "1"}}));
        assert_eq!(told["auth"]["user_id"], json!("1"));
    }
    for (entity, kind) in [
        (1, "LEAD"),
        (2, "DEAL"),
        (3, "CONTACT"),
        (4, "COMPANY"),
        (31, "DYNAMICITEM"),
        (147, "DYNAMICITEM"),
    ] {
        // The first deal is gone, and its number with it.
        let id = if entity == 2 { 2 } else { 1 };
        let mut data = json!({"FIELDS": {"ID": id.to_string()}});
        if kind == "DYNAMICITEM" {
            data["FIELDS"]["ENTITY_TYPE_ID"] = json!(entity.to_string());
        }
        for deed in ["add", "update", "delete"] {
            let params = json!({"entityTypeId": entity, "id": id, "fields": {"title": "t"}});
            let told = event_of(&setup, &format!("crm.item.{deed}"), params).await;
            let event = format!("ONCRM{kind}{}", deed.to_uppercase());
            assert_eq!((&told["event"], &told["data"]), (&json!(event), &data));
        }
    }
    // What is refused is not told.
    for method in ["crm.deal.update", "crm.deal.delete"] {
        let params = json!({"id": 9, "fields": {}});
        assert_eq!(setup.call(method, params).await.0, 400);
    }
    for method in ["crm.item.update", "crm.item.delete"] {
        let params = json!({"entityTypeId": 1, "id": 9, "fields": {}});
        assert_eq!(setup.call(method, params).await.0, 400);
    }
    assert!(setup.app.is_quiet().await);
}

#[tokio::test]
async fn a_chain_of_record_events_is_cut_after_seven() {
    let setup = Setup::start().await;
    setup.bind("ONCRMDEALUPDATE", "/crm").await;
    let added = json!({"fields": {"TITLE": "0"}});
    setup.call("crm.deal.add", added).await;
    let mut client = setup.client.clone();
    for title in 1..=7 {
        let params = json!({"id": 1, "fields": {"TITLE": title}});
        client.ok("crm.deal.update", params).await;
        let told = setup.app.next_request().await;
        let token = told["auth"]["access_token"].as_str().map(str::to_owned);
        client = setup.client_with(token);
    }
    let params = json!({"id": 1, "fields": {"TITLE": "last"}});
    client.ok("crm.deal.update", params).await;
    let deal = client.call("crm.deal.get", json!({"id": 1})).await.1;
    assert_eq!(deal["result"]["TITLE"], json!("last"));
    assert!(setup.app.is_quiet().await);
    let told = setup.portal.history().into_iter();
    let told = told.filter(|record| matches!(record.event, bizproc_portal::Event::Fired { .. }));
    assert_eq!(told.count(), 7);
}
