use bizproc_portal::{Document, Event, Portal, RestActivity, Step, Template};
use serde_json::{Value, json};

use crate::fixture::{Refusal, Setup, TIMEOUT, count_events};

#[tokio::test]
async fn a_robot_changes_its_own_document() {
    let setup = Setup::start_with_robot().await;
    let template = Template::new("t")
        .step(RestActivity::new("r", json!({})))
        .step(Step::log(
            "{=Document:OPPORTUNITY} {=Document:UF_CRM_7} {=Document:STAGE_ID}",
        ));
    let template = setup.portal.template(template).unwrap();
    let deal = Document::deal(5).field("STAGE_ID", "NEW");
    let workflow = setup.portal.start_workflow(template, deal).await.unwrap();
    let call = setup.app.next_request().await;
    // With the token of the call.
    let robot = setup.client_by(&call["auth"]);
    let item = robot
        .result("crm.item.get", json!({"entityTypeId": 2, "id": 5}))
        .await;
    assert_eq!(
        item,
        json!({"item": {"id": 5, "title": "Deal #5", "stageId": "NEW", "entityTypeId": 2}})
    );
    let update = json!({"entityTypeId": 2, "id": "5", "fields": {"opportunity": 9.5, "ufCrm_7": "x", "id": 6}});
    let item = robot.result("crm.item.update", update).await["item"].clone();
    assert_eq!(
        (
            &item["opportunity"],
            &item["ufCrm_7"],
            &item["id"],
            &item["updatedBy"]
        ),
        (&json!(9.5), &json!("x"), &json!(5), &json!(1))
    );
    let update = json!({"id": 5, "fields": {"STAGE_ID": "WON"}});
    assert_eq!(robot.result("crm.deal.update", update).await, json!(true));
    let deal = robot.result("crm.deal.get", json!({"ID": "5"})).await;
    assert_eq!(
        (
            &deal["ID"],
            &deal["OPPORTUNITY"],
            &deal["STAGE_ID"],
            deal.get("NAME")
        ),
        (&json!("5"), &json!("9.5"), &json!("WON"), None)
    );
    let reply = json!({"EVENT_TOKEN": call["event_token"], "LOG_MESSAGE": "done"});
    robot.ok("bizproc.event.send", reply).await;
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.log, ["done", "9.5 x WON"]);
    let is_change = |event: &Event| matches!(event, Event::DocumentChanged { document_id, .. } if document_id[2] == "DEAL_5");
    assert_eq!(count_events(&setup.portal, is_change), 2);
}

