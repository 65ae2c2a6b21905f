use std::time::Duration;

use bizproc_portal::{Document, Ending, Step, Task, Template, Workflow};
use serde_json::{Value, json};

use crate::fixture::{Client, Stage, assert_refused};

const WRONG_ID: &str = "ERROR_WRONG_WORKFLOW_ID";

async fn result(client: &Client, method: &str, params: Value) -> Value {
    let (status, answer) = client.call(method, params.clone()).await;
    assert_eq!(status, 200, "{method} {params}: {answer}");
    answer["result"].clone()
}

/// A template for deals that waits for an hour.
fn waiting() -> Template {
    Template::new("waits")
        .parameter("who", "nobody")
        .step(Step::log("{=Template:who} {=User:ID}"))
        .step(Step::Pause(Duration::from_hours(1)))
}

#[tokio::test]
async fn a_workflow_is_started() {
    let stage = Stage::start().await;
    let template = stage.portal.template(waiting()).unwrap();
    stage.portal.create_document(Document::deal(5));
    stage.portal.create_document(Document::lead(5));
    let deal = json!(["crm", "CCrmDocumentDeal", "DEAL_5"]);
    let lead = json!(["crm", "CCrmDocumentLead", "LEAD_5"]);
    let start = |params: Value| stage.client.call("bizproc.workflow.start", params);
    let mismatch = "Template type and DOCUMENT_ID mismatch!";
    for (params, code, text) in [
        (json!({}), WRONG_ID, "Empty TEMPLATE_ID"),
        (json!({"TEMPLATE_ID": "0"}), WRONG_ID, "Empty TEMPLATE_ID"),
        (json!({"TEMPLATE_ID": 99}), WRONG_ID, "Template not found"),
        (json!({"TEMPLATE_ID": template}), "", "Wrong DOCUMENT_ID!"),
        (
            json!({"TEMPLATE_ID": template, "DOCUMENT_ID": "DEAL_5"}),
            "",
            "Wrong DOCUMENT_ID!",
        ),
        (
            json!({"TEMPLATE_ID": template, "DOCUMENT_ID": ["crm", "", "DEAL_5"]}),
            "",
            "Wrong DOCUMENT_ID!",
        ),
        (
            json!({"TEMPLATE_ID": template, "DOCUMENT_ID": ["crm", "x", "DEAL_5"]}),
            "",
            "Incorrect document type!",
        ),
        (
            json!({"TEMPLATE_ID": template, "DOCUMENT_ID": lead}),
            "",
            mismatch,
        ),
    ] {
        assert_refused(
            &start(params.clone()).await,
            400,
            code,
            text,
            &params.to_string(),
        );
    }
    let user = stage.client_with(Some(stage.installation.token_of(9)));
    let good = json!({"template_id": template, "document_id": deal, "parameters": {"who": "Ann"}});
    let refused = user.call("bizproc.workflow.start", good.clone()).await;
    assert_refused(&refused, 403, "ACCESS_DENIED", "Access denied!", "user");

    let id = result(&stage.client, "bizproc.workflow.start", good).await;
    let workflow = stage.portal.workflow(id.as_str().unwrap()).unwrap();
    assert_eq!(workflow.log(), ["Ann user_1"]);

    let failing = Template::new("fails").step(Step::Fail("boom".to_owned()));
    let failing = stage.portal.template(failing).unwrap();
    let answer = start(json!({"TEMPLATE_ID": failing, "DOCUMENT_ID": deal})).await;
    assert_refused(&answer, 400, "", "boom", "a step that fails at once");
}

