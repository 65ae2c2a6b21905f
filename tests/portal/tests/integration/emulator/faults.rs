use std::time::{Duration, Instant};

use bizproc_portal::{Ending, Error, Event, Fault, Workflow};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixture::{Setup, TIMEOUT, assert_refused, http_client_without_redirects};

const JSON: &str = "application/json";

/// Runs the robot; its workflow, and the body of a reply to it.
async fn start(setup: &Setup) -> (Workflow, String) {
    let (workflow, call) = setup.run("r", json!({})).await;
    let body =
        json!({"EVENT_TOKEN": call["event_token"], "auth": setup.installation.access_token()});
    (workflow, body.to_string())
}

#[tokio::test]
async fn an_error_occurs_as_often_as_requested() {
    let setup = Setup::start_with_robot().await;
    let (workflow, body) = start(&setup).await;
    setup.portal.fault(
        Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
        2,
    );
    setup.portal.fault(Fault::EmptyResponse, 1);
    setup.portal.fault(Fault::HtmlBadGateway, 1);
    for _ in 0..2 {
        let response = setup
            .client
            .raw("bizproc.event.send", JSON, body.clone())
            .await;
        assert_refused(
            &response,
            (503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
            "limit",
        );
    }
    // Other methods are not affected.
    assert_eq!(setup.call("app.info", json!({})).await.0, 200);
    let response = setup
        .client
        .raw("bizproc.event.send", JSON, body.clone())
        .await;
    assert_eq!(response, (200, json!("")));
    let (status, page) = setup
        .client
        .raw("bizproc.event.send", JSON, body.clone())
        .await;
    assert!(
        status == 502 && page.as_str().unwrap().contains("<h1>502 Bad Gateway</h1>"),
        "{page}"
    );
    assert!(workflow.is_waiting());
    assert_eq!(
        setup.client.raw("bizproc.event.send", JSON, body).await.1["result"],
        json!(true)
    );
    workflow.wait_finished(TIMEOUT).await.unwrap();
    let statuses: Vec<u16> = replies(&setup)
        .into_iter()
        .map(|(status, _)| status.unwrap_or_default())
        .collect();
    assert_eq!(statuses, [503, 503, 200, 502, 200]);
}

/// The status and the workflow of each reply in the history.
fn replies(setup: &Setup) -> Vec<(Option<u16>, Option<String>)> {
    setup
        .portal
        .history()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Replied {
                workflow_id,
                response,
                ..
            } => Some((response.map(|response| response.status), workflow_id)),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn connections_are_cut_before_or_after_execution() {
    let setup = Setup::start_with_robot().await;
    let (workflow, body) = start(&setup).await;
    setup.portal.fault(Fault::CutBeforeExecution, 1);
    setup.portal.fault(Fault::CutAfterExecution, 1);
    assert!(
        setup
            .client
            .try_raw("bizproc.event.send", JSON, body.clone())
            .await
            .is_err()
    );
    assert!(workflow.is_waiting());
    assert!(
        setup
            .client
            .try_raw("bizproc.event.send", JSON, body)
            .await
            .is_err()
    );
    assert_eq!(
        workflow.wait_finished(TIMEOUT).await.unwrap().ending,
        Ending::Replied
    );
    let id = Some(workflow.id().to_owned());
    assert_eq!(replies(&setup), [(None, id.clone()), (None, id)]);
}

#[tokio::test]
async fn a_hanging_response_was_executed() {
    let setup = Setup::start_with_robot().await;
    let (workflow, body) = start(&setup).await;
    let pause = Duration::from_millis(5);
    setup.portal.fault(Fault::Hang(pause), 1);
    let sent_at = Instant::now();
    assert_eq!(
        setup
            .client
            .raw("bizproc.event.send", JSON, body.clone())
            .await
            .0,
        200
    );
    assert!(sent_at.elapsed() >= pause);
    workflow.wait_finished(TIMEOUT).await.unwrap();

    let (workflow, body) = start(&setup).await;
    setup.portal.fault(Fault::Hang(Duration::from_hours(1)), 1);
    let impatient = tokio::spawn({
        let client = setup.client.clone();
        async move { client.try_raw("bizproc.event.send", JSON, body).await }
    });
    workflow.wait_finished(TIMEOUT).await.unwrap();
    assert!(!impatient.is_finished());
    impatient.abort();
}

#[tokio::test]
async fn any_method_can_have_a_fault() {
    let setup = Setup::start_with_robot().await;
    let expired = Fault::error(401, "expired_token", "x");
    setup
        .portal
        .fault_in("Bizproc.Robot.List", expired.clone(), 5)
        .unwrap();
    for unknown in ["bizproc.robot.lst", "bizproc.robot.list.json", ""] {
        let refused = setup.portal.fault_in(unknown, expired.clone(), 1);
        assert!(
            matches!(refused, Err(Error::UnknownMethod { method }) if method == unknown),
            "{unknown}"
        );
    }
    assert_eq!(setup.call("bizproc.robot.list", json!({})).await.0, 401);
    setup.portal.clear_faults();
    assert_eq!(setup.call("bizproc.robot.list", json!({})).await.0, 200);
}

#[tokio::test]
async fn faults_are_used_up_only_when_they_apply() {
    let setup = Setup::start_with_robot().await;
    setup.robot("unowned", json!({"AUTH_USER_ID": 0})).await;
    // This fault concerns calls, so the named method does not matter.
    let tokens = Fault::CallWithoutTokens;
    setup.portal.fault_in("app.info", tokens, 1).unwrap();
    setup.portal.fault(Fault::WrongApplicationToken, 1);
    setup.portal.fault(Fault::LostCall, 1);
    setup.portal.run("r", json!({})).await.unwrap();
    assert_eq!(setup.call("app.info", json!({})).await.0, 200);

    let own = json!(setup.installation.application_token());
    let auth = setup.received_call("unowned", json!({})).await["auth"].clone();
    assert_eq!(auth.get("access_token"), None);
    assert_ne!(auth["application_token"], own);
    let auth = setup.received_call("r", json!({})).await["auth"].clone();
    assert_eq!(
        (auth.get("access_token"), &auth["application_token"]),
        (None, &own)
    );
    let auth = setup.received_call("r", json!({})).await["auth"].clone();
    assert!(auth["access_token"].is_string());
}

#[tokio::test]
async fn calls_are_doubled_or_lost() {
    let setup = Setup::start_with_robot().await;
    setup.portal.fault(Fault::DoubledCall, 1);
    setup.portal.fault(Fault::LostCall, 1);
    setup.portal.run("r", json!({})).await.unwrap();
    assert_eq!(setup.app.next_body().await, setup.app.next_body().await);

    let lost = setup.portal.run("r", json!({})).await.unwrap();
    // The next run is called, so the lost one will not be.
    let next = setup.portal.run("r", json!({})).await.unwrap();
    assert_eq!(
        setup.app.next_request().await["workflow_id"],
        json!(next.id())
    );
    assert!(lost.wait_called(Duration::ZERO).await.is_err() && lost.is_waiting());
    assert!(setup.app.is_quiet().await);
    let is_lost = |event: &Event| matches!(event, Event::CallLost { workflow_id } if workflow_id == lost.id());
    assert!(
        setup
            .portal
            .history()
            .iter()
            .any(|record| is_lost(&record.event))
    );
}

#[tokio::test]
async fn calls_come_without_tokens_or_with_a_wrong_application_token() {
    let setup = Setup::start_with_robot().await;
    // Faults of different groups apply together.
    setup.portal.fault(Fault::CallWithoutTokens, 1);
    setup.portal.fault(Fault::WrongApplicationToken, 1);
    let auth: Value = setup.received_call("r", json!({})).await["auth"].clone();
    assert_eq!(auth.get("access_token"), None);
    assert_eq!(auth["member_id"], json!(setup.portal.member_id()));
    let token = auth["application_token"].as_str().unwrap();
    assert!(token.len() == 32 && token != setup.installation.application_token());

    let auth = setup.received_call("r", json!({})).await["auth"].clone();
    assert_eq!(
        auth["application_token"],
        json!(setup.installation.application_token())
    );
    assert!(auth["access_token"].is_string());
}

#[tokio::test]
async fn a_connection_is_cut_at_any_byte() {
    let setup = Setup::start().await;
    let address = setup.portal.url().trim_start_matches("http://").to_owned();
    let token = setup.installation.access_token();
    let request = format!(
        "GET /rest/profile?auth={token} HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n"
    );
    let get_bytes = async || {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        // A cut may end in a reset.
        let _ = stream.read_to_end(&mut received).await;
        received
    };
    let whole = get_bytes().await.len();
    for bytes in [0, 1, 12, 100, whole - 20, whole * 2] {
        let fault = Fault::CutAfterBytes(bytes);
        setup.portal.fault_in("profile", fault, 1).unwrap();
        let received = get_bytes().await;
        assert!(received.len() <= bytes, "{bytes}: {}", received.len());
        if bytes < whole {
            assert_eq!(received.len(), bytes);
        }
        assert!(b"HTTP/1.1 200 OK".starts_with(received.get(..15).unwrap_or(&received)));
    }
    let requested = setup.portal.history().into_iter().filter(|record| {
        matches!(&record.event, Event::Requested { method, response: None, .. } if method == "profile")
    });
    assert_eq!(requested.count(), 6);
}

#[tokio::test]
async fn a_renamed_portal_redirects_to_its_new_address() {
    let setup = Setup::start().await;
    let client = http_client_without_redirects();
    for (to, expected) in [
        (
            "https://new.example",
            "https://new.example/rest/profile?a=1",
        ),
        (
            "https://new.example/",
            "https://new.example/rest/profile?a=1",
        ),
    ] {
        let fault = Fault::Moved(to.to_owned());
        setup.portal.fault_in("profile", fault, 1).unwrap();
        let url = format!("{}profile?a=1", setup.portal.endpoint());
        let response = client.post(url).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers()["location"].to_str().unwrap()
            ),
            (302, expected)
        );
    }
    let nonsense = Fault::Moved("https://a\nb".to_owned());
    setup.portal.fault_in("profile", nonsense, 1).unwrap();
    let url = format!("{}profile", setup.portal.endpoint());
    assert_eq!(client.post(url).send().await.unwrap().status(), 500);
}

#[tokio::test]
async fn an_error_may_come_after_execution() {
    let error = || Fault::ErrorAfterExecution {
        status: 500,
        code: "INTERNAL_SERVER_ERROR".to_owned(),
        description: "Internal server error".to_owned(),
    };
    for (fault, status) in [(error(), 500), (Fault::HtmlGatewayTimeout, 504)] {
        let setup = Setup::start_with_robot().await;
        let (workflow, call) = setup.run("r", json!({})).await;
        let token = call["event_token"].clone();
        let reply = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "got it"});
        setup.portal.fault(fault, 1);
        let response = setup.call("bizproc.event.send", reply.clone()).await;
        assert_eq!(response.0, status);
        let done = workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(
            (done.ending, done.log),
            (Ending::Replied, vec!["got it".to_owned()])
        );
        setup.ok("bizproc.event.send", reply).await;
        assert_eq!(workflow.log(), ["got it"]);
    }
}
