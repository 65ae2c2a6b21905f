use std::time::Duration;

use bizproc_portal::{Ending, Event, Fault};
use serde_json::{Value, json};

use crate::fixture::{Client, PATIENCE, Stage, assert_refused};

async fn stage() -> Stage {
    let stage = Stage::start().await;
    stage.robot("r", json!({})).await;
    stage
}

#[tokio::test]
async fn a_call_comes_late() {
    let stage = stage().await;
    stage
        .portal
        .fault(Fault::LateCall(Duration::from_mins(10)), 1);
    let workflow = stage.portal.run("r", json!({})).await.unwrap();
    let calls = || {
        let history = stage.portal.history().into_iter();
        history
            .filter(|record| matches!(record.event, Event::Called { .. }))
            .count()
    };
    stage.portal.advance(Duration::from_mins(9));
    tokio::task::yield_now().await;
    assert_eq!(calls(), 0);
    stage.portal.advance(Duration::from_mins(1));
    let call = stage.app.request().await.1;
    let reply = json!({"EVENT_TOKEN": call["event_token"]});
    stage.client.ok("bizproc.event.send", reply).await;
    workflow.wait_finished(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn the_tokens_of_a_call_may_be_spoilt() {
    let stage = stage().await;
    let profile = async |call: &Value| {
        let token = call["auth"]["access_token"].as_str().map(str::to_owned);
        stage.client_with(token).call("profile", json!({})).await
    };
    stage.portal.fault(Fault::CallWithExpiredToken, 1);
    let call = stage.call_of("r", json!({})).await;
    let expired = "The access token provided has expired";
    assert_refused(
        &profile(&call).await,
        401,
        "expired_token",
        expired,
        "token",
    );

    stage.portal.fault(Fault::CallWithSpentRefreshToken, 1);
    let call = stage.call_of("r", json!({})).await;
    assert_eq!(profile(&call).await.0, 200);
    let refresh = async |call: &Value| {
        let app = &stage.installation;
        let query = format!(
            "/oauth/token/?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
            app.client_id(),
            app.client_secret(),
            call["auth"]["refresh_token"].as_str().unwrap()
        );
        Client::new(stage.portal.oauth_url(), None)
            .get(&query)
            .await
    };
    assert_eq!(refresh(&call).await.1["error"], "invalid_grant");
    let call = stage.call_of("r", json!({})).await;
    assert_eq!(refresh(&call).await.0, 200);

    // A call for a user who was dismissed carries none.
    stage.robot("of_four", json!({"AUTH_USER_ID": 4})).await;
    assert!(stage.call_of("of_four", json!({})).await["auth"]["access_token"].is_string());
    stage.portal.dismiss_user(4);
    assert!(stage.call_of("of_four", json!({})).await["auth"]["access_token"].is_null());
}

#[tokio::test]
async fn a_clock_may_be_off() {
    let stage = stage().await;
    let times = |call: &Value| {
        let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
        (number(&call["ts"]), number(&call["auth"]["expires"]))
    };
    let right = times(&stage.call_of("r", json!({})).await);
    stage.portal.fault(Fault::ClockSkew(-3600), 1);
    let behind = times(&stage.call_of("r", json!({})).await);
    for (right, behind) in [(right.0, behind.0), (right.1, behind.1)] {
        assert!(
            (3500..=3600).contains(&(right - behind)),
            "{right} {behind}"
        );
    }
}

#[tokio::test]
async fn registrations_are_wiped() {
    let stage = stage().await;
    let other = stage.portal.install("http://127.0.0.1:1/").await.unwrap();
    other.wipe_registrations();
    assert_eq!(stage.portal.robots().len(), 1);
    stage.installation.wipe_registrations();
    assert!(stage.portal.robots().is_empty());
    let workflow = stage.portal.run("r", json!({})).await.unwrap();
    let done = workflow.wait_finished(PATIENCE).await.unwrap();
    let reason = "Application activity is not installed.".to_owned();
    assert_eq!(done.ending, Ending::Failed(reason));
}
