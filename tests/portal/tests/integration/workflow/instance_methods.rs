use std::time::Duration;

use bizproc_portal::{Document, Ending, Step, Task, Template};
use serde_json::{Value, json};

use crate::fixture::{DENIED, Setup};

const START: &str = "bizproc.workflow.start";
const INSTANCES: &str = "bizproc.workflow.instances";
const WRONG_ID: &str = "ERROR_WRONG_WORKFLOW_ID";

/// A template for deals that waits for an hour.
fn waiting() -> Template {
    Template::new("waits")
        .parameter("who", "no one")
        .step(Step::log("{=Template:who} {=User:ID}"))
        .step(Step::Pause(Duration::from_hours(1)))
}

#[tokio::test]
async fn a_workflow_is_started() {
    let setup = Setup::start().await;
    let template = setup.portal.template(waiting()).unwrap();
    setup.portal.create_document(Document::deal(5));
    setup.portal.create_document(Document::lead(5));
    let deal = json!(["crm", "CCrmDocumentDeal", "DEAL_5"]);
    let lead = json!(["crm", "CCrmDocumentLead", "LEAD_5"]);
    let wrong_id = |text| (400, WRONG_ID, text);
    let wrong_document = (400, "", "Wrong DOCUMENT_ID!");
    let unknown_type = (400, "", "Incorrect document type!");
    let mismatch = (400, "", "Template type and DOCUMENT_ID mismatch!");
    for (params, refusal) in [
        (json!({}), wrong_id("Empty TEMPLATE_ID")),
        (json!({"TEMPLATE_ID": "0"}), wrong_id("Empty TEMPLATE_ID")),
        (json!({"TEMPLATE_ID": 99}), wrong_id("Template not found")),
        (json!({"TEMPLATE_ID": template}), wrong_document),
    ] {
        setup.refused(START, params, refusal).await;
    }
    for (document, refusal) in [
        (json!("DEAL_5"), wrong_document),
        (json!(["crm", "", "DEAL_5"]), wrong_document),
        (json!(["crm", "x", "DEAL_5"]), unknown_type),
        (lead, mismatch),
    ] {
        let params = json!({"TEMPLATE_ID": template, "DOCUMENT_ID": document});
        setup.refused(START, params, refusal).await;
    }
    let user = setup.user(9);
    let good = json!({"template_id": template, "document_id": deal, "parameters": {"who": "Ann"}});
    user.refused(START, &good, DENIED).await;

    let id = setup.result(START, good).await;
    let workflow = setup.portal.workflow(id.as_str().unwrap()).unwrap();
    assert_eq!(workflow.log(), ["Ann user_1"]);

    let failing = Template::new("fails").step(Step::Fail("boom".to_owned()));
    let failing = setup.portal.template(failing).unwrap();
    // A step that fails immediately fails the call.
    let params = json!({"TEMPLATE_ID": failing, "DOCUMENT_ID": deal});
    setup.refused(START, params, (400, "", "boom")).await;
}

#[tokio::test]
async fn a_workflow_is_terminated_or_killed() {
    let setup = Setup::start().await;
    let task = Task::review("Look", [1]);
    let template = setup
        .portal
        .template(Template::new("t").step(task))
        .unwrap();
    let begin = || async {
        let begun = setup.portal.start_workflow(template, Document::deal(5));
        begun.await.unwrap()
    };
    let user = setup.user(9);
    for method in ["bizproc.workflow.terminate", "bizproc.workflow.kill"] {
        user.refused(method, json!({}), DENIED).await;
        for empty in [json!({}), json!({"ID": ""}), json!({"ID": 0})] {
            setup
                .refused(method, empty, (400, WRONG_ID, "Empty workflow instance ID"))
                .await;
        }
        setup
            .refused(
                method,
                json!({"ID": "x"}),
                (400, "", "The business process is not found."),
            )
            .await;
    }
    let text = "Invalid workflow instance ID (string expected)";
    setup
        .refused(
            "bizproc.workflow.terminate",
            json!({"ID": 5}),
            (400, WRONG_ID, text),
        )
        .await;

    for (method, ending) in [
        ("bizproc.workflow.terminate", Ending::Terminated),
        ("bizproc.workflow.kill", Ending::Killed),
    ] {
        let workflow = begin().await;
        let params = json!({"ID": workflow.id(), "STATUS": "stopped"});
        setup.ok(method, params.clone()).await;
        let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
        assert_eq!(done.ending, ending);
        let stopped = if ending == Ending::Killed {
            ""
        } else {
            "stopped"
        };
        assert_eq!(workflow.status(), stopped);
        let tasks = setup.result("bizproc.task.list", json!({})).await;
        assert_eq!(tasks, json!([]));
        // A kill deletes the data, so the second one finds nothing either.
        let gone = "The business process is not found.";
        setup.refused(method, params, (400, "", gone)).await;
    }
}

