use bizproc_portal::{Ending, Portal};
use reqwest::header;
use serde_json::{Value, json};

use crate::fixture::{
    Client, FORM, RecordingApp, Setup, TIMEOUT, http_client_without_redirects, robot_with,
    shouting_app,
};

async fn post(portal: &Portal, action: &str, body: Value) -> (u16, Value) {
    let client = Client::new(format!("{}/-/", portal.url()), None);
    client
        .raw(action, "application/json", body.to_string())
        .await
}

async fn get_state(portal: &Portal) -> Value {
    let client = Client::new(format!("{}/-/", portal.url()), None);
    client.get("state").await.1
}

#[tokio::test]
async fn an_application_is_installed_run_and_uninstalled() {
    let portal = Portal::start().await.unwrap();
    let (url, server) = shouting_app().await;
    let (status, response) = post(&portal, "install", json!({"url": url})).await;
    assert_eq!(
        (status, &response["result"]["last_notification"]),
        (200, &json!("responded with 200"))
    );
    assert_eq!(portal.robots().len(), 1);

    let document = json!({
        "id": ["crm", "CCrmDocumentLead", "LEAD_5"], "type": ["crm", "CCrmDocumentLead", "LEAD"],
        "fields": {"TITLE": "from a lead"},
    });
    let run =
        json!({"code": "shout", "inputs": {"text": "{=Document:TITLE}"}, "document": document});
    let (_, response) = post(&portal, "run", run).await;
    let id = response["result"]["workflow_id"].as_str().unwrap();
    let done = portal
        .workflow(id)
        .unwrap()
        .wait_finished(TIMEOUT)
        .await
        .unwrap();
    assert_eq!(done.return_values["shouted"], json!("FROM A LEAD"));

    let state = get_state(&portal).await;
    assert_eq!(state["applications"][0]["url"], json!(url));
    assert_eq!(state["robots"][0]["fields"]["CODE"], json!("shout"));
    assert_eq!(state["workflows"][0]["ending"], json!("replied"));
    assert_eq!(state["settings"]["event_send"], json!("Async"));
    assert_eq!(state["settings"]["queue"], json!("immediately"));
    assert_eq!(state["settings"]["placement_button_only"], json!("false"));
    assert!(state["history"].as_array().unwrap().len() > 4);

    assert_eq!(post(&portal, "update", json!({})).await.0, 200);
    assert_eq!(
        post(&portal, "uninstall", json!({"clean": true})).await.0,
        200
    );
    assert!(portal.robots().is_empty());
    let (status, response) = post(&portal, "update", json!({})).await;
    assert_eq!(status, 422);
    assert!(
        response["error"]
            .as_str()
            .unwrap()
            .contains("is not installed")
    );
    server.abort();
}

#[tokio::test]
async fn a_call_is_resent_and_a_workflow_timed_out_or_killed() {
    let setup = Setup::start().await;
    setup.activity("a", json!({})).await;
    let run = json!({"code": "a", "timeout": 600});
    let (_, response) = post(&setup.portal, "run", run.clone()).await;
    let id = response["result"]["workflow_id"].clone();
    let first = setup.app.next_body().await;
    assert_eq!(
        post(&setup.portal, "resend", json!({"workflow_id": id}))
            .await
            .0,
        200
    );
    assert_eq!(setup.app.next_body().await, first);

    let workflow = setup.portal.workflow(id.as_str().unwrap()).unwrap();
    assert_eq!(
        post(&setup.portal, "advance", json!({"seconds": 599}))
            .await
            .0,
        200
    );
    assert!(workflow.is_waiting());
    assert_eq!(
        post(&setup.portal, "advance", json!({"workflow_id": id}))
            .await
            .0,
        200
    );
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::TimedOut);

    let (_, response) = post(&setup.portal, "run", run).await;
    let id = response["result"]["workflow_id"].clone();
    assert_eq!(
        post(&setup.portal, "kill", json!({"workflow_id": id}))
            .await
            .0,
        200
    );
    let workflow = setup.portal.workflow(id.as_str().unwrap()).unwrap();
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().ending,
        Ending::Killed
    );
}

