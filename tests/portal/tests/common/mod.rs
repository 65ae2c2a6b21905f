//! What the tests share: a REST client and an application that takes calls.
#![allow(dead_code, reason = "every test file uses its own part")]

pub(crate) mod offline;
pub(crate) mod slow;

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    routing::{any, post},
};
use bizproc_portal::{Builder, Installation, Portal, php};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Long enough for a busy machine, never waited for in a test that passes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A handler address that passes the rules and is never called.
pub(crate) const NOWHERE: &str = "https://app.example/h";

/// The code of most refusals.
pub(crate) const VALIDATION: &str = "ERROR_ACTIVITY_VALIDATION_FAILURE";

/// Parameters that pass every check, with some replaced; null removes one.
#[allow(
    clippy::needless_pass_by_value,
    reason = "it is given a fresh `json!` everywhere"
)]
pub(crate) fn with(changes: Value) -> Value {
    let mut params = json!({"CODE": "a", "HANDLER": NOWHERE, "NAME": "n"});
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            params.as_object_mut().unwrap().remove(name);
        } else {
            params[name] = value.clone();
        }
    }
    params
}

/// A REST client with a token.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    endpoint: String,
    token: Option<String>,
}

/// A status and an answer.
pub(crate) type Answer = (u16, Value);

impl Client {
    pub(crate) fn new(endpoint: impl Into<String>, token: Option<String>) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            endpoint: endpoint.into(),
            token,
        }
    }

    pub(crate) async fn call(&self, method: &str, mut params: Value) -> Answer {
        if let Some(token) = &self.token {
            params["auth"] = json!(token);
        }
        self.raw(method, "application/json", params.to_string())
            .await
    }

    /// A call that must give `true`.
    pub(crate) async fn ok(&self, method: &str, params: Value) {
        let (status, answer) = self.call(method, params.clone()).await;
        assert_eq!(
            (status, &answer["result"]),
            (200, &json!(true)),
            "{method} {params}: {answer}"
        );
    }

    pub(crate) async fn raw(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.try_raw(path, content_type, body).await.unwrap()
    }

    pub(crate) async fn try_raw(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::Result<Answer> {
        let request = self
            .http
            .post(format!("{}{path}", self.endpoint))
            .header("Content-Type", content_type);
        let response = request.body(body).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let response = self
            .http
            .get(format!("{}{path}", self.endpoint))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&response.text().await.unwrap()).unwrap(),
        )
    }
}

/// What must be refused, and how.
pub(crate) fn assert_refused(answer: &Answer, status: u16, code: &str, text: &str, what: &str) {
    let expected = json!({"error": code, "error_description": text});
    assert_eq!(answer, &(status, expected), "{what}");
}

/// A parameter that must be refused; its name stands beside the text.
pub(crate) fn assert_argument(answer: &Answer, name: &str, text: &str) {
    let expected = json!({"error": "ERROR_ARGUMENT", "error_description": text, "argument": name});
    assert_eq!(answer, &(400, expected));
}

/// The `auth` block of a request that has no tokens: what names the portal, and nothing else.
pub(crate) fn assert_without_tokens(auth: &Value) {
    let names: Vec<&String> = auth.as_object().unwrap().keys().collect();
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
}

/// What a frame is opened with: the tokens the application has now, on a portal with the scope `bizproc,placement`.
pub(crate) fn frame_of_a_trial(
    portal: &Portal,
    installation: &Installation,
    placement: &str,
    options: &Value,
) -> Value {
    json!({
        "AUTH_ID": installation.access_token(),
        "AUTH_EXPIRES": "3600",
        "REFRESH_ID": installation.refresh_token(),
        "SERVER_ENDPOINT": format!("{}/rest/", portal.oauth_url()),
        "APPLICATION_TOKEN": installation.application_token(),
        "APPLICATION_SCOPE": "bizproc,placement",
        "member_id": portal.member_id(),
        "status": "T",
        "PLACEMENT": placement,
        "PLACEMENT_OPTIONS": options,
    })
}

/// Serves on a free port; where, and the server.
pub(crate) async fn listen(router: Router) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (origin, server)
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect(what);
}

/// An application that keeps every request and answers each with 200.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) url: String,
    requests: tokio::sync::Mutex<mpsc::UnboundedReceiver<Bytes>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl App {
    pub(crate) async fn start() -> Self {
        let (sender, requests) = mpsc::unbounded_channel();
        let router = Router::new()
            .fallback(any(keep))
            .with_state(Arc::new(Mutex::new(sender)));
        let (url, server) = listen(router).await;
        Self {
            url,
            requests: tokio::sync::Mutex::new(requests),
            server,
        }
    }

    /// The next request, as it came and as PHP reads it.
    pub(crate) async fn request(&self) -> (String, Value) {
        let next = async { self.requests.lock().await.recv().await };
        let body = tokio::time::timeout(PATIENCE, next)
            .await
            .expect("a request in time")
            .unwrap();
        (
            String::from_utf8(body.to_vec()).unwrap(),
            php::parse_str(&body).to_json(),
        )
    }

    /// Whether no request is waiting to be read.
    pub(crate) async fn is_quiet(&self) -> bool {
        self.requests.lock().await.is_empty()
    }
}

