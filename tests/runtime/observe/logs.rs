//! What an application logs: documented fields, outcomes, and never a token.

use std::collections::BTreeSet;

use bizproc_portal::{Event, Fault};
use bizproc_runtime::Call;
use serde_json::json;

use crate::fixture::TestApp;
use crate::fixture::alone::is_alone;
use crate::fixture::logs::{Line, capture, lines};
use crate::fixture::robots::Ping;

/// The lines of the runtime.
fn own() -> Vec<Line> {
    lines().into_iter().filter(Line::is_own).collect()
}

/// The outcomes of one call within a span, in order.
fn outcomes(event: &str, span: &str) -> Vec<String> {
    own()
        .iter()
        .filter(|line| line.span == Some(span) && line.get("event") == Some(event))
        .filter_map(|line| line.get("outcome").map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn a_call_is_followed_by_its_event_from_call_to_reply() {
    if !is_alone(a_call_is_followed_by_its_event_from_call_to_reply) {
        return;
    }
    capture();
    let app = TestApp::count(2).await;
    app.portal.fault(Fault::HtmlBadGateway, 1);
    let workflow_id = app.run_count("fail once").await.workflow_id;
    app.final_state().await;
    let event = app.calls().await[0].event_token.fingerprint();
    assert_eq!(outcomes(&event, "accept"), ["accepted"]);
    assert_eq!(outcomes(&event, "call"), ["retry", "replied"]);
    assert_eq!(outcomes(&event, "reply"), ["retry", "completed"]);
    let lines = own();
    let of_call = lines.iter().filter(|line| {
        line.get("event") == Some(&event) && matches!(line.span, Some("accept" | "call" | "reply"))
    });
    let mut seen = 0;
    for line in of_call {
        assert_eq!(line.get("portal"), Some(app.portal.member_id()));
        assert_eq!(line.get("robot"), Some("acme_count"));
        let own = if line.span == Some("accept") {
            line.get("workflow") == Some(workflow_id.as_str())
        } else {
            line.get("attempt").is_some()
        };
        assert!(own, "{line:?}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen}");
}

#[tokio::test]
async fn a_line_of_the_robots_code_has_the_fields_of_its_call() {
    if !is_alone(a_line_of_the_robots_code_has_the_fields_of_its_call) {
        return;
    }
    capture();
    let code = |call: Call<Ping>| async move {
        tracing::info!("pinged by its own code");
        call.reply(()).await
    };
    let app = TestApp::start("acme_ping", |app| app.robot(code)).await;
    app.start_workflow("acme_ping", json!({})).await;
    app.final_state().await;
    let event = app.calls().await[0].event_token.fingerprint();
    let line = lines()
        .into_iter()
        .find(|line| line.get("message") == Some("pinged by its own code"))
        .unwrap();
    assert_eq!(line.span, Some("call"));
    assert_eq!(line.get("event"), Some(event.as_str()));
    assert_eq!(line.get("robot"), Some("acme_ping"));
}

/// The field names of the documentation's first table.
fn documented_fields() -> BTreeSet<String> {
    let text = include_str!("../../../bizproc-runtime/docs/observing.md");
    let (_, table) = text.split_once("| Field |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `"));
    let names = rows.map(|row| row.split('`').next().unwrap().to_owned());
    names.collect()
}

#[tokio::test]
async fn no_failure_logs_a_token_or_an_undocumented_field() {
    if !is_alone(no_failure_logs_a_token_or_an_undocumented_field) {
        return;
    }
    capture();
    let mut secrets = Vec::new();
    for (mode, fault) in [
        ("panic", Fault::CutAfterExecution),
        ("fail", Fault::HtmlBadGateway),
        ("", Fault::error(401, "invalid_token", "no")),
        ("", Fault::error(400, "ERROR_ARGUMENT", "no")),
        ("", Fault::CallWithoutTokens),
        ("", Fault::DoubledCall),
    ] {
        let app = TestApp::count(1).await;
        app.portal.fault(fault, 1);
        app.start_count(mode).await;
        app.final_state().await;
        let token = app.calls().await[0].event_token.as_str().to_owned();
        let (_, signature) = token.rsplit_once('.').unwrap();
        secrets.push(signature.to_owned());
        secrets.push(app.installation.access_token());
        secrets.push(app.installation.application_token());
        secrets.extend(sent_tokens(&app));
        // A forged request, and one that is no call.
        let member_id = app.portal.member_id();
        let call = format!("event_token={token}&code=x&workflow_id=w&auth[member_id]={member_id}");
        let forged = format!("{call}&auth[application_token]=forged-application-token");
        assert_eq!(app.post("/robot", forged).await.0, 403);
        assert_eq!(app.post("/robot", format!("{call}x&code=")).await.0, 400);
    }
    secrets.push("forged-application-token".to_owned());
    assert!(secrets.len() > 30 && secrets.iter().all(|secret| secret.len() > 10));

    let documented = documented_fields();
    let logged = lines();
    for line in &logged {
        for (name, value) in &line.fields {
            let secret = secrets.iter().find(|secret| value.contains(*secret));
            assert!(secret.is_none(), "{secret:?} in {line:?}");
            assert!(
                !line.is_own() || *name == "message" || documented.contains(*name),
                "`{name}` is not documented: {line:?}"
            );
        }
    }
    let is_logged = |outcome: &str| {
        logged
            .iter()
            .any(|line| line.get("outcome") == Some(outcome))
    };
    for outcome in ["failed", "retry", "dead", "completed"] {
        assert!(is_logged(outcome), "nothing ended as `{outcome}`");
    }
}

/// The tokens that the portal sent: the fields of its bodies that have such names.
fn sent_tokens(app: &TestApp) -> Vec<String> {
    let history = app.portal.history().into_iter();
    let bodies = history.filter_map(|record| match record.event {
        Event::Called { request, .. } => Some(request.body.as_bytes().to_vec()),
        _ => None,
    });
    let mut tokens = Vec::new();
    for body in bodies {
        for (name, value) in url::form_urlencoded::parse(&body) {
            let is_token = ["access_token]", "refresh_token]", "application_token]"]
                .iter()
                .any(|end| name.ends_with(end));
            if is_token && !value.is_empty() {
                tokens.push(value.into_owned());
            }
        }
    }
    tokens
}
