use std::time::Duration;

use bizproc_portal::{Document, Ending, RestActivity, Step, Template};
use serde_json::{Value, json};

use crate::fixture::{App, Client, PATIENCE, Stage, assert_refused};

const INVALID: &str = "ERROR_TEMPLATE_VALIDATION_FAILURE";
const DEAL: [&str; 3] = ["crm", "CCrmDocumentDeal", "DEAL"];

async fn result(client: &Client, method: &str, params: Value) -> Value {
    let (status, answer) = client.call(method, params.clone()).await;
    assert_eq!(status, 200, "{method} {params}: {answer}");
    answer["result"].clone()
}

fn file() -> Value {
    json!({"DOCUMENT_TYPE": DEAL, "NAME": "n", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]})
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is given a fresh `json!` everywhere"
)]
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
    let webhook = Client::new(stage.portal.webhook(9), None);
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
    let done = workflow.wait_finished(PATIENCE).await.unwrap();
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
    let webhook = Client::new(stage.portal.webhook(9), None);
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
            vec![Step::Pause(Duration::from_mins(1))],
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
    let (rest, branch) = (&root["Children"][0], &root["Children"][1]);
    // What links a step to its registration: the application and the code, hashed.
    let link = md5::compute(format!("{}@r", stage.installation.client_id()));
    assert_eq!(rest["Type"], json!(format!("rest_{link:x}")));
    assert_eq!(
        (&rest["Name"], &rest["Properties"]),
        (&json!("A1"), &json!({"in": "x"}))
    );
    assert_eq!(branch["Type"], json!("IfElseActivity"));
    let pause = &branch["Children"][0]["Children"][0];
    assert_eq!(
        (&pause["Type"], &pause["Properties"]),
        (&json!("DelayActivity"), &json!({"TimeoutDuration": 60}))
    );
    assert_eq!(branch["Children"][1]["Children"], json!([]));
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
