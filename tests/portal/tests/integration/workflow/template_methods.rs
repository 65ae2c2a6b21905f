use std::time::Duration;

use bizproc_portal::{Document, Ending, RestActivity, Step, Template};
use serde_json::{Value, json};

use crate::fixture::{DENIED, RecordingApp, Setup, TIMEOUT};

const INVALID: &str = "ERROR_TEMPLATE_VALIDATION_FAILURE";
const DEAL: [&str; 3] = ["crm", "CCrmDocumentDeal", "DEAL"];

fn file() -> Value {
    json!({"DOCUMENT_TYPE": DEAL, "NAME": "n", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]})
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is given a fresh `json!` everywhere"
)]
fn template_params(changes: Value) -> Value {
    let mut params = file();
    for (name, value) in changes.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

#[tokio::test]
async fn a_template_is_added_in_the_order_of_its_checks() {
    let setup = Setup::start().await;
    let add = "bizproc.workflow.template.add";
    let webhook = setup.webhook(9);
    let text = "Access denied! Application context required";
    webhook
        .refused(add, json!({}), (403, "ACCESS_DENIED", text))
        .await;
    let user = setup.user(9);
    user.refused(add, json!({}), DENIED).await;
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
        (template_params(json!({"AUTO_EXECUTE": 3})), auto),
        (
            template_params(json!({"AUTO_EXECUTE": "4", "TEMPLATE_DATA": "x"})),
            auto,
        ),
        (template_params(json!({"TEMPLATE_DATA": null})), data),
        (
            template_params(json!({"TEMPLATE_DATA": "eJxLBAAAQgBC"})),
            data,
        ),
        (
            template_params(json!({"TEMPLATE_DATA": ["x.bpt", ""]})),
            data,
        ),
        (
            template_params(json!({"TEMPLATE_DATA": ["x.bpt", "no base64!"]})),
            data,
        ),
    ] {
        setup.refused(add, params, (400, INVALID, text)).await;
    }
    let id = setup
        .result(
            add,
            template_params(json!({"AUTO_EXECUTE": "3", "DESCRIPTION": "d"})),
        )
        .await;
    assert!(id.is_u64());
    let all = json!({"SELECT": ["NAME", "DESCRIPTION", "AUTO_EXECUTE", "SYSTEM_CODE", "DOCUMENT_TYPE", "IS_MODIFIED", "USER_ID", "TEMPLATE"]});
    assert_eq!(
        setup.result("bizproc.workflow.template.list", all).await,
        json!([{"DOCUMENT_TYPE": "DEAL", "AUTO_EXECUTE": "3", "NAME": "n", "DESCRIPTION": "d", "TEMPLATE": [],
            "IS_MODIFIED": "N", "USER_ID": "1", "SYSTEM_CODE": "rest_app_1"}])
    );
    // What is in its file the portal does not read: its workflow has no steps.
    setup.portal.create_document(Document::deal(5));
    let start = json!({"TEMPLATE_ID": id, "DOCUMENT_ID": ["crm", "CCrmDocumentDeal", "DEAL_5"]});
    let id = setup.result("bizproc.workflow.start", start).await;
    let workflow = setup.portal.workflow(id.as_str().unwrap()).unwrap();
    let done = workflow.finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Completed);
}

#[tokio::test]
async fn a_template_is_changed_and_deleted_by_its_application() {
    let setup = Setup::start().await;
    let other_app = RecordingApp::start().await;
    let other = setup.portal.install(&format!("{}/e", other_app.url)).await;
    let other = setup.client_with(Some(other.unwrap().access_token()));
    let id = setup.result("bizproc.workflow.template.add", file()).await;
    let own = setup.portal.template(Template::new("designer's")).unwrap();
    let update = "bizproc.workflow.template.update";
    let delete = "bizproc.workflow.template.delete";
    let webhook = setup.webhook(9);
    let user = setup.user(9);
    for method in [update, delete] {
        let text = "Access denied! Application context required";
        webhook
            .refused(method, json!({}), (403, "ACCESS_DENIED", text))
            .await;
        user.refused(method, json!({}), DENIED).await;
        for unknown in [json!({}), json!({"ID": 99}), json!({"ID": "x"})] {
            let text = "Workflow template not found.";
            setup
                .refused(method, unknown, (400, "ERROR_TEMPLATE_NOT_FOUND", text))
                .await;
        }
    }
    for (client, foreign) in [(&other, &id), (&setup.client, &json!(own))] {
        let text = "You can update ONLY templates created by current application";
        client
            .refused(
                update,
                json!({"ID": foreign}),
                (400, "ERROR_TEMPLATE_NOT_OWNER", text),
            )
            .await;
        let text = "You can delete ONLY templates created by current application";
        client
            .refused(delete, json!({"ID": foreign}), (400, "", text))
            .await;
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
        setup
            .refused(
                update,
                json!({"ID": id, "FIELDS": fields}),
                (400, INVALID, text),
            )
            .await;
    }
    let fields = json!({"name": "new", "DESCRIPTION": "d", "AUTO_EXECUTE": "1", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]});
    let updated = setup
        .result(update, json!({"id": id, "fields": fields}))
        .await;
    assert_eq!(updated, id);
    let list = |filter: Value| {
        let params = json!({"SELECT": ["ID", "NAME"], "FILTER": filter});
        setup.call("bizproc.workflow.template.list", params)
    };
    let found = list(json!({"NAME": "new", "AUTO_EXECUTE": 1})).await.1;
    assert_eq!(
        found["result"],
        json!([{"ID": id.to_string(), "NAME": "new"}])
    );
    assert_eq!(setup.result(delete, json!({"ID": id})).await, json!(null));
    assert_eq!(list(json!({"NAME": "new"})).await.1["total"], json!(0));
}

#[tokio::test]
async fn templates_are_listed_with_their_steps_but_for_robots() {
    let setup = Setup::start_with_robot().await;
    let robots = Template::new("stage").step(Step::log("x")).automation();
    setup.portal.template(robots).unwrap();
    setup.portal.run("r", json!({})).await.unwrap();
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
    let id = setup.portal.template(template).unwrap();
    let params = json!({"SELECT": ["ID", "TEMPLATE", "PARAMETERS", "VARIABLES", "CONSTANTS", "SYSTEM_CODE", "MODULE_ID"]});
    let (_, response) = setup.call("bizproc.workflow.template.list", params).await;
    assert_eq!(response["total"], json!(1));
    let row = &response["result"][0];
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
    let link = md5::compute(format!("{}@r", setup.installation.client_id()));
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
    let default = setup
        .result("bizproc.workflow.template.list", json!({}))
        .await;
    assert_eq!(default, json!([{"ID": id.to_string()}]));
    let webhook = setup.webhook(1);
    assert_eq!(
        webhook
            .call("bizproc.workflow.template.list", json!({}))
            .await
            .0,
        200
    );
}
