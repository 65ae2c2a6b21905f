//! Installing, updating, uninstalling; portals beside each other; a whole run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::Duration;

use bizproc_portal::{Ending, Error, Event, Outgoing, Portal};
use common::{App, Client, NOWHERE, PATIENCE, Stage, shouting_app};
use serde_json::{Value, json};

#[tokio::test]
async fn an_application_is_told_of_its_installation() {
    let portal = Portal::builder()
        .language("de")
        .scope(["bizproc", "user"])
        .start()
        .await
        .unwrap();
    let app = App::start().await;
    let installation = portal.install(&format!("{}/event", app.url)).await.unwrap();
    let (_, request) = app.request().await;
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
    let stage = Stage::start().await;
    stage
        .robot(
            "r",
            json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"}),
        )
        .await;
    let before = stage.installation.application_token();
    stage.installation.update().await.unwrap();
    let request = stage.app.request().await.1;
    assert_eq!(request["event"], json!("ONAPPUPDATE"));
    assert_eq!(stage.installation.told().body.form(), request);
    assert_eq!(
        request["data"],
        json!({"VERSION": "2", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"})
    );
    let after = stage.installation.application_token();
    assert_ne!(before, after);
    assert_eq!(request["auth"]["application_token"], json!(after));
    assert_eq!(
        request["auth"]["access_token"],
        json!(stage.installation.access_token())
    );
    assert!(stage.portal.robots().is_empty());
    let client = stage.client_with(Some(stage.installation.access_token()));
    assert_eq!(
        client.call("app.info", json!({})).await.1["result"]["VERSION"],
        json!(2)
    );
    // The settings page is gone with the robot.
    stage
        .robot(
            "r",
            json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"}),
        )
        .await;
    assert_eq!(
        stage.call_of("r", json!({})).await["auth"]["application_token"],
        json!(after)
    );
}

#[tokio::test]
async fn an_uninstallation_wipes_and_revokes() {
    let stage = Stage::start().await;
    stage.robot("r", json!({})).await;
    let token = stage.installation.application_token();
    stage.installation.uninstall(true).await.unwrap();
    let request = stage.app.request().await.1;
    assert_eq!(request["event"], json!("ONAPPUNINSTALL"));
    assert_eq!(stage.installation.told().body.form(), request);
    assert_eq!(request["data"], json!({"LANGUAGE_ID": "en", "CLEAN": "1"}));
    let names: Vec<&String> = request["auth"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "domain",
            "server_endpoint",
            "client_endpoint",
            "member_id",
            "application_token"
        ]
    );
    assert_eq!(request["auth"]["application_token"], json!(token));
    assert!(stage.portal.robots().is_empty());
    assert_eq!(
        stage.client.call("bizproc.robot.list", json!({})).await.0,
        401
    );
    assert!(matches!(
        stage.installation.update().await,
        Err(Error::NotInstalled { .. })
    ));
    assert!(matches!(
        stage.installation.uninstall(false).await,
        Err(Error::NotInstalled { .. })
    ));
}

#[tokio::test]
async fn install_addresses() {
    let portal = Portal::start().await.unwrap();
    for url in ["", "nonsense", "https://app.example/", "ftp://app.example/"] {
        assert!(
            matches!(portal.install(url).await, Err(Error::InstallUrl { .. })),
            "{url}"
        );
    }
    // Nobody there: the application is installed all the same.
    let installation = portal.install("http://127.0.0.1:1/event").await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    assert_eq!(client.call("app.info", json!({})).await.0, 200);
    let told = installation.told();
    assert_eq!(told.url, "http://127.0.0.1:1/event");
    assert_eq!(told.body.form()["event"], json!("ONAPPINSTALL"));
    let Outgoing::Failed(reason) = told.outcome else {
        panic!("{told:?}")
    };
    let error = portal.registered("r", Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains(&reason), "{error}");

    // Somebody there who has no use for it.
    installation.uninstall(true).await.unwrap();
    let elsewhere = format!("{}/elsewhere", portal.url());
    let deaf = portal.install(&elsewhere).await.unwrap();
    assert!(matches!(deaf.told().outcome, Outgoing::Answered(answer) if answer.status == 404));
    let error = portal.run("r", json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no robot or activity \"r\" is registered; registered are []; applications that may not know of their \
             installation: [\"{elsewhere} answered 404\"]"
        )
    );
}

#[tokio::test]
async fn portals_live_side_by_side_and_end_with_their_handles() {
    let (one, two) = (Stage::start().await, Stage::start().await);
    one.robot("r", json!({})).await;
    assert_ne!(one.portal.url(), two.portal.url());
    assert_ne!(one.portal.member_id(), two.portal.member_id());
    assert!(two.portal.robots().is_empty());
    let stranger = two.client_with(Some(one.installation.access_token()));
    assert_eq!(stranger.call("app.info", json!({})).await.0, 401);

    let Stage {
        portal,
        app,
        installation,
        client,
    } = one;
    let clone = portal.clone();
    drop((portal, installation));
    assert_eq!(client.call("app.info", json!({})).await.0, 200);
    drop(clone);
    // The server's task ends at its next turn; then nobody listens.
    let gone = async {
        while client
            .try_raw("app.info", "application/json", "{}")
            .await
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
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
async fn a_whole_run() {
    let (url, server) = shouting_app().await;
    let portal = Portal::start().await.unwrap();
    portal.install(&url).await.unwrap();
    assert_eq!(portal.robots()[0].code, "shout");
    for (inputs, shouted) in [(json!({"text": "hello"}), "HELLO"), (json!({}), "DEAL #17")] {
        let workflow = portal.run("shout", inputs).await.unwrap();
        let done = workflow.finished(PATIENCE).await.unwrap();
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
