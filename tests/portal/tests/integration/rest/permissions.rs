use bizproc_portal::{Platform, Portal};
use serde_json::json;

use crate::fixture::{DENIED, NO_APPLICATION, NOWHERE, Setup, TIMEOUT, UNKNOWN_CODE};

#[tokio::test]
async fn application_context_is_checked_before_administrator_rights() {
    let setup = Setup::start().await;
    // Neither an application nor an administrator.
    let webhook = setup.webhook(4);
    let user = setup.user(4);
    let wrong =
        json!({"CODE": "", "HANDLER": "", "NAME": "", "PROPERTIES": "x", "USE_PLACEMENT": "Y"});
    for kind in ["robot", "activity", "provider"] {
        for action in ["add", "update", "list", "delete"] {
            let method = format!("bizproc.{kind}.{action}");
            if method == "bizproc.provider.update" {
                continue;
            }
            webhook.refused(&method, &wrong, NO_APPLICATION).await;
            user.refused(&method, &wrong, DENIED).await;
        }
    }
}

#[tokio::test]
async fn each_application_has_its_own_codes() {
    let setup = Setup::start_with_robot().await;
    let (_, stranger) = setup.other_application().await;
    for (method, params) in [
        (
            "bizproc.robot.update",
            json!({"CODE": "r", "FIELDS": {"NAME": "x"}}),
        ),
        ("bizproc.robot.delete", json!({"CODE": "r"})),
    ] {
        stranger.refused(method, params, UNKNOWN_CODE).await;
    }
    assert_eq!(setup.portal.robots()[0].fields["NAME"], json!({"*": "r"}));
    // Both applications may register this code.
    let own = json!({"CODE": "r", "HANDLER": NOWHERE, "NAME": "other"});
    stranger.ok("bizproc.robot.add", own).await;
    assert_eq!(setup.portal.robots().len(), 2);
}

#[tokio::test]
async fn any_valid_token_may_reply() {
    for platform in [Platform::v26(), Platform::v24(), Platform::v21()] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
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
        workflow.wait_finished(TIMEOUT).await.unwrap();
    }
}
