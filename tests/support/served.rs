//! An application that serves itself, and a portal that installed it.

use std::sync::Arc;
use std::time::Duration;

use bizproc_portal::{Fault, Installation, Portal, Workflow};
use bizproc_runtime::App;
use bizproc_runtime::store::{Filter, Record, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{CLIENT_SECRET, SOON};

pub(crate) struct Served {
    pub(crate) portal: Portal,
    pub(crate) installation: Installation,
    pub(crate) store: Arc<dyn Store>,
    /// Where it listens, such as `127.0.0.1:8080`.
    pub(crate) address: String,
    pub(crate) server: JoinHandle<bizproc_runtime::Result<()>>,
}

impl Served {
    /// Starts both, installs the application and waits for the robot with this code.
    pub(crate) async fn with(
        store: Arc<dyn Store>,
        code: &str,
        app: impl FnOnce(App) -> App,
    ) -> Self {
        let portal = Portal::start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let own = App::new(format!("http://{address}"))
            .oauth_host("127.0.0.1")
            .client_secret(CLIENT_SECRET)
            .say_again([])
            .store(Arc::clone(&store));
        let server = tokio::spawn(app(own).serve(listener));
        let installation = portal
            .install(&format!("http://{address}/install"))
            .card("local.acme", CLIENT_SECRET)
            .await
            .unwrap();
        portal.registered(code, SOON).await.unwrap();
        Self {
            portal,
            installation,
            store,
            address,
            server,
        }
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        self.store.records(&Filter::default()).await.unwrap()
    }

    /// Posts a form to the robots' address.
    pub(crate) async fn post(&self, body: &str) -> Reply {
        self.send(&post(body)).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Sends bytes over a connection of their own: what comes back until the application closes it.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect().await;
        // Whoever is refused early cannot send everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        answer(&mut stream).await
    }

    /// Whether the application says that it is well.
    pub(crate) async fn is_well(&self) -> bool {
        let request = b"GET /-/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = self.send(request).await;
        answer.status() == Some(200) && answer.0.ends_with(r#"{"status":"ok"}"#)
    }
}

/// A form for the robots' address.
pub(crate) fn post(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST /robot HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}").into()
}

/// What came over a connection.
#[derive(Debug)]
pub(crate) struct Reply(pub(crate) String);

impl Reply {
    /// `None` when the connection was closed without an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        let answer = self.0.strip_prefix(go_on).unwrap_or(&self.0);
        let line = answer.strip_prefix("HTTP/1.")?;
        line.get(2..5)?.parse().ok()
    }
}

/// Reads until the application closes the connection.
pub(crate) async fn answer(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let read = async {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part).await {
            bytes.extend_from_slice(&part[..length]);
        }
    };
    tokio::time::timeout(2 * SOON, read)
        .await
        .expect("the application closes the connection");
    Reply(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads one answer of a connection that stays open.
pub(crate) async fn one_answer(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let read = async {
        while !bytes.ends_with(b"}") {
            bytes.push(stream.read_u8().await.unwrap());
        }
    };
    tokio::time::timeout(SOON, read).await.expect("an answer");
    Reply(String::from_utf8_lossy(&bytes).into_owned())
}

/// A workflow that waits, and its call, which the application does not have: it came with a wrong
/// application token, and was refused.
pub(crate) async fn withheld(
    portal: &Portal,
    installation: &Installation,
    code: &str,
    inputs: serde_json::Value,
) -> (Workflow, String) {
    portal.fault(Fault::WrongApplicationToken, 1);
    let workflow = portal.run(code, inputs).await.unwrap();
    let body = workflow.called(SOON).await.unwrap().body.text();
    let token = installation.application_token();
    let body = changed(&body, "auth[application_token]", &token);
    (workflow, body)
}

/// A form with another value of one field.
pub(crate) fn changed(body: &str, field: &str, value: &str) -> String {
    let pairs = url::form_urlencoded::parse(body.as_bytes()).map(|(key, own)| {
        let is_it = key == field;
        (
            key,
            if is_it {
                value.to_owned()
            } else {
                own.into_owned()
            },
        )
    });
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs).finish()
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect(what);
}