#[tokio::test]
async fn every_entity_type_has_its_records() {
    let setup = Setup::start().await;
    for (kind, title) in [
        (1, "title"),
        (2, "title"),
        (3, "name"),
        (4, "title"),
        (31, "title"),
        (147, "title"),
    ] {
        let add = json!({"entityTypeId": kind, "fields": {title: "T", "ufCrm44_7": 1, "assignedById": 4}});
        let item = setup.result("crm.item.add", add).await["item"].clone();
        assert_eq!(
            (
                &item["id"],
                &item[title],
                &item["ufCrm44_7"],
                &item["assignedById"],
                &item["createdBy"]
            ),
            (&json!(1), &json!("T"), &json!(1), &json!(4), &json!(1)),
            "{item}"
        );
        let get = json!({"entityTypeId": kind, "id": 1, "useOriginalUfNames": "Y"});
        let item = setup.result("crm.item.get", get.clone()).await["item"].clone();
        assert_eq!(item["UF_CRM_44_7"], json!(1));
        let known = setup.portal.workflows().len();
        assert_eq!(known, 0);
        let delete = json!({"entityTypeId": kind, "id": 1});
        assert_eq!(
            setup.result("crm.item.delete", delete.clone()).await,
            json!([])
        );
        for method in ["crm.item.get", "crm.item.delete"] {
            setup
                .refused(method, &get, (400, "NOT_FOUND", "Item not found"))
                .await;
        }
    }
    // The stage of a lead is its status.
    setup
        .portal
        .create_document(Document::lead(7).field("STATUS_ID", "NEW"));
    let lead = json!({"entityTypeId": 1, "id": 7, "fields": {"stageId": "IN_PROCESS"}});
    setup.result("crm.item.update", lead).await;
    let lead = setup.portal.document(Document::lead(7).document_id());
    assert_eq!(lead.unwrap().value("STATUS_ID"), Some(json!("IN_PROCESS")));
    for (method, document) in [
        ("crm.lead.get", Document::lead(7)),
        ("crm.contact.get", Document::contact(7)),
        ("crm.company.get", Document::company(7)),
    ] {
        setup.portal.create_document(document);
        let record = setup.result(method, json!({"id": 7})).await;
        assert_eq!(record["ID"], json!("7"));
    }
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let setup = Setup::start().await;
    for number in 1..=60_u32 {
        let deal = Document::deal(number)
            .field("OPPORTUNITY", 100 - number)
            .field("UF_CRM_A", number % 2);
        setup.portal.create_document(deal);
    }
    setup.portal.create_document(Document::lead(1));
    let list = |params: Value| setup.call("crm.item.list", params);
    let (_, all) = list(json!({"entityTypeId": 2})).await;
    assert_eq!(all["result"]["items"].as_array().unwrap().len(), 50);
    assert_eq!((&all["total"], &all["next"]), (&json!(60), &json!(50)));
    let (_, rest) = list(json!({"entityTypeId": 2, "start": 50})).await;
    assert_eq!(rest["result"]["items"][0]["id"], json!(51));
    assert_eq!((&rest["total"], rest.get("next")), (&json!(60), None));
    let (_, uncounted) = list(json!({"entityTypeId": 2, "start": -1})).await;
    assert_eq!(
        (&uncounted["total"], uncounted.get("next")),
        (&json!(0), None)
    );

    for (filter, ids) in [
        (json!({">=opportunity": 98}), json!([2, 1])),
        (json!({"<id": 3}), json!([2, 1])),
        (json!({"@id": [3, 1], "!=id": 3}), json!([1])),
        (json!({"=ufCrmA": 1, "<=id": 3}), json!([3, 1])),
        (json!({"%title": "deal #6"}), json!([60, 6])),
        (json!({"!@id": [1], "<id": 3}), json!([2])),
        (json!({">id": 59}), json!([60])),
        (json!({"stageId": "x"}), json!([])),
    ] {
        let query = json!({"entityTypeId": 2, "filter": filter, "order": {"opportunity": "ASC"}, "select": ["id"]});
        let (_, found) = list(query).await;
        let items = found["result"]["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|item| item["id"].clone()).collect();
        assert_eq!(json!(found), ids, "{filter}");
        assert!(
            items
                .iter()
                .all(|item| item.as_object().unwrap().len() == 2)
        );
    }

    let deals = json!({"filter": {"<ID": 3}, "order": {"ID": "DESC"}});
    let (_, found) = setup.call("crm.deal.list", deals).await;
    assert_eq!(
        (&found["total"], &found["result"][0]["ID"]),
        (&json!(2), &json!("2"))
    );
    assert_eq!(found["result"][0].get("UF_CRM_A"), None);
    let custom = json!({"filter": {"ID": 3}, "select": ["UF_*"]});
    let (_, found) = setup.call("crm.deal.list", custom).await;
    assert_eq!(found["result"], json!([{"ID": "3", "UF_CRM_A": "1"}]));
}

#[tokio::test]
async fn deals_are_added_and_deleted() {
    let setup = Setup::start().await;
    let added = json!({"fields": {"TITLE": "New", "UF_CRM_X": ["a", "b"]}});
    let id = setup.result("crm.deal.add", added).await;
    assert_eq!(id, json!(1));
    let deal = setup.result("crm.deal.get", json!({"id": id})).await;
    assert_eq!(
        (
            &deal["TITLE"],
            &deal["STAGE_ID"],
            &deal["UF_CRM_X"],
            &deal["ASSIGNED_BY_ID"]
        ),
        (
            &json!("New"),
            &json!("NEW"),
            &json!(["a", "b"]),
            &json!("1")
        )
    );
    let deleted = setup.result("crm.deal.delete", json!({"id": id})).await;
    assert_eq!(deleted, json!(true));
    setup
        .refused("crm.deal.get", json!({"id": id}), (400, "", "Not found"))
        .await;
}

/// Calls that are refused while deal 1 exists.
#[rustfmt::skip]
fn wrong_calls() -> Vec<(&'static str, Value, Refusal<'static>)> {
    let no_kind = (400, "100", "Could not find value for parameter {entityTypeId}");
    let no_id = (400, "100", "Could not find value for parameter {id}");
    let no_fields = (400, "100", "Could not find value for parameter {fields}");
    let unknown_kind = (400, "NOT_FOUND", "SPA not found");
    let unknown_item = (400, "NOT_FOUND", "Item not found");
    let wrong_id = (400, "", "ID is not defined or invalid.");
    let unknown_deal = (400, "", "Not found");
    let wrong_fields = (400, "", "Parameter 'fields' must be array.");
    vec![
        ("crm.item.get", json!({"id": 1}), no_kind),
        ("crm.item.get", json!({"entityTypeId": 2}), no_id),
        ("crm.item.add", json!({"entityTypeId": 2}), no_fields),
        ("crm.item.update", json!({"entityTypeId": 2, "id": 1}), no_fields),
        ("crm.item.get", json!({"entityTypeId": 99, "id": 1}), unknown_kind),
        ("crm.item.get", json!({"entityTypeId": "x", "id": 1}), unknown_kind),
        ("crm.item.get", json!({"entityTypeId": 2, "id": -1}), unknown_item),
        ("crm.item.update", json!({"entityTypeId": 2, "id": 9, "fields": {}}), unknown_item),
        ("crm.deal.get", json!({}), wrong_id),
        ("crm.deal.get", json!({"id": 0}), wrong_id),
        ("crm.deal.get", json!({"id": 9}), unknown_deal),
        ("crm.deal.update", json!({"id": 1}), wrong_fields),
        ("crm.deal.update", json!({"id": 9, "fields": {}}), unknown_deal),
        ("crm.deal.delete", json!({"id": 9}), unknown_deal),
        ("crm.deal.add", json!({"fields": "x"}), wrong_fields),
    ]
}

#[tokio::test]
async fn crm_methods_refuse_wrong_parameters() {
    let setup = Setup::start().await;
    setup.portal.create_document(Document::deal(1));
    for (method, params, refusal) in wrong_calls() {
        setup.refused(method, params, refusal).await;
    }
    let portal = Portal::builder().scope(["bizproc"]);
    let setup = Setup::with(portal).await;
    let refused = setup.call("crm.deal.get", json!({"id": 1})).await;
    assert_eq!(
        (refused.0, &refused.1["error"]),
        (401, &json!("insufficient_scope"))
    );
}

#[tokio::test]
async fn a_document_keeps_its_fields_between_runs() {
    let setup = Setup::start().await;
    setup.robot("r", json!({"USE_SUBSCRIPTION": "N"})).await;
    let deal = Document::deal(5)
        .field("TITLE", "Mine")
        .field("STAGE_ID", "NEW");
    let owned = deal.document_id().map(str::to_owned);
    let id = owned.each_ref().map(String::as_str);
    setup.portal.create_document(deal.clone());
    // A document without fields changes nothing, one with fields changes these.
    let run = setup.portal.run("r", json!({})).document(Document::deal(5));
    run.await.unwrap();
    let changed = Document::deal(5).field("STAGE_ID", "WON");
    setup
        .portal
        .run("r", json!({}))
        .document(changed)
        .await
        .unwrap();
    let now = setup.portal.document(id).unwrap();
    let fields = json!({"ID": 5, "TITLE": "Mine", "NAME": "Deal #5", "STAGE_ID": "WON"});
    assert_eq!(Value::Object(now.fields()), fields);
    assert!(setup.portal.delete_document(id));
    assert!(!setup.portal.delete_document(id));
    assert_eq!(setup.portal.document(id), None);
}

#[tokio::test]
async fn numbers_sort_before_texts() {
    let setup = Setup::start().await;
    for number in 1..=60 {
        let title = match number % 3 {
            0 => format!("{number}"),
            1 => format!("{number}-A"),
            _ => ["inf", "nan", "-0", "1e400"][number as usize % 4].to_owned(),
        };
        let deal = Document::deal(number).field("TITLE", title);
        setup.portal.create_document(deal);
    }
    let order = json!({"order": {"TITLE": "ASC"}, "select": ["TITLE"]});
    let (status, response) = setup.call("crm.deal.list", order).await;
    assert_eq!((status, &response["total"]), (200, &json!(60)));
    let rows = response["result"].as_array().unwrap();
    let titles: Vec<&str> = rows
        .iter()
        .map(|row| row["TITLE"].as_str().unwrap())
        .collect();
    assert_eq!(titles.len(), 50);
    let is_number = |title: &&str| title.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<&str> = titles.iter().copied().filter(is_number).collect();
    let expected: Vec<String> = (1..=20).map(|third| (third * 3).to_string()).collect();
    assert_eq!(numbers, expected);
    let first_text = titles
        .iter()
        .position(|title| title.ends_with("-A"))
        .unwrap();
    let last_number = titles.iter().rposition(is_number).unwrap();
    assert!(last_number < first_text, "{titles:?}");
}

#[tokio::test]
async fn record_numbers_are_not_reused() {
    let setup = Setup::start().await;
    setup.portal.create_document(Document::deal(41));
    for expected in [42, 43] {
        let (_, response) = setup.call("crm.deal.add", json!({"fields": {}})).await;
        assert_eq!(response["result"], json!(expected));
        setup.ok("crm.deal.delete", json!({"id": expected})).await;
    }
}
