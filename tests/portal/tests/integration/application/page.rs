use bizproc_portal::{ApplicationStatus, Error, Event, Installation, Outgoing, Portal, php};
use serde_json::{Value, json};

use crate::fixture::{Client, RecordingApp, TIMEOUT, robot_with, trial_frame};

async fn with_page(portal: &Portal, app: &RecordingApp) -> Installation {
    let url = format!("{}/install?from=market", app.url);
    portal.install(&url).with_page().await.unwrap()
}

fn client_of(portal: &Portal, installation: &Installation) -> Client {
    Client::new(portal.endpoint(), Some(installation.access_token()))
}

fn installation_notices(portal: &Portal) -> Vec<Outgoing> {
    let records = portal.history().into_iter();
    records
        .filter_map(|record| match record.event {
            Event::Installed { request, .. } => Some(request.outcome),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn the_page_is_opened_with_the_data_of_its_frame() {
    let portal = Portal::builder()
        .language("de")
        .scope(["bizproc", "placement"])
        .start()
        .await
        .unwrap();
    let app = RecordingApp::start().await;
    let url = format!("{}/install?from=market", app.url);
    let installation = portal
        .install(&url)
        .with_page()
        .status(ApplicationStatus::Trial)
        .await
        .unwrap();
    assert!(
        app.is_quiet().await,
        "no notice is sent before the page opens"
    );

    let page = installation.open().await.unwrap();
    assert_eq!((page.status, page.html.as_str()), (200, "ok"));
    let form = app.next_request().await;
    let expected = trial_frame(&portal, &installation, "DEFAULT", &json!("[]"));
    assert_eq!(form, expected);

    let opening = installation.last_notification();
    let (path, query) = opening.url.split_once('?').unwrap();
    assert_eq!(path, format!("{}/install", app.url));
    let query = php::parse_str(query.as_bytes()).to_json();
    let domain = portal.url().trim_start_matches("http://");
    assert_eq!(
        (
            &query["from"],
            &query["DOMAIN"],
            &query["PROTOCOL"],
            &query["LANG"]
        ),
        (&json!("market"), &json!(domain), &json!("0"), &json!("de"))
    );
    assert_eq!(query["APP_SID"].as_str().unwrap().len(), 32);
    let opened = portal.history().into_iter().any(|record| {
        matches!(record.event, Event::Opened { client_id, request }
            if client_id == installation.client_id() && request == opening)
    });
    assert!(opened);
}

#[tokio::test]
async fn an_application_gets_no_events_until_its_installation_is_finished() {
    let portal = Portal::start().await.unwrap();
    let app = RecordingApp::start().await;
    let installation = with_page(&portal, &app).await;
    installation.open().await.unwrap();
    app.next_request().await;
    let client = client_of(&portal, &installation);
    let info = client.call("app.info", json!({})).await.1;
    assert_eq!(info["result"]["INSTALLED"], json!(false));
    let server = Client::new(format!("{}/rest/", portal.oauth_url()), None);
    let params = json!({"auth": installation.access_token()});
    let trusted = server.call("app.info", params.clone()).await.1;
    assert_eq!(trusted["result"]["install"]["installed"], json!(false));

    // It registers robots and binds handlers, as pages do while they install.
    let robot = robot_with(json!({"CODE": "r", "HANDLER": format!("{}/robot", app.url)}));
    client.ok("bizproc.robot.add", robot).await;
    for event in ["ONAPPINSTALL", "ONCRMDEALADD"] {
        let handler = json!({"event": event, "handler": format!("{}/event", app.url)});
        client.ok("event.bind", handler).await;
    }
    assert_eq!(portal.fire("ONCRMDEALADD", json!({})).await.unwrap(), 0);
    assert!(app.is_quiet().await && installation_notices(&portal).is_empty());

    assert!(!installation.is_finished());
    installation.install_finished().await.unwrap();
    assert!(installation.is_finished());
    let notice = app.next_request().await;
    assert_eq!(notice["event"], json!("ONAPPINSTALL"));
    assert_eq!(
        notice["data"],
        json!({"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"})
    );
    let token = &notice["auth"]["application_token"];
    assert_eq!(token, &json!(installation.application_token()));
    assert!(notice["auth"]["refresh_token"].is_string());
    let info = client.call("app.info", json!({})).await.1;
    assert_eq!(info["result"]["INSTALLED"], json!(true));
    let trusted = server.call("app.info", params).await.1;
    assert_eq!(trusted["result"]["install"]["installed"], json!(true));

    assert_eq!(portal.fire("ONCRMDEALADD", json!({})).await.unwrap(), 1);
    assert_eq!(app.next_request().await["event"], json!("ONCRMDEALADD"));
    // A second time changes nothing.
    installation.install_finished().await.unwrap();
    assert!(app.is_quiet().await);
    assert_eq!(installation_notices(&portal).len(), 1);
}

#[tokio::test]
async fn an_application_with_a_page_is_notified_only_through_bound_handlers() {
    let portal = Portal::start().await.unwrap();
    let app = RecordingApp::start().await;
    let installation = with_page(&portal, &app).await;
    installation.install_finished().await.unwrap();
    let Outgoing::Failed(reason) = installation_notices(&portal).remove(0) else {
        panic!("a handler was bound")
    };
    assert_eq!(reason, "no handler is bound to ONAPPINSTALL");
    assert_eq!(installation.last_notification().outcome, Outgoing::Awaited);

    let handlers = client_of(&portal, &installation);
    for (event, path) in [("ONAPPUPDATE", "update"), ("ONAPPUNINSTALL", "gone")] {
        let handler = json!({"event": event, "handler": format!("{}/{path}", app.url)});
        handlers.ok("event.bind", handler).await;
    }
    installation.update().await.unwrap();
    assert_eq!(app.next_request().await["event"], json!("ONAPPUPDATE"));
    assert_eq!(
        installation.last_notification().url,
        format!("{}/update", app.url)
    );
    // The update has removed both handlers.
    assert_eq!(
        handlers.call("event.get", json!({})).await.1["result"],
        json!([])
    );
    installation.uninstall(false).await.unwrap();
    assert!(app.is_quiet().await);

    installation.reinstall().await.unwrap();
    assert!(!installation.is_finished(), "its page must finish it again");
    let page = tokio::time::timeout(TIMEOUT, installation.open()).await;
    assert_eq!(page.unwrap().unwrap().status, 200);
}

#[tokio::test]
async fn pages_that_cannot_be_opened() {
    let portal = Portal::start().await.unwrap();
    let nowhere = portal.install("http://127.0.0.1:1/install").with_page();
    let installation = nowhere.await.unwrap();
    let error = installation.open().await.unwrap_err();
    assert!(
        matches!(&error, Error::PageNotOpened { url, .. } if url.starts_with("http://127.0.0.1:1/install?DOMAIN=")),
        "{error}"
    );
    assert!(matches!(
        installation.last_notification().outcome,
        Outgoing::Failed(_)
    ));
    let missing = format!("{}/elsewhere", portal.url());
    let installation = portal.install(&missing).with_page().await.unwrap();
    let page = installation.open().await.unwrap();
    assert!(page.status == 404 && page.html.contains("404 Not Found"));

    installation.uninstall(true).await.unwrap();
    let gone: [Result<Value, Error>; 2] = [
        installation.open().await.map(|_| Value::Null),
        installation.install_finished().await.map(|()| Value::Null),
    ];
    for refused in gone {
        assert!(matches!(refused, Err(Error::NotInstalled { .. })));
    }
}
