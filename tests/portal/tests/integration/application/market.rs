use bizproc_portal::{ApplicationStatus, Ending, Error, Portal};
use serde_json::json;

use crate::fixture::{Client, RecordingApp, Setup, TIMEOUT, robot_with};

#[tokio::test]
async fn the_market_gives_an_application_its_name_and_status() {
    let portal = Portal::start().await.unwrap();
    let app = RecordingApp::start().await;
    let installation = portal
        .install(&format!("{}/event", app.url))
        .code("acme.robots")
        .name("Acme")
        .status(ApplicationStatus::Demo)
        .days(28)
        .await
        .unwrap();
    assert_eq!(app.next_request().await["auth"]["status"], json!("D"));
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    for (status, letter) in [
        (ApplicationStatus::Free, "F"),
        (ApplicationStatus::Demo, "D"),
        (ApplicationStatus::Trial, "T"),
        (ApplicationStatus::Paid, "P"),
        (ApplicationStatus::Local, "L"),
        (ApplicationStatus::Subscription, "S"),
    ] {
        installation.set_status(status).unwrap();
        let info = client.call("app.info", json!({})).await.1["result"].clone();
        for (name, value) in [
            ("CODE", json!("acme.robots")),
            ("STATUS", json!(letter)),
            ("INSTALLED", json!(true)),
            ("PAYMENT_EXPIRED", json!("N")),
            ("DAYS", json!(28)),
        ] {
            assert_eq!(info[name], value, "{name}");
        }
    }
    for (name, shown) in [
        (json!("Robot"), "[Acme] Robot"),
        (json!({"en": "Robot", "de": "Roboter"}), "[Acme] Robot"),
        (json!({"de": "Roboter"}), "[Acme] "),
        (json!({"RU": "р", "*": "x"}), "[Acme] x"),
    ] {
        let robot = robot_with(json!({"CODE": "r", "NAME": name}));
        client.ok("bizproc.robot.add", robot).await;
        assert_eq!(portal.display_name(&portal.robots()[0]), shown);
        client
            .ok("bizproc.robot.delete", json!({"CODE": "r"}))
            .await;
    }
}

#[tokio::test]
async fn names_fall_back_from_ukrainian_to_russian() {
    let portal = Portal::builder().language("ua").start().await.unwrap();
    let installed = portal.install("http://127.0.0.1:1/event").name("Acme");
    let installation = installed.await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    let robot = robot_with(json!({"CODE": "r", "NAME": {"EN": "e", "RU": "р"}}));
    client.ok("bizproc.robot.add", robot).await;
    assert_eq!(portal.display_name(&portal.robots()[0]), "[Acme] р");
}

#[tokio::test]
async fn an_unpaid_application_is_blocked() {
    let setup = Setup::start_with_robot().await;
    setup.bind("ONAPPPAYMENT", "/payment").await;
    let installation = &setup.installation;
    // The application is paid for already, so this raises no event.
    installation.set_payment_expired(false).unwrap();
    installation.set_payment_expired(true).unwrap();
    let request = setup.app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPPAYMENT"));
    assert_eq!(request["data"]["PAYMENT_EXPIRED"], json!("Y"));
    assert_eq!(
        setup.portal.fire("ONAPPPAYMENT", json!({})).await.unwrap(),
        0
    );
    let info = setup.call("app.info", json!({})).await.1;
    assert_eq!(info["result"]["PAYMENT_EXPIRED"], json!("Y"));
    let workflow = setup.portal.run("r", json!({})).await.unwrap();
    let failed = "Rest application status error: payment required".to_owned();
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Failed(failed));

    installation
        .set_status(ApplicationStatus::Subscription)
        .unwrap();
    installation.set_payment_expired(false).unwrap();
    let request = setup.app.next_request().await;
    assert_eq!(request["event"], json!("ONAPPPAYMENT"));
    assert_eq!(
        request["data"],
        json!({"CODE": installation.client_id(), "VERSION": "1", "STATUS": "S", "PAYMENT_EXPIRED": "N", "LANGUAGE_ID": "en"})
    );
    let names: Vec<&String> = request["auth"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["domain", "server_endpoint", "client_endpoint", "member_id"]
    );
    assert!(setup.app.is_quiet().await);
    assert_eq!(
        setup.received_call("r", json!({})).await["auth"]["status"],
        json!("S")
    );
    installation.uninstall(false).await.unwrap();
    for refused in [
        installation.set_payment_expired(true),
        installation.set_status(ApplicationStatus::Free),
    ] {
        assert!(matches!(refused, Err(Error::NotInstalled { .. })));
    }
}
