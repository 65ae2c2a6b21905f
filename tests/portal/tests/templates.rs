//! `bizproc.workflow.*` and `bizproc.workflow.template.*`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::Duration;

use bizproc_portal::{Document, Ending, RestActivity, Step, Task, Template, Workflow};
use common::{App, Client, PATIENCE, Stage, assert_refused};
use serde_json::{Value, json};

const WRONG_ID: &str = "ERROR_WRONG_WORKFLOW_ID";
const INVALID: &str = "ERROR_TEMPLATE_VALIDATION_FAILURE";
const DEAL: [&str; 3] = ["crm", "CCrmDocumentDeal", "DEAL"];

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
        let done = workflow.finished(Duration::ZERO).await.unwrap();
        assert_eq!(done.ending, ending);
        let stopped = if ending == Ending::Killed {
            ""
        } else {
            "stopped"
        };
        assert_eq!(workflow.status(), stopped);
        let tasks = result(&stage.client, "bizproc.task.list", json!({})).await;
        assert_eq!(tasks, json!([]));
        if ending == Ending::Terminated {
            let again = stage.client.call(method, params).await;
            assert_refused(
                &again,
                400,
                "",
                "The business process is not found.",
                "again",
            );
        }
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

fn file() -> Value {
    json!({"DOCUMENT_TYPE": DEAL, "NAME": "n", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]})
}

fn with(changes: Value) -> Value {
    let mut params = file();
    for (name, value) in changes.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

#[tokio::test]
async fn a_template_is_added_in_the_order_of_its_checks() {
    let stage = Stage::start().await;
    let add = "bizproc.workflow.template.add";
    let webhook = Client::new(stage.portal.webhook(1), None);
    let refused = webhook.call(add, json!({})).await;
    let text = "Access denied! Application context required";
    assert_refused(&refused, 403, "ACCESS_DENIED", text, "webhook");
    let user = stage.client_with(Some(stage.installation.token_of(9)));
    let refused = user.call(add, json!({})).await;
    assert_refused(&refused, 403, "ACCESS_DENIED", "Access denied!", "user");
    let (kind, name) = ("Incorrect field DOCUMENT_TYPE!", "Empty template name!");
    let (auto, data) = (
        "Incorrect field AUTO_EXECUTE!",
        "Incorrect field TEMPLATE_DATA!",
    );
    for (params, text) in [
        (json!({}), kind),
        (json!({"DOCUMENT_TYPE": ["crm", "x"]}), kind),
        (json!({"DOCUMENT_TYPE": DEAL, "AUTO_EXECUTE": 9}), name),
        (json!({"DOCUMENT_TYPE": DEAL, "NAME": "0"}), name),
        (with(json!({"AUTO_EXECUTE": 3})), auto),
        (
            with(json!({"AUTO_EXECUTE": "4", "TEMPLATE_DATA": "x"})),
            auto,
        ),
        (with(json!({"TEMPLATE_DATA": null})), data),
        (with(json!({"TEMPLATE_DATA": "eJxLBAAAQgBC"})), data),
        (with(json!({"TEMPLATE_DATA": ["x.bpt", ""]})), data),
        (
            with(json!({"TEMPLATE_DATA": ["x.bpt", "no base64!"]})),
            data,
        ),
    ] {
        let answer = stage.client.call(add, params.clone()).await;
        assert_refused(&answer, 400, INVALID, text, &params.to_string());
    }
    let id = result(
        &stage.client,
        add,
        with(json!({"AUTO_EXECUTE": "3", "DESCRIPTION": "d"})),
    )
    .await;
    assert!(id.is_u64());
    let all = json!({"SELECT": ["NAME", "DESCRIPTION", "AUTO_EXECUTE", "SYSTEM_CODE", "DOCUMENT_TYPE", "IS_MODIFIED", "USER_ID", "TEMPLATE"]});
    assert_eq!(
        result(&stage.client, "bizproc.workflow.template.list", all).await,
        json!([{"DOCUMENT_TYPE": "DEAL", "AUTO_EXECUTE": "3", "NAME": "n", "DESCRIPTION": "d", "TEMPLATE": [],
            "IS_MODIFIED": "N", "USER_ID": "1", "SYSTEM_CODE": "rest_app_1"}])
    );
    // What is in its file the portal does not read: its workflow has no steps.
    stage.portal.create_document(Document::deal(5));
    let start = json!({"TEMPLATE_ID": id, "DOCUMENT_ID": ["crm", "CCrmDocumentDeal", "DEAL_5"]});
    let id = result(&stage.client, "bizproc.workflow.start", start).await;
    let workflow = stage.portal.workflow(id.as_str().unwrap()).unwrap();
    let done = workflow.finished(PATIENCE).await.unwrap();
    assert_eq!(done.ending, Ending::Completed);
}

#[tokio::test]
async fn a_template_is_changed_and_deleted_by_its_application() {
    let stage = Stage::start().await;
    let other_app = App::start().await;
    let other = stage.portal.install(&format!("{}/e", other_app.url)).await;
    let other = stage.client_with(Some(other.unwrap().access_token()));
    let id = result(&stage.client, "bizproc.workflow.template.add", file()).await;
    let own = stage.portal.template(Template::new("designer's")).unwrap();
    let update = "bizproc.workflow.template.update";
    let delete = "bizproc.workflow.template.delete";
    let webhook = Client::new(stage.portal.webhook(1), None);
    let user = stage.client_with(Some(stage.installation.token_of(9)));
    for method in [update, delete] {
        let refused = webhook.call(method, json!({})).await;
        let text = "Access denied! Application context required";
        assert_refused(&refused, 403, "ACCESS_DENIED", text, method);
        let refused = user.call(method, json!({})).await;
        assert_refused(&refused, 403, "ACCESS_DENIED", "Access denied!", method);
        for unknown in [json!({}), json!({"ID": 99}), json!({"ID": "x"})] {
            let refused = stage.client.call(method, unknown).await;
            let text = "Workflow template not found.";
            assert_refused(&refused, 400, "ERROR_TEMPLATE_NOT_FOUND", text, method);
        }
    }
    for (client, foreign) in [(&other, &id), (&stage.client, &json!(own))] {
        let refused = client.call(update, json!({"ID": foreign})).await;
        let text = "You can update ONLY templates created by current application";
        assert_refused(&refused, 400, "ERROR_TEMPLATE_NOT_OWNER", text, "update");
        let refused = client.call(delete, json!({"ID": foreign})).await;
        let text = "You can delete ONLY templates created by current application";
        assert_refused(&refused, 400, "", text, "delete");
    }
    for (fields, text) in [
        (json!(null), "No fields to update."),
        (json!({}), "No fields to update."),
        (json!({"UNKNOWN": 1, "NAME": null}), "No fields to update."),
        (json!({"NAME": ""}), "Empty template name!"),
        (json!({"AUTO_EXECUTE": 1}), "Incorrect field AUTO_EXECUTE!"),
        (
            json!({"TEMPLATE_DATA": "x"}),
            "Incorrect field TEMPLATE_DATA!",
        ),
    ] {
        let refused = stage
            .client
            .call(update, json!({"ID": id, "FIELDS": fields}))
            .await;
        assert_refused(&refused, 400, INVALID, text, &fields.to_string());
    }
    let fields = json!({"name": "new", "DESCRIPTION": "d", "AUTO_EXECUTE": "1", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]});
    let updated = result(&stage.client, update, json!({"id": id, "fields": fields})).await;
    assert_eq!(updated, id);
    let list = |filter: Value| {
        let params = json!({"SELECT": ["ID", "NAME"], "FILTER": filter});
        stage.client.call("bizproc.workflow.template.list", params)
    };
    let found = list(json!({"NAME": "new", "AUTO_EXECUTE": 1})).await.1;
    assert_eq!(
        found["result"],
        json!([{"ID": id.to_string(), "NAME": "new"}])
    );
    assert_eq!(
        result(&stage.client, delete, json!({"ID": id})).await,
        json!(null)
    );
    assert_eq!(list(json!({"NAME": "new"})).await.1["total"], json!(0));
}

