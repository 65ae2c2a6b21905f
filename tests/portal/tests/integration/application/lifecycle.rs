use std::time::Duration;

use bizproc_portal::{Ending, Error, Event, Outgoing, Portal, UpdateEvent};
use serde_json::{Value, json};

use crate::fixture::{
    Client, NOWHERE, RecordingApp, STEP_UNINSTALLED, Setup, TIMEOUT, assert_without_tokens,
    count_events, robot_with, shouting_app,
};

#[tokio::test]
async fn an_application_has_the_id_and_the_secret_of_its_card() {
    let portal = Portal::start().await.unwrap();
    let app = RecordingApp::start().await;
    let install = || portal.install(&app.url).card("app.1", "secret");
    let installation = install().await.unwrap();
    let known = (installation.client_id(), installation.client_secret());
    assert_eq!(known, ("app.1", "secret".to_owned()));
    let again = install().await.unwrap_err();
    assert!(matches!(again, Error::AlreadyInstalled { .. }), "{again}");
    let other = portal.install(&app.url).await.unwrap();
    assert_ne!(other.client_id(), "app.1");
    assert!(other.client_secret().len() > 20);
}

#[tokio::test]
async fn an_installation_notifies_its_application() {
    let portal = Portal::builder()
        .language("de")
        .scope(["bizproc", "user"])
        .start()
        .await
        .unwrap();
    let app = RecordingApp::start().await;
    let installation = portal.install(&format!("{}/event", app.url)).await.unwrap();
    let request = app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPINSTALL"));
    assert_eq!(
        request["data"],
        json!({"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "de"})
    );
    let auth = &request["auth"];
    for (name, value) in [
        ("access_token", installation.access_token()),
        ("refresh_token", installation.refresh_token()),
        ("application_token", installation.application_token()),
        ("member_id", portal.member_id().to_owned()),
        ("client_endpoint", portal.endpoint()),
        ("server_endpoint", format!("{}/rest/", portal.oauth_url())),
        (
            "domain",
            portal.url().trim_start_matches("http://").to_owned(),
        ),
        ("scope", "bizproc,user".to_owned()),
        ("expires_in", "3600".to_owned()),
        ("status", "L".to_owned()),
        ("user_id", "1".to_owned()),
    ] {
        assert_eq!(auth[name], json!(value), "{name}");
    }
    assert!(request["ts"].as_str().unwrap().parse::<i64>().unwrap() > 1_700_000_000);
    let history = portal.history();
    assert!(
        matches!(&history[0].event, Event::Installed { client_id, .. } if client_id == installation.client_id())
    );
}

#[tokio::test]
async fn an_update_wipes_and_changes_the_application_token() {
    let setup = Setup::start().await;
    setup
        .robot(
            "r",
            json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"}),
        )
        .await;
    setup.bind("ONAPPUPDATE", "/event").await;
    let before = setup.installation.application_token();
    setup.installation.update().await.unwrap();
    let request = setup.app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPUPDATE"));
    assert_eq!(setup.installation.last_notification().body.form(), request);
    assert_eq!(
        request["data"],
        json!({"VERSION": "2", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"})
    );
    let after = setup.installation.application_token();
    assert_ne!(before, after);
    assert_eq!(request["auth"]["application_token"], json!(after));
    assert_eq!(
        request["auth"]["access_token"],
        json!(setup.installation.access_token())
    );
    assert!(setup.portal.robots().is_empty());
    let client = setup.client_of(&setup.installation);
    assert_eq!(
        client.call("app.info", json!({})).await.1["result"]["VERSION"],
        json!(2)
    );
    // The update has removed the settings page with the robot, so its address is free.
    setup
        .robot(
            "r",
            json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"}),
        )
        .await;
    assert_eq!(
        setup.received_call("r", json!({})).await["auth"]["application_token"],
        json!(after)
    );
}

#[tokio::test]
async fn an_uninstallation_wipes_and_revokes() {
    let setup = Setup::start_with_robot().await;
    setup.bind("ONAPPUNINSTALL", "/event").await;
    let token = setup.installation.application_token();
    setup.installation.uninstall(true).await.unwrap();
    let request = setup.app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPUNINSTALL"));
    assert_eq!(setup.installation.last_notification().body.form(), request);
    assert_eq!(request["data"], json!({"LANGUAGE_ID": "en", "CLEAN": "1"}));
    assert_without_tokens(&request["auth"]);
    assert_eq!(request["auth"]["application_token"], json!(token));
    assert!(setup.portal.robots().is_empty());
    assert_eq!(setup.call("bizproc.robot.list", json!({})).await.0, 401);
    assert!(matches!(
        setup.installation.update().await,
        Err(Error::NotInstalled { .. })
    ));
    assert!(matches!(
        setup.installation.uninstall(false).await,
        Err(Error::NotInstalled { .. })
    ));
}

#[tokio::test]
async fn update_notices_and_wiping_are_settings() {
    for (setting, event) in [
        (UpdateEvent::OnAppUpdate, Some("ONAPPUPDATE")),
        (UpdateEvent::OnAppInstall, Some("ONAPPINSTALL")),
        (UpdateEvent::None, None),
    ] {
        for wipes in [true, false] {
            let builder = Portal::builder().update_event(setting);
            let setup = Setup::with(builder.update_wipes_registrations(wipes)).await;
            setup.robot("r", json!({})).await;
            setup.bind("ONCRMDEALADD", "/deal").await;
            setup.bind("ONAPPUPDATE", "/event").await;
            let before = setup.installation.application_token();
            setup.installation.update().await.unwrap();
            assert_eq!(setup.installation.version(), 2);
            // Without a notice the portal keeps the token, or the application could trust no later call.
            let is_new = before != setup.installation.application_token();
            assert_eq!(is_new, event.is_some());
            if let Some(event) = event {
                let request = setup.app.next_request().await;
                assert_eq!(request["event"], json!(event));
                assert_eq!(request["data"]["VERSION"], json!("2"));
                let previous = request["data"].get("PREVIOUS_VERSION");
                assert_eq!(previous.is_some(), event == "ONAPPUPDATE");
                let token = setup.installation.application_token();
                assert_eq!(request["auth"]["application_token"], json!(token));
                assert!(request["auth"]["refresh_token"].is_string());
            }
            let outcome = setup
                .portal
                .history()
                .into_iter()
                .filter_map(|record| match record.event {
                    Event::Updated { request, .. } => Some(request.outcome),
                    _ => None,
                })
                .last()
                .unwrap();
            assert_eq!(
                matches!(outcome, Outgoing::Responded(_)),
                event.is_some(),
                "{outcome}"
            );
            assert_eq!(setup.portal.robots().is_empty(), wipes);
            let handlers = setup.portal.fire("ONCRMDEALADD", json!({})).await.unwrap();
            assert_eq!(handlers, usize::from(!wipes));
        }
    }
}

#[tokio::test]
async fn a_reinstallation_keeps_the_client_id_and_renews_the_tokens() {
    let setup = Setup::start_with_robot().await;
    let installation = &setup.installation;
    assert!(matches!(
        installation.reinstall().await,
        Err(Error::AlreadyInstalled { client_id }) if client_id == installation.client_id()
    ));
    let id = installation.client_id().to_owned();
    let secret = installation.client_secret();
    assert_eq!(secret.len(), 50);
    let [access, refresh, application] = [
        installation.access_token(),
        installation.refresh_token(),
        installation.application_token(),
    ];
    setup.bind("ONAPPUNINSTALL", "/event").await;
    installation.uninstall(false).await.unwrap();
    assert_eq!(setup.app.next_request().await["data"]["CLEAN"], json!("0"));
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    let failed = Ending::Failed(STEP_UNINSTALLED.to_owned());
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().ending,
        failed
    );

    installation.reinstall().await.unwrap();
    assert_eq!(
        (installation.client_id(), installation.client_secret()),
        (id.as_str(), secret)
    );
    let request = setup.app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPINSTALL"));
    let auth = &request["auth"];
    for (name, before, now) in [
        ("access_token", access.clone(), installation.access_token()),
        ("refresh_token", refresh, installation.refresh_token()),
        (
            "application_token",
            application,
            installation.application_token(),
        ),
    ] {
        assert_ne!(before, now, "{name}");
        assert_eq!(auth[name], json!(now), "{name}");
    }
    // Earlier tokens are invalid.
    let text = "Unable to get application by token";
    setup
        .client_with(Some(access))
        .refused("app.info", json!({}), (401, "invalid_token", text))
        .await;
    // A new robot with the same code serves the saved steps.
    let robot = robot_with(json!({"CODE": "r", "HANDLER": format!("{}/r", setup.app.url)}));
    let client = setup.client_of(installation);
    client.ok("bizproc.robot.add", robot).await;
    assert_eq!(
        setup.received_call("r", json!({})).await["code"],
        json!("r")
    );
}

#[tokio::test]
async fn every_bound_handler_is_notified_of_an_update() {
    let setup = Setup::start().await;
    let handler = format!("{}/gone", setup.app.url);
    let bound = json!({"event": "ONAPPUPDATE", "handler": handler, "auth_type": 4});
    setup.bind("ONAPPUPDATE", "/event").await;
    setup.ok("event.bind", bound).await;
    setup.installation.update().await.unwrap();
    let first = setup.app.next_request().await;
    let second = setup.app.next_request().await;
    assert_eq!(
        (&first["auth"]["user_id"], &second["auth"]["user_id"]),
        (&json!("1"), &json!("4"))
    );
    let handlers = (&first["event_handler_id"], &second["event_handler_id"]);
    assert_eq!(handlers, (&json!("2"), &json!("3")));
    let setup = Setup::start().await;
    setup.bind("ONAPPUNINSTALL", "/event").await;
    setup.installation.uninstall(true).await.unwrap();
    assert_eq!(
        setup.app.next_request().await["event"],
        json!("ONAPPUNINSTALL")
    );
    let is_uninstalled = |event: &Event| matches!(event, Event::Uninstalled { .. });
    assert_eq!(count_events(&setup.portal, is_uninstalled), 1);
}

#[tokio::test]
async fn install_urls_are_checked_and_may_be_unreachable() {
    let portal = Portal::start().await.unwrap();
    for url in ["", "nonsense", "https://app.example/", "ftp://app.example/"] {
        assert!(
            matches!(portal.install(url).await, Err(Error::InstallUrl { .. })),
            "{url}"
        );
    }
    // An unreachable application is installed nevertheless.
    let installation = portal.install("http://127.0.0.1:1/event").await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    assert_eq!(client.call("app.info", json!({})).await.0, 200);
    let notification = installation.last_notification();
    assert_eq!(notification.url, "http://127.0.0.1:1/event");
    assert_eq!(notification.body.form()["event"], json!("ONAPPINSTALL"));
    let Outgoing::Failed(reason) = notification.outcome else {
        panic!("{notification:?}")
    };
    let error = portal
        .wait_registered("r", Duration::ZERO)
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&reason), "{error}");

    // An address that is reachable, but not the application.
    installation.uninstall(true).await.unwrap();
    let elsewhere = format!("{}/elsewhere", portal.url());
    let other = portal.install(&elsewhere).await.unwrap();
    assert!(
        matches!(other.last_notification().outcome, Outgoing::Responded(response) if response.status == 404)
    );
    let error = portal.run("r", json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no robot or activity \"r\" is registered; registered are []; applications that may not know of their \
             installation: [\"{elsewhere} responded with 404\"]"
        )
    );
}

