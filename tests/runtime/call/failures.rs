//! What the workflow's outputs hold after a robot has failed.

use bizproc_portal::{Ending, Outcome};
use bizproc_runtime::property::MAX_FAILURE_TEXT_CHARS;
use bizproc_runtime::{App, Call, Error, Replied, Result, ReturnValues, Robot, Select, Text};
use serde_json::{Value, json};

use crate::fixture::TestApp;

/// Create invoice
#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Invoice)]
struct CreateInvoice {
    mode: String,
    copies: Option<u8>,
}

#[derive(ReturnValues)]
struct Invoice {
    #[property(default = "none")]
    number: String,
    #[property(default = true)]
    is_new: bool,
    #[property(failure = 0)]
    cents: u32,
    #[property(default = Status::Sent, failure = Status::Failed)]
    status: Status,
    #[property(failure = ["none"])]
    recipients: Vec<String>,
    #[property(flatten)]
    failure: Failure,
}

#[derive(ReturnValues)]
struct Failure {
    #[property(failure)]
    error: Option<String>,
    #[property(failure)]
    details: Text,
    #[property(default = true, failure = false)]
    succeeded: bool,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Status {
    Sent,
    Failed,
}

async fn create_invoice(call: Call<CreateInvoice>) -> Result<Replied> {
    match call.input.mode.as_str() {
        "fail" => Err(Error::handler("the customer has no address")),
        "fail at length" => Err(Error::handler("ж".repeat(5_000))),
        "panic" => panic!("the robot's own panic"),
        _ => {
            let copies = call.input.copies.unwrap_or(1);
            let invoice = Invoice {
                number: format!("A-{copies}"),
                is_new: true,
                cents: 1_500,
                status: Status::Sent,
                recipients: vec!["anna@acme.example".to_owned()],
                failure: Failure {
                    error: None,
                    details: Text::default(),
                    succeeded: true,
                },
            };
            call.reply(invoice).await
        }
    }
}

/// What a workflow with one invoice ends with.
async fn invoice(properties: Value) -> Outcome {
    let app = TestApp::start("acme_invoice", |app| {
        app.robot(create_invoice).max_attempts(1)
    })
    .await;
    app.run("acme_invoice", properties).await
}

/// Checks the outputs of a failed run, and the line in the log.
fn check(outcome: &Outcome, text: &str) {
    assert_eq!(outcome.ending, Ending::Replied);
    let expected = json!({
        "number": "none",
        "is_new": "Y",
        "cents": 0,
        "status": "failed",
        "recipients": ["none"],
        "error": text,
        "details": text,
        "succeeded": "N",
    });
    assert_eq!(Value::Object(outcome.return_values.clone()), expected);
    let line = format!("The robot `acme_invoice` failed: {text}");
    assert_eq!(outcome.log, [line]);
}

#[tokio::test]
async fn an_error_is_in_the_outputs_and_the_log() {
    let failed = invoice(json!({"mode": "fail"})).await;
    check(&failed, "the customer has no address");
}

#[tokio::test]
async fn a_panic_is_an_error() {
    let failed = invoice(json!({"mode": "panic"})).await;
    let text = "the robot's code panicked; its message stands in the program's output";
    check(&failed, text);
}

#[tokio::test]
async fn a_property_that_does_not_fit_is_an_error() {
    let failed = invoice(json!({"mode": "create", "copies": "many"})).await;
    let text = failed.return_values["error"].as_str().unwrap();
    assert!(text.contains("copies") && text.contains("many"), "{text}");
    check(&failed, text);
}

#[tokio::test]
async fn a_long_text_is_cut_in_the_outputs_and_whole_in_the_log() {
    let failed = invoice(json!({"mode": "fail at length"})).await;
    let error = failed.return_values["error"].as_str().unwrap();
    assert_eq!(error.chars().count(), MAX_FAILURE_TEXT_CHARS);
    assert!(error.ends_with("ж…"), "{error}");
    assert_eq!(failed.return_values["details"], error);
    assert!(failed.log[0].contains(&"ж".repeat(5_000)));
}

#[tokio::test]
async fn a_reply_has_no_values_of_a_failure() {
    let done = invoice(json!({"mode": "create", "copies": 2})).await;
    assert_eq!(done.return_values["number"], "A-2");
    assert_eq!(done.return_values["status"], "sent");
    assert_eq!(done.return_values["succeeded"], "Y");
    assert_eq!(done.return_values["error"], Value::Null);
}

/// Explode
#[derive(Robot)]
#[robot(code = "acme_explode", returns = Exploded)]
struct Explode;

#[derive(ReturnValues)]
struct Exploded {
    #[property(default = "unlit", failure = fuse())]
    fuse: String,
    #[property(failure)]
    error: String,
}

fn fuse() -> String {
    panic!("the value's own panic")
}

#[tokio::test]
async fn a_failure_value_that_panics_releases_the_workflow() {
    let explode = |_: Call<Explode>| async move { Err::<Replied, _>(Error::handler("wet powder")) };
    let robots = |app: App| app.robot(explode).max_attempts(1);
    let app = TestApp::start("acme_explode", robots).await;
    let failed = app.run("acme_explode", json!({})).await;
    assert_eq!(failed.ending, Ending::Replied);
    let expected = json!({"fuse": "unlit", "error": null});
    assert_eq!(Value::Object(failed.return_values), expected);
    assert_eq!(failed.log, ["The robot `acme_explode` failed: wet powder"]);
}
