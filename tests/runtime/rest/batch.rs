//! Batches on the emulated portal: commands, results, errors.

use std::time::Duration;

use bizproc_portal::{BatchRefusal, Document, Event, Fault, Portal, Workflow};
use bizproc_runtime::ErrorKind;
use bizproc_runtime::rest::{Batch, Client, EventToken};
use serde_json::{Map, Value, json};

use crate::fixture::{TIMEOUT, finish};

/// A portal with the robot `acme_echo`, whose calls the tests reply to themselves.
struct Setup {
    portal: Portal,
    client: Client,
    handler: String,
}

async fn set_up() -> Setup {
    set_up_on(Portal::start().await.unwrap()).await
}

async fn set_up_on(portal: Portal) -> Setup {
    let router = axum::Router::new().fallback(async || "");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let handler = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let installation = portal.install(&handler).await.unwrap();
    let client = Client::new(&portal.endpoint(), installation.access_token()).unwrap();
    let mut batch = Batch::new();
    batch
        .add("bizproc.robot.add", robot("acme_echo", &handler))
        .unwrap();
    batch.add("bizproc.robot.list", json!({})).unwrap();
    let results = client.batch(&batch).await.unwrap().results.into_iter();
    let results: Vec<_> = results.map(|result| result.unwrap().result).collect();
    assert_eq!(results, [json!(true), json!(["acme_echo"])]);
    Setup {
        portal,
        client,
        handler,
    }
}

fn robot(code: &str, handler: &str) -> Value {
    let output = |kind: &str, multiple: &str| json!({"NAME": {"en": "Out # | & ="}, "TYPE": kind, "MULTIPLE": multiple});
    json!({
        "CODE": code, "HANDLER": handler, "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y",
        "NAME": {"en": "Echo", "ru": "Эхо"},
        "RETURN_PROPERTIES": {
            "text": output("string", "N"), "list": output("string", "Y"), "number": output("double", "N"),
        },
    })
}

impl Setup {
    /// Starts a workflow; returns it with the token of its call.
    async fn start_workflow(&self) -> (Workflow, EventToken) {
        let workflow = self.portal.run("acme_echo", json!({})).await.unwrap();
        let call = workflow.wait_called(TIMEOUT).await.unwrap().body.form();
        let token = call["event_token"].as_str().unwrap().to_owned();
        (workflow, EventToken::new(token))
    }

    /// How many batches the portal received.
    fn batches(&self) -> usize {
        let history = self.portal.history();
        let is_batch =
            |event: &Event| matches!(event, Event::Requested { method, .. } if method == "batch");
        let batches = history.iter().filter(|record| is_batch(&record.event));
        batches.count()
    }
}

fn values(values: &Value) -> Map<String, Value> {
    values.as_object().unwrap().clone()
}

#[tokio::test]
async fn replies_of_one_batch_reach_their_workflows() {
    let setup = set_up().await;
    let replies = [
        json!({"text": "100% & a=b#c|d+e [x] é $5", "list": ["a", "b c"], "number": 12.5}),
        json!({"text": "0", "list": ["x"], "number": 0}),
        json!({"text": ""}),
        json!({}),
    ];
    let mut batch = Batch::new();
    let mut workflows = Vec::new();
    for reply in &replies {
        let (workflow, token) = setup.start_workflow().await;
        batch
            .event_send(&token, &values(reply), Some("done & gone"))
            .unwrap();
        workflows.push(workflow);
    }
    let before = setup.batches();
    let batched = setup.client.batch(&batch).await.unwrap();
    assert_eq!(setup.batches(), before + 1);
    assert!(batched.time.duration.is_some());
    assert!(
        batched
            .results
            .iter()
            .all(|result| result.as_ref().unwrap().result == true)
    );
    let expected = [
        // In a form every number is a text.
        json!({"text": "100% & a=b#c|d+e [x] é $5", "list": ["a", "b c"], "number": "12.5"}),
        json!({"text": "0", "list": ["x"], "number": "0"}),
        json!({"text": "", "list": null, "number": null}),
        json!({"text": null, "list": null, "number": null}),
    ];
    for (workflow, expected) in workflows.iter().zip(expected) {
        let outcome = finish(workflow).await;
        for name in ["text", "list", "number"] {
            assert_eq!(outcome.return_values[name], expected[name], "{name}");
        }
        assert_eq!(outcome.log, ["done & gone"]);
    }
}