#[tokio::test]
async fn portals_are_independent_and_end_with_their_handles() {
    let one = Setup::start().await;
    let two = Setup::start().await;
    one.robot("r", json!({})).await;
    assert_ne!(one.portal.url(), two.portal.url());
    assert_ne!(one.portal.member_id(), two.portal.member_id());
    assert!(two.portal.robots().is_empty());
    let stranger = two.client_of(&one.installation);
    assert_eq!(stranger.call("app.info", json!({})).await.0, 401);

    let Setup {
        portal,
        app,
        installation,
        client,
    } = one;
    let clone = portal.clone();
    drop((portal, installation));
    assert_eq!(client.call("app.info", json!({})).await.0, 200);
    drop(clone);
    // The task of the server ends when it is next polled; then the port is closed.
    let gone = async {
        while client
            .try_raw("app.info", "application/json", "{}")
            .await
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, gone).await.unwrap();
    drop(app);
    assert_eq!(two.client.call("app.info", json!({})).await.0, 200);
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let portal = Portal::start().await.unwrap();
    let port = portal.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let refused = Portal::builder().port(port).start().await.unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")),
        "{refused}"
    );
}

#[tokio::test]
async fn an_application_registers_itself_and_replies() {
    let (url, server) = shouting_app().await;
    let portal = Portal::start().await.unwrap();
    portal.install(&url).await.unwrap();
    assert_eq!(portal.robots()[0].code, "shout");
    for (inputs, shouted) in [(json!({"text": "hello"}), "HELLO"), (json!({}), "DEAL #17")] {
        let workflow = portal.run("shout", inputs).await.unwrap();
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(
            Value::Object(done.return_values),
            json!({"shouted": shouted})
        );
        assert_eq!(
            (done.ending, done.log.as_slice()),
            (
                Ending::Replied,
                ["thinking".to_owned(), "done".to_owned()].as_slice()
            )
        );
    }
    let other = portal.install(NOWHERE).await;
    assert!(other.is_err(), "https is not spoken");
    server.abort();
}
