use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use bizproc_portal::Portal;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify, mpsc};

use crate::fixture::{Client, TIMEOUT, listen, read_form};

/// The settings page; it sends its portal the messages of the official script.
const SETTINGS: &str = include_str!("settings.html");

/// A page of another origin, whose message the portal must ignore.
const ELSEWHERE: &str = r#"<!doctype html><script>
  const [, , sid] = window.name.split("|");
  parent.postMessage(`setPropertyValue:{"greeting":"forged"}:cb1:${sid}`, "*");
</script>"#;

/// A settings page that uses the official client.
const SDK_SETTINGS: &str = include_str!("sdk.html");

#[derive(Debug)]
struct Inner {
    url: OnceLock<String>,
    calls: mpsc::UnboundedSender<Value>,
    /// What was posted into the frame of the settings page.
    openings: mpsc::UnboundedSender<Value>,
    /// Permits one reply.
    permits: Notify,
}

/// The application, which ends with the test.
#[derive(Debug)]
pub(crate) struct LetterApp {
    pub(crate) client_id: String,
    inner: Arc<Inner>,
    calls: Mutex<mpsc::UnboundedReceiver<Value>>,
    openings: Mutex<mpsc::UnboundedReceiver<Value>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for LetterApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl LetterApp {
    /// Starts it and installs it.
    pub(crate) async fn install(portal: &Portal) -> Self {
        let (call_sender, calls) = mpsc::unbounded_channel();
        let (opening_sender, openings) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            url: OnceLock::new(),
            calls: call_sender,
            openings: opening_sender,
            permits: Notify::new(),
        });
        let router = Router::new()
            .route("/event", post(event))
            .route("/letter", post(letter))
            .route("/quiet", post(quiet))
            .route("/settings", post(settings))
            .route("/elsewhere", get(async || Html(ELSEWHERE)))
            .route("/sdk", post(async || Html(SDK_SETTINGS)))
            .route("/sdk.js", get(sdk))
            .with_state(Arc::clone(&inner));
        let (url, server) = listen(router).await;
        inner.url.set(url.clone()).unwrap();
        let installation = portal.install(&format!("{url}/event")).await.unwrap();
        Self {
            client_id: installation.client_id().to_owned(),
            inner,
            calls: Mutex::new(calls),
            openings: Mutex::new(openings),
            server,
        }
    }

    /// The next call of a handler.
    pub(crate) async fn call(&self) -> Value {
        let next = async { self.calls.lock().await.recv().await };
        tokio::time::timeout(TIMEOUT, next).await.unwrap().unwrap()
    }

    /// What opened the settings page next.
    pub(crate) async fn opening(&self) -> Value {
        let next = async { self.openings.lock().await.recv().await };
        tokio::time::timeout(TIMEOUT, next).await.unwrap().unwrap()
    }

    /// Lets the handler reply.
    pub(crate) fn reply(&self) {
        self.inner.permits.notify_one();
    }
}

fn client(form: &Value) -> Client {
    let auth = &form["auth"];
    Client::new(
        auth["client_endpoint"].as_str().unwrap(),
        auth["access_token"].as_str().map(str::to_owned),
    )
}

async fn event(State(app): State<Arc<Inner>>, body: String) -> &'static str {
    let form = read_form(&body);
    if form["event"] == json!("ONAPPINSTALL") {
        let portal = client(&form);
        let url = app.url.get().unwrap();
        for (method, definition) in definitions(url) {
            portal.ok(method, definition).await;
        }
    }
    "ok"
}

