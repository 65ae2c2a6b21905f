use std::time::Duration;

use bizproc_portal::{Ending, Event, Fault};
use serde_json::{Value, json};

use crate::fixture::{Client, STEP_UNINSTALLED, Setup, TIMEOUT, UNREACHABLE, assert_refused};

#[tokio::test]
async fn a_call_may_be_late() {
    let setup = Setup::start_with_robot().await;
    setup
        .portal
        .fault(Fault::LateCall(Duration::from_mins(10)), 1);
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    let calls = || {
        let history = setup.portal.history().into_iter();
        history
            .filter(|record| matches!(record.event, Event::Called { .. }))
            .count()
    };
    setup.portal.advance(Duration::from_mins(9));
    tokio::task::yield_now().await;
    assert_eq!(calls(), 0);
    setup.portal.advance(Duration::from_mins(1));
    let call = setup.app.next_request().await;
    let reply = json!({"EVENT_TOKEN": call["event_token"]});
    setup.ok("bizproc.event.send", reply).await;
    workflow.wait_finished(TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn a_call_may_carry_expired_or_spent_tokens() {
    let setup = Setup::start_with_robot().await;
    let profile = async |call: &Value| {
        let token = call["auth"]["access_token"].as_str().map(str::to_owned);
        setup.client_with(token).call("profile", json!({})).await
    };
    setup.portal.fault(Fault::CallWithExpiredToken, 1);
    let call = setup.received_call("r", json!({})).await;
    let expired = "The access token provided has expired";
    assert_refused(
        &profile(&call).await,
        (401, "expired_token", expired),
        "token",
    );

    setup.portal.fault(Fault::CallWithSpentRefreshToken, 1);
    let call = setup.received_call("r", json!({})).await;
    assert_eq!(profile(&call).await.0, 200);
    let refresh = async |call: &Value| {
        let app = &setup.installation;
        let query = format!(
            "/oauth/token/?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
            app.client_id(),
            app.client_secret(),
            call["auth"]["refresh_token"].as_str().unwrap()
        );
        Client::new(setup.portal.oauth_url(), None)
            .get(&query)
            .await
    };
    assert_eq!(refresh(&call).await.1["error"], "invalid_grant");
    let call = setup.received_call("r", json!({})).await;
    assert_eq!(refresh(&call).await.0, 200);

    // A call for a user who was dismissed carries none.
    setup.robot("of_four", json!({"AUTH_USER_ID": 4})).await;
    assert!(setup.received_call("of_four", json!({})).await["auth"]["access_token"].is_string());
    setup.portal.dismiss_user(4);
    assert!(setup.received_call("of_four", json!({})).await["auth"]["access_token"].is_null());
}

#[tokio::test]
async fn a_clock_may_be_off() {
    let setup = Setup::start_with_robot().await;
    let times = |call: &Value| {
        let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
        (number(&call["ts"]), number(&call["auth"]["expires"]))
    };
    let right = times(&setup.received_call("r", json!({})).await);
    setup.portal.fault(Fault::ClockSkew(-3600), 1);
    let late = times(&setup.received_call("r", json!({})).await);
    for (right, late) in [(right.0, late.0), (right.1, late.1)] {
        assert!((3500..=3600).contains(&(right - late)), "{right} {late}");
    }
}

#[tokio::test]
async fn runs_fail_after_registrations_are_wiped() {
    let setup = Setup::start_with_robot().await;
    let other = setup.portal.install(UNREACHABLE).await.unwrap();
    other.wipe_registrations();
    assert_eq!(setup.portal.robots().len(), 1);
    setup.installation.wipe_registrations();
    assert!(setup.portal.robots().is_empty());
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    let reason = STEP_UNINSTALLED.to_owned();
    assert_eq!(done.ending, Ending::Failed(reason));
}
