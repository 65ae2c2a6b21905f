use bizproc_portal::{Edition, Portal, RatePlan};
use serde_json::{Value, json};

use crate::fixture::Stage;

#[tokio::test]
async fn a_method_that_the_plan_lacks_does_not_exist() {
    let automation = [
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
    let workflows = [
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
    let feature = |name: &'static str| Portal::builder().features([name]);
    for (builder, robots, activities) in [
        (Portal::builder(), true, true),
        (feature("crm_automation_lead"), true, false),
        (feature("crm_automation_deal"), true, false),
        (feature("crm_automation_order"), true, false),
        (feature("tasks_automation"), true, false),
        (feature("other"), false, false),
        (feature("other").edition(Edition::SelfHosted), true, true),
    ] {
        let stage = Stage::with(builder.rate_plan(RatePlan::Off)).await;
        for (names, there) in [(&automation[..], robots), (&workflows, activities)] {
            for name in names {
                let answer = stage
                    .client
                    .call("method.get", json!({"name": name}))
                    .await
                    .1;
                assert_eq!(
                    answer["result"],
                    json!({"isExisting": there, "isAvailable": there}),
                    "{name}"
                );
                let (status, answer) = stage.client_with(None).call(name, json!({})).await;
                let expected = if there {
                    (401, "NO_AUTH_FOUND")
                } else {
                    (404, "ERROR_METHOD_NOT_FOUND")
                };
                assert_eq!(
                    (status, answer["error"].as_str().unwrap()),
                    expected,
                    "{name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_portal_tells_about_itself() {
    let builder = Portal::builder()
        .scope(["bizproc", "user_basic"])
        .rate_plan(RatePlan::Enterprise);
    let stage = Stage::with(builder.user_offset(3600)).await;
    let get = async |method: &str, params: Value| {
        stage.client.call(method, params).await.1["result"].clone()
    };

    let info = get("app.info", json!({})).await;
    assert_eq!(
        info,
        json!({
            "ID": 1, "CODE": stage.installation.client_id(), "VERSION": 1, "STATUS": "L", "INSTALLED": true,
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
    let other = stage.client_with(Some(stage.installation.token_of(4)));
    assert_eq!(
        other.call("profile", json!({})).await.1["result"]["ADMIN"],
        json!(false)
    );
    let card = other.call("user.current", json!({})).await.1["result"].clone();
    assert_eq!((&card["ID"], &card["ACTIVE"]), (&json!("4"), &json!(true)));
}