#[tokio::test]
async fn faults_are_switched_on_shown_and_cleared() {
    let setup = Setup::start().await;
    for fault in [
        json!({"fault": "error=503,QUERY_LIMIT_EXCEEDED,Too many", "times": 2, "method": "bizproc.robot.list"}),
        json!({"fault": "lost_call"}),
        json!({"fault": {"hang": 0.5}}),
    ] {
        assert_eq!(
            post(&setup.portal, "fault", fault.clone()).await.0,
            200,
            "{fault}"
        );
    }
    let (status, response) = setup.call("bizproc.robot.list", json!({})).await;
    assert_eq!(
        (status, &response["error"]),
        (503, &json!("QUERY_LIMIT_EXCEEDED"))
    );
    let faults = &get_state(&setup.portal).await["faults"];
    assert_eq!(faults[0]["times"], json!(1));
    assert_eq!(faults[0]["method"], json!("bizproc.robot.list"));
    assert_eq!(faults[1], json!({"fault": "lost_call", "times": 1}));
    assert_eq!(faults[2]["fault"], json!({"hang": 0.5}));
    assert_eq!(post(&setup.portal, "clear-faults", json!({})).await.0, 200);
    assert_eq!(get_state(&setup.portal).await["faults"], json!([]));

    let (status, response) = post(&setup.portal, "fault", json!({"fault": "no_such"})).await;
    assert_eq!(status, 422);
    assert!(
        response["error"].as_str().unwrap().contains("doubled_call"),
        "{response}"
    );
}

#[tokio::test]
async fn registrations_are_wiped_and_tokens_issued() {
    let setup = Setup::start().await;
    setup.robot("a", json!({})).await;
    let (_, tokens) = post(&setup.portal, "tokens", json!({"user_id": 1})).await;
    let token = tokens["result"]["AUTH_ID"].as_str().unwrap().to_owned();
    let client = setup.client_with(Some(token));
    let (_, response) = client.call("bizproc.robot.list", json!({})).await;
    assert_eq!(response["result"], json!(["a"]));
    let other = RecordingApp::start().await;
    let second = setup
        .portal
        .install(&format!("{}/event", other.url))
        .await
        .unwrap();
    let params = robot_with(json!({"CODE": "b", "USE_SUBSCRIPTION": "Y"}));
    let client = setup.client_of(&second);
    client.ok("bizproc.robot.add", params).await;
    let unknown = post(&setup.portal, "wipe", json!({"client_id": "none"})).await;
    assert_eq!(unknown.0, 404);
    let own = json!({"client_id": setup.installation.client_id()});
    let (_, wiped) = post(&setup.portal, "wipe", own).await;
    assert_eq!(wiped["result"], json!(1));
    assert_eq!(setup.portal.robots().len(), 1);
    let (_, wiped) = post(&setup.portal, "wipe", json!({})).await;
    assert_eq!(wiped["result"], json!(1));
    assert!(setup.portal.robots().is_empty());
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let setup = Setup::start().await;
    for (action, body, status) in [
        ("nothing", json!({}), 404),
        ("run", json!({}), 422),
        ("run", json!({"code": "missing"}), 422),
        ("run", json!({"code": "a", "inputs": "{"}), 422),
        ("run", json!({"code": "a", "document": 5}), 422),
        ("kill", json!({"workflow_id": "none"}), 404),
        ("advance", json!({"seconds": -1}), 422),
        ("advance", json!({"seconds": "soon"}), 422),
        ("install", json!({"url": "ftp://app.example/"}), 422),
        ("uninstall", json!({"client_id": "none"}), 404),
    ] {
        let (found, response) = post(&setup.portal, action, body.clone()).await;
        assert_eq!(found, status, "{action} {body}: {response}");
        assert!(!response["error"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_form_redirects_to_its_page() {
    let portal = Portal::start().await.unwrap();
    let send = |body: &'static str| {
        http_client_without_redirects()
            .post(format!("{}/-/advance", portal.url()))
            .header(header::CONTENT_TYPE, FORM)
            .body(body)
            .send()
    };
    let done = send("seconds=1&back=/switches").await.unwrap();
    assert_eq!(done.status(), 303);
    assert_eq!(done.headers()[header::LOCATION], "/switches");
    let refused = send("seconds=x&back=/switches").await.unwrap();
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("not a valid number"));
}

#[tokio::test]
async fn other_origins_and_hosts_are_refused() {
    let portal = Portal::start().await.unwrap();
    let ask =
        |method: reqwest::Method, path: &str, name: header::HeaderName, value: &'static str| {
            let request =
                http_client_without_redirects().request(method, format!("{}{path}", portal.url()));
            request.header(name, value).send()
        };
    for (path, method) in [
        ("/-/clear-faults", reqwest::Method::POST),
        ("/robot/a/b", reqwest::Method::POST),
    ] {
        for origin in ["http://evil.example", "null"] {
            let response = ask(method.clone(), path, header::ORIGIN, origin)
                .await
                .unwrap();
            assert_eq!(response.status(), 403, "{path} {origin}");
        }
    }
    for path in ["/", "/-/state", "/-/live", "/switches"] {
        let response = ask(reqwest::Method::GET, path, header::HOST, "evil.example");
        assert_eq!(response.await.unwrap().status(), 403, "{path}");
    }
    let own = http_client_without_redirects()
        .get(format!("{}/-/state", portal.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), 200);
    assert!(
        !own.headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    let page = http_client_without_redirects()
        .get(format!("{}/", portal.url()))
        .send()
        .await
        .unwrap();
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'"),
        "{policy}"
    );
}