async fn keep(
    State(sender): State<Arc<Mutex<mpsc::UnboundedSender<Bytes>>>>,
    body: Bytes,
) -> &'static str {
    sender.lock().unwrap().send(body).unwrap();
    "ok"
}

/// A portal with an installed application.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) portal: Portal,
    pub(crate) app: App,
    pub(crate) installation: Installation,
    /// With the administrator's token.
    pub(crate) client: Client,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(Portal::builder()).await
    }

    pub(crate) async fn with(builder: Builder) -> Self {
        let (portal, app) = (builder.start().await.unwrap(), App::start().await);
        let installation = portal.install(&format!("{}/event", app.url)).await.unwrap();
        app.request().await;
        let client = Client::new(portal.endpoint(), Some(installation.access_token()));
        Self {
            portal,
            app,
            installation,
            client,
        }
    }

    /// Another caller of the same portal.
    pub(crate) fn client_with(&self, token: Option<String>) -> Client {
        Client::new(self.portal.endpoint(), token)
    }

    /// Registers `fields` as a robot that waits, with the application's handler.
    pub(crate) async fn robot(&self, code: &str, fields: Value) {
        self.register("bizproc.robot.add", code, fields).await;
    }

    pub(crate) async fn register(&self, method: &str, code: &str, fields: Value) {
        let mut params = json!({
            "CODE": code, "HANDLER": format!("{}/robot", self.app.url), "NAME": code,
            "USE_SUBSCRIPTION": "Y", "AUTH_USER_ID": 1,
        });
        for (name, value) in fields.as_object().unwrap() {
            params[name] = value.clone();
        }
        self.client.ok(method, params).await;
    }

    /// Binds a path of the application to an event.
    pub(crate) async fn bind(&self, event: &str, path: &str) {
        let handler = format!("{}{path}", self.app.url);
        let params = json!({"event": event, "handler": handler});
        self.client.ok("event.bind", params).await;
    }

    /// Runs a robot and gives the call as PHP reads it.
    pub(crate) async fn call_of(&self, code: &str, inputs: Value) -> Value {
        self.portal.run(code, inputs).await.unwrap();
        self.app.request().await.1
    }
}

/// Starts an application whose robot `shout` replies with its input in upper case; its address, and its server.
pub(crate) async fn shouting_app() -> (String, tokio::task::JoinHandle<()>) {
    let own_url = Arc::new(OnceLock::new());
    let router = Router::new()
        .route("/", post(shout))
        .with_state(Arc::clone(&own_url));
    let (origin, server) = listen(router).await;
    let url = format!("{origin}/");
    own_url.set(url.clone()).unwrap();
    (url, server)
}

/// An application that takes its installation, registers a robot with the token it got, and answers its calls.
async fn shout(State(own_url): State<Arc<OnceLock<String>>>, body: Bytes) -> &'static str {
    let form = php::parse_str(&body).to_json();
    let auth = &form["auth"];
    let portal = Client::new(
        auth["client_endpoint"].as_str().unwrap(),
        auth["access_token"].as_str().map(str::to_owned),
    );
    if form["event"] == json!("ONAPPINSTALL") {
        let definition = json!({
            "CODE": "shout", "HANDLER": own_url.get().unwrap(), "NAME": {"en": "Shout"},
            "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y",
            "PROPERTIES": {"text": {"Name": "Text", "Type": "string", "Default": "{=Document:NAME}"}},
            "RETURN_PROPERTIES": {"shouted": {"Name": "Shouted", "Type": "string", "Multiple": "N", "Default": null}},
        });
        portal.ok("bizproc.robot.add", definition).await;
    } else {
        let token = &form["event_token"];
        portal
            .ok(
                "bizproc.activity.log",
                json!({"EVENT_TOKEN": token, "LOG_MESSAGE": "thinking"}),
            )
            .await;
        let shouted = form["properties"]["text"].as_str().unwrap().to_uppercase();
        let reply = json!({"EVENT_TOKEN": token, "RETURN_VALUES": {"SHOUTED": shouted}, "LOG_MESSAGE": "done"});
        portal.ok("bizproc.event.send", reply).await;
    }
    "ok"
}
