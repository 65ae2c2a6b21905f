use bizproc_portal::Platform;
use serde_json::json;

use crate::fixture::{Client, NOWHERE, PATIENCE, Stage, assert_refused};

#[tokio::test]
async fn an_application_is_asked_for_before_an_administrator() {
    let stage = Stage::start().await;
    // Neither an application nor an administrator.
    let webhook = Client::new(stage.portal.webhook(4), None);
    let user = stage.client_with(Some(stage.installation.token_of(4)));
    let wrong =
        json!({"CODE": "", "HANDLER": "", "NAME": "", "PROPERTIES": "x", "USE_PLACEMENT": "Y"});
    for kind in ["robot", "activity", "provider"] {
        for deed in ["add", "update", "list", "delete"] {
            let method = format!("bizproc.{kind}.{deed}");
            if method == "bizproc.provider.update" {
                continue;
            }
            let text = "Access denied! Application context required";
            let answer = webhook.call(&method, wrong.clone()).await;
            assert_refused(&answer, 403, "ACCESS_DENIED", text, &method);
            let answer = user.call(&method, wrong.clone()).await;
            assert_refused(&answer, 403, "ACCESS_DENIED", "Access denied!", &method);
        }
    }
}

#[tokio::test]
async fn a_code_is_its_applications_own() {
    let stage = Stage::start().await;
    stage.robot("r", json!({})).await;
    let other = stage.portal.install("http://127.0.0.1:1/").await.unwrap();
    let stranger = stage.client_with(Some(other.access_token()));
    for (method, params) in [
        (
            "bizproc.robot.update",
            json!({"CODE": "r", "FIELDS": {"NAME": "x"}}),
        ),
        ("bizproc.robot.delete", json!({"CODE": "r"})),
    ] {
        let answer = stranger.call(method, params).await;
        let text = "Activity or Robot not found!";
        assert_refused(&answer, 400, "ERROR_ACTIVITY_NOT_FOUND", text, method);
    }
    assert_eq!(stage.portal.robots()[0].fields["NAME"], json!({"*": "r"}));
    // Both may have one of this code.
    let own = json!({"CODE": "r", "HANDLER": NOWHERE, "NAME": "other"});
    stranger.ok("bizproc.robot.add", own).await;
    assert_eq!(stage.portal.robots().len(), 2);
}

#[tokio::test]
async fn whoever_has_a_good_token_may_reply() {
    for platform in [Platform::v26(), Platform::v24(), Platform::v21()] {
        let stage = Stage::with(bizproc_portal::Portal::builder().platform(platform)).await;
        stage.robot("r", json!({})).await;
        let workflow = stage.portal.run("r", json!({})).await.unwrap();
        let token = stage.app.request().await.1["event_token"].clone();
        let other = stage.portal.install("http://127.0.0.1:1/").await.unwrap();
        let stranger = stage.client_with(Some(other.access_token()));
        let forged = json!({"EVENT_TOKEN": format!("{}0", token.as_str().unwrap())});
        for method in ["bizproc.event.send", "bizproc.activity.log"] {
            let answer = stranger.call(method, forged.clone()).await;
            assert_refused(&answer, 403, "ACCESS_DENIED", "Access denied!", method);
        }
        stranger
            .ok("bizproc.event.send", json!({"EVENT_TOKEN": token}))
            .await;
        workflow.wait_finished(PATIENCE).await.unwrap();
    }
}
