use std::time::Duration;

use bizproc_portal::{
    DismissedOwner, Event, InstallEvent, Installation, Outgoing, Platform, Portal, UpdateEvent,
};
use serde_json::json;

use crate::fixture::{Client, RecordingApp, Setup, TIMEOUT, eventually};

/// Why calls were withheld, in order.
fn withheld(portal: &Portal) -> Vec<String> {
    let records = portal.history().into_iter();
    records
        .filter_map(|record| match record.event {
            Event::CallWithheld { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

/// The outcomes of the notices of installations and updates.
fn notices(portal: &Portal) -> Vec<Outgoing> {
    let records = portal.history().into_iter();
    records
        .filter_map(|record| match record.event {
            Event::Installed { request, .. } | Event::Updated { request, .. } => {
                Some(request.outcome)
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn robots_may_be_called_before_the_installation_is_finished() {
    for (calls, platform) in [
        (true, Platform::v26()),
        (false, Platform::v26()),
        (false, Platform::v21()),
    ] {
        let builder = Portal::builder()
            .platform(platform)
            .calls_before_install_finish(calls);
        let setup = Setup::with(builder).await;
        // The application of the setup has no page, so its installation is finished.
        setup.robot("without_page", json!({})).await;
        setup.received_call("without_page", json!({})).await;

        let url = format!("{}/install", setup.app.url);
        let paged = setup.portal.install(&url).with_page().await.unwrap();
        let client = setup.client_of(&paged);
        let fields = json!({"CODE": "r", "HANDLER": url, "NAME": "r", "USE_SUBSCRIPTION": "Y"});
        client.ok("bizproc.robot.add", fields).await;
        let bound = json!({"event": "ONCRMDEALADD", "handler": url});
        client.ok("event.bind", bound).await;
        let workflow = setup.portal.run("r", json!({})).await.unwrap();
        // Events are withheld in any case.
        let handlers = setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
        assert_eq!(handlers, 0);
        if calls {
            assert_eq!(setup.app.next_request().await["code"], json!("r"));
            assert!(withheld(&setup.portal).is_empty());
        } else {
            let reason = "the installation of its application has not ended";
            assert_eq!(withheld(&setup.portal), [reason]);
            assert!(workflow.wait_called(Duration::ZERO).await.is_err());
        }
        eventually("a step that waits", || workflow.is_waiting()).await;
        paged.install_finished().await.unwrap();
        // The withheld call is never sent: the next request is the next call.
        let next = setup.portal.run("r", json!({})).await.unwrap();
        let call = setup.app.next_request().await;
        assert_eq!(call["workflow_id"], json!(next.id()));
    }
}

#[tokio::test]
async fn a_step_that_does_not_wait_continues_without_its_call() {
    let builder = Portal::builder().dismissed_owner(DismissedOwner::NoCall);
    let setup = Setup::with(builder).await;
    let fields = json!({"AUTH_USER_ID": 4, "USE_SUBSCRIPTION": "N"});
    setup.robot("r", fields).await;
    setup.portal.dismiss_user(4);
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(withheld(&setup.portal).len(), 1);
}

#[tokio::test]
async fn the_call_of_a_dismissed_owner_has_no_tokens_or_is_not_made() {
    for (setting, is_called) in [
        (DismissedOwner::CallWithoutTokens, true),
        (DismissedOwner::NoCall, false),
    ] {
        let setup = Setup::with(Portal::builder().dismissed_owner(setting)).await;
        setup.robot("r", json!({"AUTH_USER_ID": 4})).await;
        let before = setup.received_call("r", json!({})).await;
        assert!(before["auth"]["access_token"].is_string());
        setup.portal.dismiss_user(4);
        let workflow = setup.portal.run("r", json!({})).await.unwrap();
        if is_called {
            let call = setup.app.next_request().await;
            assert_eq!(call["workflow_id"], json!(workflow.id()));
            assert!(call["auth"]["access_token"].is_null());
            assert!(withheld(&setup.portal).is_empty());
        } else {
            let reason = "the owner of its tokens was dismissed";
            assert_eq!(withheld(&setup.portal), [reason]);
        }
        assert!(workflow.is_waiting());
        // Calls for other owners are still made.
        setup.robot("other", json!({})).await;
        let call = setup.received_call("other", json!({})).await;
        assert_eq!(call["code"], json!("other"));
    }
}

async fn installed(event: InstallEvent) -> (Portal, RecordingApp, Installation) {
    let builder = Portal::builder()
        .install_event(event)
        .update_event(UpdateEvent::OnAppInstall);
    let portal = builder.start().await.unwrap();
    let app = RecordingApp::start().await;
    let installation = portal.install(&format!("{}/event", app.url)).await.unwrap();
    (portal, app, installation)
}

#[tokio::test]
async fn the_installation_event_may_be_late() {
    let ten_minutes = Duration::from_mins(10);
    let (portal, app, installation) = installed(InstallEvent::Late(ten_minutes)).await;
    // It is installed nevertheless.
    assert!(installation.is_finished());
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    assert_eq!(client.call("app.info", json!({})).await.0, 200);
    assert_eq!(installation.last_notification().outcome, Outgoing::Awaited);
    portal.advance(Duration::from_mins(9));
    assert!(notices(&portal).is_empty() && app.is_quiet().await);
    portal.advance(Duration::from_mins(1));
    let request = app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPINSTALL"));
    let token = installation.access_token();
    assert_eq!(request["auth"]["access_token"], json!(token));
    eventually("the response", || notices(&portal).len() == 1).await;
    assert_eq!(installation.last_notification().body.form(), request);

    // The event of an update is late too, and that of an installation by a page.
    installation.update().await.unwrap();
    let url = format!("{}/page", app.url);
    let paged = portal.install(&url).with_page().await.unwrap();
    let client = Client::new(portal.endpoint(), Some(paged.access_token()));
    let bound = json!({"event": "ONAPPINSTALL", "handler": url});
    client.ok("event.bind", bound).await;
    paged.install_finished().await.unwrap();
    assert!(app.is_quiet().await);
    portal.advance(ten_minutes);
    let mut versions = Vec::new();
    for _ in 0..2 {
        let request = app.next_request().await;
        versions.push(request["data"]["VERSION"].as_str().unwrap().to_owned());
    }
    versions.sort();
    assert_eq!(versions, ["1", "2"]);
}

#[tokio::test]
async fn the_installation_event_may_be_lost() {
    let (portal, app, installation) = installed(InstallEvent::Lost).await;
    assert!(installation.is_finished());
    installation.update().await.unwrap();
    installation.uninstall(false).await.unwrap();
    installation.reinstall().await.unwrap();
    portal.advance(Duration::from_hours(24));
    let lost = Outgoing::Failed("this portal loses ONAPPINSTALL".to_owned());
    assert_eq!(notices(&portal), [lost.clone(), lost.clone(), lost]);
    assert!(app.is_quiet().await);
    // The error of waiting for its robots says why there are none.
    let missing = portal
        .wait_registered("r", Duration::ZERO)
        .await
        .unwrap_err();
    let text = missing.to_string();
    assert!(
        text.contains(&format!(
            "{} no response yet",
            installation.last_notification().url
        )),
        "{text}"
    );
}