#[tokio::test]
async fn a_workflow_is_terminated_or_killed() {
    let stage = Stage::start().await;
    let task = Task::review("Look", [1]);
    let template = stage
        .portal
        .template(Template::new("t").step(task))
        .unwrap();
    let begin = || async {
        let begun = stage.portal.start_workflow(template, Document::deal(5));
        begun.await.unwrap()
    };
    let user = stage.client_with(Some(stage.installation.token_of(9)));
    for method in ["bizproc.workflow.terminate", "bizproc.workflow.kill"] {
        let refused = user.call(method, json!({})).await;
        assert_refused(&refused, 403, "ACCESS_DENIED", "Access denied!", method);
        for empty in [json!({}), json!({"ID": ""}), json!({"ID": 0})] {
            let refused = stage.client.call(method, empty).await;
            assert_refused(
                &refused,
                400,
                WRONG_ID,
                "Empty workflow instance ID",
                method,
            );
        }
        let unknown = stage.client.call(method, json!({"ID": "x"})).await;
        assert_refused(
            &unknown,
            400,
            "",
            "The business process is not found.",
            method,
        );
    }
    let number = stage
        .client
        .call("bizproc.workflow.terminate", json!({"ID": 5}))
        .await;
    let text = "Invalid workflow instance ID (string expected)";
    assert_refused(&number, 400, WRONG_ID, text, "number");

    for (method, ending) in [
        ("bizproc.workflow.terminate", Ending::Terminated),
        ("bizproc.workflow.kill", Ending::Killed),
    ] {
        let workflow = begin().await;
        let params = json!({"ID": workflow.id(), "STATUS": "stopped"});
        stage.client.ok(method, params.clone()).await;
        let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
        assert_eq!(done.ending, ending);
        let stopped = if ending == Ending::Killed {
            ""
        } else {
            "stopped"
        };
        assert_eq!(workflow.status(), stopped);
        let tasks = result(&stage.client, "bizproc.task.list", json!({})).await;
        assert_eq!(tasks, json!([]));
        // A kill takes the data along, so the second one finds nothing either.
        let again = stage.client.call(method, params).await;
        let gone = "The business process is not found.";
        assert_refused(&again, 400, "", gone, method);
    }
}

#[tokio::test]
async fn instances_are_listed() {
    let stage = Stage::start().await;
    let template = stage.portal.template(waiting()).unwrap();
    let mut ids = Vec::new();
    for number in 1..=60 {
        let begun = stage
            .portal
            .start_workflow(template, Document::deal(number));
        let workflow: Workflow = begun.user(u64::from(number)).await.unwrap();
        ids.push(workflow.id().to_owned());
        stage.portal.advance(Duration::from_secs(1));
    }
    stage.portal.workflow(&ids[0]).unwrap().kill();
    let method = "bizproc.workflow.instances";
    let (_, page) = stage.client.call(method, json!({})).await;
    let rows = page["result"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &page["total"], &page["next"]),
        (50, &json!(59), &json!(50))
    );
    // The last one that changed comes first.
    assert_eq!(rows[0]["ID"], json!(ids[59]));
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["ID", "MODIFIED", "OWNED_UNTIL"]);
    assert!(rows[0]["OWNED_UNTIL"].is_null());
    assert!(rows[0]["MODIFIED"].as_str().unwrap().ends_with("+03:00"));

    let count = |filter: Value| {
        let params = json!({"Filter": filter, "select": ["started_by", "DOCUMENT_ID", "unknown", "TEMPLATE_ID"], "order": {"started_by": "asc"}});
        stage.client.call("bizproc.workflow.instance.list", params)
    };
    let middle = rows[25]["MODIFIED"].clone();
    for (filter, total) in [
        (json!({"STARTED_BY": 2}), 1),
        (json!({"STARTED_BY": [2, 3, 99]}), 2),
        (json!({"!STARTED_BY": 2}), 58),
        (json!({"<STARTED_BY": 4}), 2),
        (json!({"<=STARTED_BY": "4"}), 3),
        (json!({">STARTED_BY": 58}), 2),
        (json!({">=STARTED_BY": 58, "<STARTED_BY": 60}), 2),
        (
            json!({"DOCUMENT_ID": "DEAL_7", "MODULE_ID": "crm", "ENTITY": "CCrmDocumentDeal"}),
            1,
        ),
        (json!({">=MODIFIED": middle}), 26),
        // These say nothing: documented prefixes, unknown fields, names in lower case.
        (
            json!({"=STARTED_BY": 2, "!=STARTED_BY": 2, "started_by": 2, "NONE": 1}),
            59,
        ),
    ] {
        let (_, found) = count(filter.clone()).await;
        assert_eq!(found["total"], json!(total), "{filter}");
    }
    let (_, found) = count(json!({"<STARTED_BY": 4})).await;
    let row = |user: &str, deal: &str| json!({"DOCUMENT_ID": deal, "STARTED_BY": user, "TEMPLATE_ID": template.to_string()});
    assert_eq!(
        found["result"],
        json!([row("2", "DEAL_2"), row("3", "DEAL_3")])
    );

    let user = stage.client_with(Some(stage.installation.token_of(9)));
    let refused = user.call(method, json!({})).await;
    assert_refused(&refused, 403, "ACCESS_DENIED", "Access denied!", "user");
}