/// A robot with every type of property, an activity without a reply, robots with a settings page.
fn definitions(url: &str) -> [(&'static str, Value); 4] {
    let letter = json!({
        "CODE": "acme_letter", "HANDLER": format!("{url}/letter"), "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y",
        "NAME": {"en": "Send a letter", "de": "Brief senden"},
        "DESCRIPTION": {"en": "Prints a letter and posts it.", "de": "Druckt einen Brief und schickt ihn ab."},
        "PROPERTIES": {
            "subject": {"Name": {"en": "Subject", "de": "Betreff"}, "Description": {"en": "Stands above the letter", "de": "Steht über dem Brief"},
                "Type": "string", "Required": "Y", "Default": "{=Document:TITLE}"},
            "body": {"Name": {"en": "Text", "de": "Text"}, "Type": "text"},
            "copies": {"Name": {"en": "Copies", "de": "Kopien"}, "Type": "int", "Default": "1"},
            "weight": {"Name": {"en": "Weight", "de": "Gewicht"}, "Type": "double"},
            "registered": {"Name": {"en": "Registered", "de": "Einschreiben"}, "Type": "bool"},
            "format": {"Name": {"en": "Format", "de": "Format"}, "Type": "select", "Options": {"a4": "A4", "us": "US Letter"}, "Default": "a4"},
            "day": {"Name": {"en": "Post on", "de": "Absenden am"}, "Type": "date"},
            "reminders": {"Name": {"en": "Remind at", "de": "Erinnern um"}, "Type": "datetime", "Multiple": "Y"},
            "recipients": {"Name": {"en": "Recipients", "de": "Empfänger"}, "Type": "user", "Multiple": "Y"},
            "enclosure": {"Name": {"en": "Enclosure", "de": "Anlage"}, "Type": "file"},
            "number": {"Name": {"en": "Customer number", "de": "Kundennummer"}, "Type": "int"},
        },
        "RETURN_PROPERTIES": {"tracking": {"Name": {"en": "Tracking number", "de": "Sendungsnummer"}, "Type": "string", "Multiple": "N", "Default": null}},
        "FILTER": {"INCLUDE": [["crm", "CCrmDocumentDeal"], ["crm", "CCrmDocumentLead"]]},
    });
    let approval = json!({
        "CODE": "acme_approval", "HANDLER": format!("{url}/quiet"), "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y",
        "NAME": {"en": "Ask for approval"},
        "PROPERTIES": {"odd": {"Name": {"en": "Odd"}, "Type": "boolean"}},
    });
    let placed = json!({
        "CODE": "acme_placed", "HANDLER": format!("{url}/letter?placed"), "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y",
        "NAME": {"en": "With a page of its own"},
        "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": format!("{url}/settings"),
        "PROPERTIES": {
            "greeting": {"Name": {"en": "Greeting"}, "Type": "string"},
            "tags": {"Name": {"en": "Tags"}, "Type": "string", "Multiple": "Y"},
        },
    });
    let mut by_sdk = placed.clone();
    by_sdk["CODE"] = json!("acme_sdk");
    by_sdk["NAME"] = json!({"en": "With a page by the official client"});
    by_sdk["PLACEMENT_HANDLER"] = json!(format!("{url}/sdk"));
    [
        ("bizproc.robot.add", letter),
        ("bizproc.activity.add", approval),
        ("bizproc.robot.add", placed),
        ("bizproc.robot.add", by_sdk),
    ]
}

async fn letter(State(app): State<Arc<Inner>>, body: String) -> &'static str {
    let form = read_form(&body);
    let portal = client(&form);
    let token = form["event_token"].clone();
    app.calls.send(form).unwrap();
    tokio::spawn(async move {
        app.permits.notified().await;
        let line = json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "The letter is printed"});
        portal.call("bizproc.activity.log", line).await;
        let reply = json!({
            "EVENT_TOKEN": token, "RETURN_VALUES": {"tracking": "RR 123 456 785 DE"}, "LOG_MESSAGE": "The letter is posted",
        });
        portal.call("bizproc.event.send", reply).await;
    });
    "ok"
}

async fn quiet(State(app): State<Arc<Inner>>, body: String) -> &'static str {
    app.calls.send(read_form(&body)).unwrap();
    "ok"
}

async fn settings(State(app): State<Arc<Inner>>, body: String) -> Html<&'static str> {
    app.openings.send(read_form(&body)).unwrap();
    Html(SETTINGS)
}

/// Where `tests/run` puts the official client.
pub(crate) fn sdk_file() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients/javascript/node_modules/@bitrix24/b24jssdk/dist/umd/index.min.js")
}

async fn sdk() -> ([(&'static str, &'static str); 1], String) {
    let script = std::fs::read_to_string(sdk_file()).unwrap();
    ([("Content-Type", "text/javascript; charset=utf-8")], script)
}
