use bizproc_portal::Platform;
use serde_json::json;

use crate::fixture::{DENIED, NOWHERE, Setup, TIMEOUT};

#[tokio::test]
async fn an_application_is_asked_for_before_an_administrator() {
    let setup = Setup::start().await;
    // Neither an application nor an administrator.
    let webhook = setup.webhook(4);
    let user = setup.user(4);
    let wrong =
        json!({"CODE": "", "HANDLER": "", "NAME": "", "PROPERTIES": "x", "USE_PLACEMENT": "Y"});
    for kind in ["robot", "activity", "provider"] {
        for deed in ["add", "update", "list", "delete"] {
            let method = format!("bizproc.{kind}.{deed}");
            if method == "bizproc.provider.update" {
                continue;
            }
            let text = "Access denied! Application context required";
            webhook
                .refused(&method, &wrong, (403, "ACCESS_DENIED", text))
                .await;
            user.refused(&method, &wrong, DENIED).await;
        }
    }
}

#[tokio::test]
async fn a_code_is_its_applications_own() {
    let setup = Setup::start_with_robot().await;
    let (_, stranger) = setup.other_application().await;
    for (method, params) in [
        (
            "bizproc.robot.update",
            json!({"CODE": "r", "FIELDS": {"NAME": "x"}}),
        ),
        ("bizproc.robot.delete", json!({"CODE": "r"})),
    ] {
        let text = "Activity or Robot not found!";
        stranger
            .refused(method, params, (400, "ERROR_ACTIVITY_NOT_FOUND", text))
            .await;
    }
    assert_eq!(setup.portal.robots()[0].fields["NAME"], json!({"*": "r"}));
    // Both may have one of this code.
    let own = json!({"CODE": "r", "HANDLER": NOWHERE, "NAME": "other"});
    stranger.ok("bizproc.robot.add", own).await;
    assert_eq!(setup.portal.robots().len(), 2);
}

#[tokio::test]
async fn whoever_has_a_good_token_may_reply() {
    for platform in [Platform::v26(), Platform::v24(), Platform::v21()] {
        let setup = Setup::with(bizproc_portal::Portal::builder().platform(platform)).await;
        setup.robot("r", json!({})).await;
        let (workflow, call) = setup.run("r", json!({})).await;
        let token = call["event_token"].clone();
        let (_, stranger) = setup.other_application().await;
        let forged = json!({"EVENT_TOKEN": format!("{}0", token.as_str().unwrap())});
        for method in ["bizproc.event.send", "bizproc.activity.log"] {
            stranger.refused(method, &forged, DENIED).await;
        }
        stranger
            .ok("bizproc.event.send", json!({"EVENT_TOKEN": token}))
            .await;
        workflow.finished(TIMEOUT).await.unwrap();
    }
}