/// Starts sixty workflows, each for its own deal and user, and kills the first; their template and ids.
async fn start_sixty(setup: &Setup) -> (u64, Vec<String>) {
    let template = setup.portal.template(waiting()).unwrap();
    let mut ids = Vec::new();
    for number in 1..=60 {
        let deal = Document::deal(number);
        let start = setup.portal.start_workflow(template, deal);
        let workflow = start.user(u64::from(number)).await.unwrap();
        ids.push(workflow.id().to_owned());
        setup.portal.advance(Duration::from_secs(1));
    }
    setup.portal.workflow(&ids[0]).unwrap().kill();
    (template, ids)
}

#[tokio::test]
async fn instances_are_listed() {
    let setup = Setup::start().await;
    let (_, ids) = start_sixty(&setup).await;
    let (_, page) = setup.call(INSTANCES, json!({})).await;
    let rows = page["result"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &page["total"], &page["next"]),
        (50, &json!(59), &json!(50))
    );
    // The workflow that changed last comes first.
    assert_eq!(rows[0]["ID"], json!(ids[59]));
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["ID", "MODIFIED", "OWNED_UNTIL"]);
    assert!(rows[0]["OWNED_UNTIL"].is_null());
    assert!(rows[0]["MODIFIED"].as_str().unwrap().ends_with("+03:00"));
    setup.user(9).refused(INSTANCES, json!({}), DENIED).await;
}

#[tokio::test]
async fn instances_are_filtered_and_sorted() {
    let setup = Setup::start().await;
    let (template, _) = start_sixty(&setup).await;
    let list = async |filter: &Value| {
        let select = ["started_by", "DOCUMENT_ID", "unknown", "TEMPLATE_ID"];
        let params = json!({"Filter": filter, "select": select, "order": {"started_by": "asc"}});
        setup.call("bizproc.workflow.instance.list", params).await.1
    };
    let rows = setup.result(INSTANCES, json!({})).await;
    let middle = &rows[25]["MODIFIED"];
    let deal = json!({"DOCUMENT_ID": "DEAL_7", "MODULE_ID": "crm", "ENTITY": "CCrmDocumentDeal"});
    // Documented prefixes, unknown fields, and names in lower case.
    let ignored = json!({"=STARTED_BY": 2, "!=STARTED_BY": 2, "started_by": 2, "NONE": 1});
    for (filter, total) in [
        (json!({"STARTED_BY": 2}), 1),
        (json!({"STARTED_BY": [2, 3, 99]}), 2),
        (json!({"!STARTED_BY": 2}), 58),
        (json!({"<STARTED_BY": 4}), 2),
        (json!({"<=STARTED_BY": "4"}), 3),
        (json!({">STARTED_BY": 58}), 2),
        (json!({">=STARTED_BY": 58, "<STARTED_BY": 60}), 2),
        (deal, 1),
        (json!({">=MODIFIED": middle}), 26),
        (ignored, 59),
    ] {
        assert_eq!(list(&filter).await["total"], json!(total), "{filter}");
    }
    let found = list(&json!({"<STARTED_BY": 4})).await;
    let row = |user: &str, deal: &str| json!({"DOCUMENT_ID": deal, "STARTED_BY": user, "TEMPLATE_ID": template.to_string()});
    assert_eq!(
        found["result"],
        json!([row("2", "DEAL_2"), row("3", "DEAL_3")])
    );
}