#[tokio::test]
async fn a_refused_command_stops_no_other() {
    let setup = set_up().await;
    let (workflow, token) = setup.start_workflow().await;
    let mut batch = Batch::new();
    batch
        .add("bizproc.robot.delete", json!({"CODE": "acme_unknown"}))
        .unwrap();
    batch
        .event_send(&token, &values(&json!({"text": "x"})), None)
        .unwrap();
    batch.add("no.such.method", json!({})).unwrap();
    batch.add("app.info", json!({})).unwrap();
    let results = setup.client.batch(&batch).await.unwrap().results;
    let codes: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().and_then(|error| error.code()))
        .collect();
    let expected = [
        Some("ERROR_ACTIVITY_NOT_FOUND"),
        None,
        Some("ERROR_METHOD_NOT_FOUND"),
        None,
    ];
    assert_eq!(codes, expected);
    let error = results[0].as_ref().unwrap_err().to_string();
    assert!(
        error.starts_with("`bizproc.robot.delete` in a batch: the portal answered"),
        "{error}"
    );
    assert_eq!(results[3].as_ref().unwrap().result["STATUS"], "L");
    assert_eq!(finish(&workflow).await.return_values["text"], "x");
}

#[tokio::test]
async fn a_batch_holds_fifty_commands_and_refuses_the_next() {
    // A portal that refuses a longer batch as a whole.
    let portal = Portal::builder()
        .batch_overflow(BatchRefusal::WholeCall)
        .start()
        .await
        .unwrap();
    let setup = set_up_on(portal).await;
    let mut batch = Batch::new();
    for number in 0..50 {
        let code = format!("acme_{number}");
        batch
            .add("bizproc.robot.add", robot(&code, &setup.handler))
            .unwrap();
    }
    assert!(batch.is_full());
    let refused = batch.add("bizproc.robot.list", json!({})).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
    let results = setup.client.batch(&batch).await.unwrap().results;
    assert_eq!(results.len(), 50);
    assert!(
        results
            .into_iter()
            .all(|result| result.unwrap().result == true)
    );
    assert_eq!(setup.portal.robots().len(), 51);
}

/// The emulator replaces references as the platform does: a text that looks like one must never be
/// part of a batch.
#[tokio::test]
async fn a_text_that_looks_like_a_reference_is_not_batched() {
    let setup = set_up().await;
    let reply = values(&json!({"text": "for $Result[0]"}));
    let params = json!({"RETURN_VALUES": reply});
    assert!(!Batch::supports(&params));
    let (workflow, token) = setup.start_workflow().await;
    let refused = Batch::new().event_send(&token, &reply, None).unwrap_err();
    assert!(
        refused.to_string().contains("`RETURN_VALUES[text]`"),
        "{refused}"
    );
    setup.client.event_send(&token, &reply, None).await.unwrap();
    let outcome = finish(&workflow).await;
    assert_eq!(outcome.return_values["text"], "for $Result[0]");
}

#[tokio::test]
async fn every_command_has_its_time_and_its_page() {
    let setup = set_up().await;
    for number in 1..=60 {
        setup.portal.create_document(Document::deal(number));
    }
    let slow = Fault::Slow(Duration::from_secs(30));
    setup.portal.fault_in("server.time", slow, 1).unwrap();
    let mut batch = Batch::new();
    batch
        .add(
            "crm.deal.list",
            json!({"select": ["ID"], "order": {"ID": "ASC"}}),
        )
        .unwrap();
    batch.add("server.time", json!({})).unwrap();
    batch.add("crm.deal.list", json!({"start": 50})).unwrap();
    let results = setup.client.batch(&batch).await.unwrap().results;
    let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    let [first, slow, last] = results.try_into().unwrap();
    assert_eq!((first.next, first.total), (Some(50), Some(60)));
    assert_eq!((last.next, last.total), (None, Some(60)));
    assert_eq!(last.result.as_array().unwrap().len(), 10);
    let operating = slow.time.operating.unwrap();
    assert!((30.0..31.0).contains(&operating), "{operating}");
    assert!(slow.time.operating_reset_at.is_some());
    assert!(first.time.operating.unwrap() < 1.0);
}

#[tokio::test]
async fn an_error_of_the_request_is_the_error_of_the_batch() {
    let setup = set_up().await;
    let mut batch = Batch::new();
    batch.add("app.info", json!({})).unwrap();
    for (fault, kind) in [
        (Fault::query_limit(), ErrorKind::Rejected),
        (Fault::HtmlBadGateway, ErrorKind::InvalidResponse),
        (Fault::CutAfterExecution, ErrorKind::NoResponse),
    ] {
        setup.portal.fault_in("batch", fault, 1).unwrap();
        let error = setup.client.batch(&batch).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with("`batch`: "), "{error}");
    }
    let stranger = setup.client.with_token("wrong".into());
    let error = stranger.batch(&batch).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    // A server error inside a batch may come after the method has done its work.
    setup
        .portal
        .fault_in("app.info", Fault::internal_error(), 1)
        .unwrap();
    let results = setup.client.batch(&batch).await.unwrap().results;
    assert!(results[0].as_ref().unwrap_err().is_ambiguous());
    let before = setup.batches();
    let response = setup.client.batch(&Batch::new()).await.unwrap();
    assert!(response.results.is_empty());
    assert_eq!(setup.batches(), before, "nothing to send");
}