#[tokio::test]
async fn templates_are_listed_with_their_steps_but_for_robots() {
    let stage = Stage::start().await;
    stage.robot("r", json!({})).await;
    let robots = Template::new("stage").step(Step::log("x")).automation();
    stage.portal.template(robots).unwrap();
    stage.portal.run("r", json!({})).await.unwrap();
    let template = Template::new("t")
        .description("d")
        .parameter("p", "1")
        .variable("v", "2")
        .constant("c", "3")
        .step(RestActivity::new("r", json!({"in": "x"})).named("A1"))
        .step(Step::if_filled(
            "x",
            vec![Step::Pause(Duration::from_secs(60))],
        ));
    let id = stage.portal.template(template).unwrap();
    let params = json!({"SELECT": ["ID", "TEMPLATE", "PARAMETERS", "VARIABLES", "CONSTANTS", "SYSTEM_CODE", "MODULE_ID"]});
    let (_, answer) = stage
        .client
        .call("bizproc.workflow.template.list", params)
        .await;
    assert_eq!(answer["total"], json!(1));
    let row = &answer["result"][0];
    let property = |name: &str, default: &str| json!({name: {"Name": name, "Type": "string", "Default": default}});
    assert_eq!(row["ID"], json!(id.to_string()));
    assert_eq!(row["PARAMETERS"], property("p", "1"));
    assert_eq!(row["VARIABLES"], property("v", "2"));
    assert_eq!(row["CONSTANTS"], property("c", "3"));
    assert!(row["SYSTEM_CODE"].is_null());
    let root = &row["TEMPLATE"][0];
    assert_eq!(root["Type"], json!("SequentialWorkflowActivity"));
    let steps = root["Children"].as_array().unwrap();
    let types: Vec<_> = steps
        .iter()
        .map(|step| step["Type"].as_str().unwrap())
        .collect();
    // What links a step to its registration: the application and the code, hashed.
    assert!(
        types[0].starts_with("rest_") && types[0].len() == 37,
        "{types:?}"
    );
    assert_eq!(types[1..], ["IfElseActivity", "DelayActivity"]);
    assert_eq!(
        (&steps[0]["Name"], &steps[0]["Properties"]),
        (&json!("A1"), &json!({"in": "x"}))
    );
    assert_eq!(steps[2]["Properties"], json!({"TimeoutDuration": 60}));
    let default = result(&stage.client, "bizproc.workflow.template.list", json!({})).await;
    assert_eq!(default, json!([{"ID": id.to_string()}]));
    let webhook = Client::new(stage.portal.webhook(1), None);
    assert_eq!(
        webhook
            .call("bizproc.workflow.template.list", json!({}))
            .await
            .0,
        200
    );
}
