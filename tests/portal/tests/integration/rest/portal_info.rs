use bizproc_portal::{Edition, Portal, RatePlan};
use serde_json::{Value, json};

use crate::fixture::{Client, NO_METHOD, NO_TOKEN, Setup};

const AUTOMATION_METHODS: [&str; 9] = [
    "bizproc.robot.update",
    "bizproc.robot.list",
    "bizproc.robot.delete",
    "bizproc.provider.add",
    "bizproc.provider.delete",
    "bizproc.provider.list",
    "bizproc.robot.add",
    "bizproc.event.send",
    "bizproc.activity.log",
];

const WORKFLOW_METHODS: [&str; 15] = [
    "bizproc.activity.add",
    "bizproc.activity.list",
    "bizproc.activity.update",
    "bizproc.activity.delete",
    "bizproc.workflow.start",
    "bizproc.workflow.terminate",
    "bizproc.workflow.kill",
    "bizproc.workflow.instances",
    "bizproc.workflow.template.add",
    "bizproc.workflow.template.update",
    "bizproc.workflow.template.delete",
    "bizproc.workflow.template.list",
    "bizproc.task.list",
    "bizproc.task.complete",
    "bizproc.task.delegate",
];

async fn assert_exists(setup: &Setup, anonymous: &Client, method: &str, exists: bool) {
    let found = setup.result("method.get", json!({"name": method})).await;
    let expected = json!({"isExisting": exists, "isAvailable": exists});
    assert_eq!(found, expected, "{method}");
    let refusal = if exists { NO_TOKEN } else { NO_METHOD };
    anonymous.refused(method, json!({}), refusal).await;
}

#[tokio::test]
async fn a_method_that_the_plan_lacks_does_not_exist() {
    let feature = |name: &'static str| Portal::builder().features([name]);
    for (builder, has_robots, has_activities) in [
        (Portal::builder(), true, true),
        (feature("crm_automation_lead"), true, false),
        (feature("crm_automation_deal"), true, false),
        (feature("crm_automation_order"), true, false),
        (feature("tasks_automation"), true, false),
        (feature("other"), false, false),
        (feature("other").edition(Edition::SelfHosted), true, true),
    ] {
        let setup = Setup::with(builder.rate_plan(RatePlan::Off)).await;
        let anonymous = setup.anonymous();
        for method in AUTOMATION_METHODS {
            assert_exists(&setup, &anonymous, method, has_robots).await;
        }
        for method in WORKFLOW_METHODS {
            assert_exists(&setup, &anonymous, method, has_activities).await;
        }
    }
}

#[tokio::test]
async fn info_methods_describe_the_portal() {
    let builder = Portal::builder()
        .scope(["bizproc", "user_basic"])
        .rate_plan(RatePlan::Enterprise);
    let setup = Setup::with(builder.user_offset(3600)).await;
    let get =
        async |method: &str, params: Value| setup.call(method, params).await.1["result"].clone();

    let info = get("app.info", json!({})).await;
    assert_eq!(
        info,
        json!({
            "ID": 1, "CODE": setup.installation.client_id(), "VERSION": 1, "STATUS": "L", "INSTALLED": true,
            "PAYMENT_EXPIRED": "N", "DAYS": null, "LANGUAGE_ID": "en", "LICENSE": "en_ent10000",
            "LICENSE_TYPE": "ent10000", "LICENSE_FAMILY": "ent",
        })
    );
    assert_eq!(
        get("scope", json!({})).await,
        json!(["bizproc", "user_basic"])
    );
    let full = get("scope", json!({"full": true})).await;
    assert!(full.as_array().unwrap().len() > 2, "{full}");

    let methods = get("methods", json!({})).await;
    let has = |name: &str| methods.as_array().unwrap().contains(&json!(name));
    assert!(has("batch") && has("bizproc.robot.add") && has("user.current"));
    let common = get("methods", json!({"scope": ""})).await;
    assert!(common.as_array().unwrap().contains(&json!("app.info")));
    assert!(
        !common
            .as_array()
            .unwrap()
            .contains(&json!("bizproc.robot.add"))
    );

    let time = get("server.time", json!({})).await;
    assert!(time.as_str().unwrap().ends_with("+03:00"), "{time}");
    assert_eq!(
        get("profile", json!({})).await,
        json!({
            "ID": "1", "ADMIN": true, "NAME": "Anna", "LAST_NAME": "Administrator", "PERSONAL_GENDER": "",
            "TIME_ZONE": "", "TIME_ZONE_OFFSET": 3600,
        })
    );
    let other = setup.user(4);
    assert_eq!(
        other.call("profile", json!({})).await.1["result"]["ADMIN"],
        json!(false)
    );
    let card = other.call("user.current", json!({})).await.1["result"].clone();
    assert_eq!((&card["ID"], &card["ACTIVE"]), (&json!("4"), &json!(true)));
}
