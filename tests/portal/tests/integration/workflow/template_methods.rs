use std::time::Duration;

use bizproc_portal::{Document, Ending, RestActivity, Step, Template};
use serde_json::{Value, json};

use crate::fixture::{DENIED, NO_APPLICATION, Refusal, Setup, TIMEOUT};

const ADD: &str = "bizproc.workflow.template.add";
const UPDATE: &str = "bizproc.workflow.template.update";
const DELETE: &str = "bizproc.workflow.template.delete";
const LIST: &str = "bizproc.workflow.template.list";

const DEAL: [&str; 3] = ["crm", "CCrmDocumentDeal", "DEAL"];

const fn invalid(text: &str) -> Refusal<'_> {
    (400, "ERROR_TEMPLATE_VALIDATION_FAILURE", text)
}

/// The parameters of a template that passes every check, with some changed.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every caller passes a fresh `json!`"
)]
fn template_with(changes: Value) -> Value {
    let mut params =
        json!({"DOCUMENT_TYPE": DEAL, "NAME": "n", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]});
    for (name, value) in changes.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

/// Parameters that are refused, by the first check that they fail.
#[rustfmt::skip]
fn wrong_templates() -> Vec<(Value, Refusal<'static>)> {
    let kind = invalid("Incorrect field DOCUMENT_TYPE!");
    let name = invalid("Empty template name!");
    let auto = invalid("Incorrect field AUTO_EXECUTE!");
    let data = invalid("Incorrect field TEMPLATE_DATA!");
    vec![
        (json!({}), kind),
        (json!({"DOCUMENT_TYPE": ["crm", "x"]}), kind),
        (json!({"DOCUMENT_TYPE": DEAL, "AUTO_EXECUTE": 9}), name),
        (json!({"DOCUMENT_TYPE": DEAL, "NAME": "0"}), name),
        (template_with(json!({"AUTO_EXECUTE": 3})), auto),
        (template_with(json!({"AUTO_EXECUTE": "4", "TEMPLATE_DATA": "x"})), auto),
        (template_with(json!({"TEMPLATE_DATA": null})), data),
        (template_with(json!({"TEMPLATE_DATA": "eJxLBAAAQgBC"})), data),
        (template_with(json!({"TEMPLATE_DATA": ["x.bpt", ""]})), data),
        (template_with(json!({"TEMPLATE_DATA": ["x.bpt", "no base64!"]})), data),
    ]
}

#[tokio::test]
async fn adding_a_template_is_checked_in_order() {
    let setup = Setup::start().await;
    let webhook = setup.webhook(9);
    webhook.refused(ADD, json!({}), NO_APPLICATION).await;
    setup.user(9).refused(ADD, json!({}), DENIED).await;
    for (params, refusal) in wrong_templates() {
        setup.refused(ADD, params, refusal).await;
    }
    let good = template_with(json!({"AUTO_EXECUTE": "3", "DESCRIPTION": "d"}));
    let id = setup.result(ADD, good).await;
    assert!(id.is_u64());
    let all = json!({"SELECT": ["NAME", "DESCRIPTION", "AUTO_EXECUTE", "SYSTEM_CODE", "DOCUMENT_TYPE", "IS_MODIFIED", "USER_ID", "TEMPLATE"]});
    assert_eq!(
        setup.result(LIST, all).await,
        json!([{"DOCUMENT_TYPE": "DEAL", "AUTO_EXECUTE": "3", "NAME": "n", "DESCRIPTION": "d", "TEMPLATE": [],
            "IS_MODIFIED": "N", "USER_ID": "1", "SYSTEM_CODE": "rest_app_1"}])
    );
    // The portal does not read the file of a template, so its workflow has no steps.
    setup.portal.create_document(Document::deal(5));
    let start = json!({"TEMPLATE_ID": id, "DOCUMENT_ID": ["crm", "CCrmDocumentDeal", "DEAL_5"]});
    let id = setup.result("bizproc.workflow.start", start).await;
    let workflow = setup.portal.workflow(id.as_str().unwrap()).unwrap();
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Completed);
}

#[tokio::test]
async fn a_template_belongs_to_its_application() {
    let setup = Setup::start().await;
    let (_, other) = setup.other_application().await;
    let id = setup.result(ADD, template_with(json!({}))).await;
    let designers = setup.portal.template(Template::new("designer's")).unwrap();
    let webhook = setup.webhook(9);
    let user = setup.user(9);
    for method in [UPDATE, DELETE] {
        webhook.refused(method, json!({}), NO_APPLICATION).await;
        user.refused(method, json!({}), DENIED).await;
        for unknown in [json!({}), json!({"ID": 99}), json!({"ID": "x"})] {
            let text = "Workflow template not found.";
            let missing = (400, "ERROR_TEMPLATE_NOT_FOUND", text);
            setup.refused(method, unknown, missing).await;
        }
    }
    for (client, foreign) in [(&other, &id), (&setup.client, &json!(designers))] {
        let params = json!({"ID": foreign});
        let text = "You can update ONLY templates created by current application";
        let not_owner = (400, "ERROR_TEMPLATE_NOT_OWNER", text);
        client.refused(UPDATE, &params, not_owner).await;
        let text = "You can delete ONLY templates created by current application";
        client.refused(DELETE, &params, (400, "", text)).await;
    }
}

#[tokio::test]
async fn a_template_is_changed_and_deleted() {
    let setup = Setup::start().await;
    let id = setup.result(ADD, template_with(json!({}))).await;
    let nothing = invalid("No fields to update.");
    for (fields, refusal) in [
        (json!(null), nothing),
        (json!({}), nothing),
        (json!({"UNKNOWN": 1, "NAME": null}), nothing),
        (json!({"NAME": ""}), invalid("Empty template name!")),
        (
            json!({"AUTO_EXECUTE": 1}),
            invalid("Incorrect field AUTO_EXECUTE!"),
        ),
        (
            json!({"TEMPLATE_DATA": "x"}),
            invalid("Incorrect field TEMPLATE_DATA!"),
        ),
    ] {
        let params = json!({"ID": id, "FIELDS": fields});
        setup.refused(UPDATE, params, refusal).await;
    }
    let fields = json!({"name": "new", "DESCRIPTION": "d", "AUTO_EXECUTE": "1", "TEMPLATE_DATA": ["x.bpt", "eJxLBAAAQgBC"]});
    let update = json!({"id": id, "fields": fields});
    assert_eq!(setup.result(UPDATE, update).await, id);
    let list = |filter: Value| {
        let params = json!({"SELECT": ["ID", "NAME"], "FILTER": filter});
        setup.call(LIST, params)
    };
    let found = list(json!({"NAME": "new", "AUTO_EXECUTE": 1})).await.1;
    assert_eq!(
        found["result"],
        json!([{"ID": id.to_string(), "NAME": "new"}])
    );
    let deleted = setup.result(DELETE, json!({"ID": id})).await;
    assert_eq!(deleted, json!(null));
    assert_eq!(list(json!({"NAME": "new"})).await.1["total"], json!(0));
}

#[tokio::test]
async fn templates_are_listed_with_their_steps_except_automation() {
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
    let (_, response) = setup.call(LIST, params).await;
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
    let rest = &root["Children"][0];
    let branch = &root["Children"][1];
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
    let default = setup.result(LIST, json!({})).await;
    assert_eq!(default, json!([{"ID": id.to_string()}]));
    let webhook = setup.webhook(1);
    assert_eq!(webhook.call(LIST, json!({})).await.0, 200);
}
