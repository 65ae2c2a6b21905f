use bizproc_portal::Event;
use serde_json::{Value, json};

use crate::fixture::{Setup, count_events};

/// Calls a method, which must succeed, and returns the event that follows.
async fn event_of(setup: &Setup, method: &str, params: Value) -> Value {
    let (status, response) = setup.call(method, params).await;
    assert_eq!(status, 200, "{method}: {response}");
    setup.app.next_request().await
}

#[tokio::test]
async fn changes_of_records_raise_events() {
    let setup = Setup::start().await;
    for action in ["ADD", "UPDATE", "DELETE"] {
        for kind in ["LEAD", "DEAL", "CONTACT", "COMPANY", "DYNAMICITEM"] {
            setup.bind(&format!("ONCRM{kind}{action}"), "/crm").await;
        }
    }
    for (method, params, name) in [
        ("add", json!({"fields": {"TITLE": "t"}}), "ONCRMDEALADD"),
        (
            "update",
            json!({"id": 1, "fields": {"TITLE": "u"}}),
            "ONCRMDEALUPDATE",
        ),
        ("delete", json!({"id": 1}), "ONCRMDEALDELETE"),
    ] {
        let event = event_of(&setup, &format!("crm.deal.{method}"), params).await;
        assert_eq!(event["event"], json!(name));
        assert_eq!(event["data"], json!({"FIELDS": {"ID": "1"}}));
        assert_eq!(event["auth"]["user_id"], json!("1"));
    }
    for (entity, kind) in [
        (1, "LEAD"),
        (2, "DEAL"),
        (3, "CONTACT"),
        (4, "COMPANY"),
        (31, "DYNAMICITEM"),
        (147, "DYNAMICITEM"),
    ] {
        // The number of the deleted deal is not used again.
        let id = if entity == 2 { 2 } else { 1 };
        let mut data = json!({"FIELDS": {"ID": id.to_string()}});
        if kind == "DYNAMICITEM" {
            data["FIELDS"]["ENTITY_TYPE_ID"] = json!(entity.to_string());
        }
        for action in ["add", "update", "delete"] {
            let params = json!({"entityTypeId": entity, "id": id, "fields": {"title": "t"}});
            let event = event_of(&setup, &format!("crm.item.{action}"), params).await;
            let name = format!("ONCRM{kind}{}", action.to_uppercase());
            assert_eq!((&event["event"], &event["data"]), (&json!(name), &data));
        }
    }
    // A refused call raises no event.
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
        let event = setup.app.next_request().await;
        client = setup.client_by(&event["auth"]);
    }
    let params = json!({"id": 1, "fields": {"TITLE": "last"}});
    client.ok("crm.deal.update", params).await;
    let deal = client.call("crm.deal.get", json!({"id": 1})).await.1;
    assert_eq!(deal["result"]["TITLE"], json!("last"));
    assert!(setup.app.is_quiet().await);
    let is_fired = |event: &Event| matches!(event, Event::Fired { .. });
    assert_eq!(count_events(&setup.portal, is_fired), 7);
}
