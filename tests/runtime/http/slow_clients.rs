//! Clients that are slow, or hold many connections: a portal's call always gets through.

use std::time::Duration;

use bizproc_runtime::App;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::fixture::http::{post, read_one, read_to_end};
use crate::fixture::robots::echo;
use crate::fixture::{TIMEOUT, TestApp, finish};

const HEALTH: &[u8] = b"GET /-/health HTTP/1.1\r\nHost: a\r\n\r\n";

/// Shorter than the tests wait: the application closes a connection in time.
const SHORT: Duration = Duration::from_millis(300);

/// Longer than the tests wait: a connection that is closed in time was evicted.
const LONG: Duration = Duration::from_mins(10);

async fn echo_app(configure: impl FnOnce(App) -> App) -> TestApp {
    TestApp::serve("acme_echo", |app| configure(app.robot(echo))).await
}

/// Runs an ordinary call.
async fn check_still_works(app: &TestApp) {
    let outcome = app.run("acme_echo", json!({"text": "so what"})).await;
    assert_eq!(outcome.return_values["echoed"], "so what");
}

/// Opens a connection and sends these bytes.
async fn open(app: &TestApp, bytes: &[u8]) -> TcpStream {
    let mut stream = app.connect().await;
    stream.write_all(bytes).await.unwrap();
    stream
}

/// A request to the robots' address whose body has yet to come.
const BODILESS: &[u8] = b"POST /robot HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\ncode=";

#[tokio::test]
async fn a_client_that_sends_half_a_request_is_timed_out() {
    let app = echo_app(|app| app.client_timeout(SHORT)).await;
    for head in [&b""[..], b"P", b"POST /robot HTTP/1.1\r\nHost: a\r\nX: "] {
        let mut stream = open(&app, head).await;
        assert_eq!(read_to_end(&mut stream).await.0, "", "{head:?}");
    }
    let mut slow = open(&app, BODILESS).await;
    let reply = read_to_end(&mut slow).await;
    assert_eq!(reply.status(), Some(408));
    assert!(reply.0.contains("did not come within 300ms"), "{reply:?}");
    // Every byte is in time, the whole head is not.
    let (mut read, mut write) = app.connect().await.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let end = tokio::time::timeout(TIMEOUT, read.read(&mut [0; 100])).await;
    assert!(matches!(end.unwrap(), Ok(0) | Err(_)));
    drip.await.unwrap();
    // The head of a second request is timed out too.
    let mut second = open(&app, HEALTH).await;
    read_one(&mut second).await;
    second.write_all(b"GET /-/he").await.unwrap();
    assert_eq!(read_to_end(&mut second).await.0, "");
    check_still_works(&app).await;
}

#[tokio::test]
async fn a_client_that_reads_no_response_is_timed_out() {
    let app = echo_app(|app| app.client_timeout(SHORT)).await;
    // A small buffer: as the system sizes it, it has room for tens of thousands of responses.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(app.address.parse().unwrap()).await.unwrap();
    let many = HEALTH.repeat(1000);
    // The application stops reading when the buffers of both systems are full.
    let greedy = async { while stream.write_all(&many).await.is_ok() {} };
    let ended = tokio::time::timeout(TIMEOUT, greedy).await;
    ended.expect("the application closes the connection");
    check_still_works(&app).await;
}

#[tokio::test]
async fn slow_clients_beyond_the_limit_keep_no_call_out() {
    let app = echo_app(|app| app.max_connections(8).client_timeout(LONG)).await;
    let mut slow = Vec::new();
    for begin in [&b"POST /robot HTTP/1.1\r\nHos"[..], BODILESS, b""] {
        for _ in 0..6 {
            slow.push(open(&app, begin).await);
        }
    }
    check_still_works(&app).await;
    assert!(app.is_healthy().await);
}

#[tokio::test]
async fn an_idle_connection_is_kept_until_another_client_needs_it() {
    let app = echo_app(|app| app.max_connections(2).client_timeout(SHORT)).await;
    let mut first = open(&app, HEALTH).await;
    read_one(&mut first).await;
    // Longer than a request may take to come.
    tokio::time::sleep(2 * SHORT).await;
    first.write_all(HEALTH).await.unwrap();
    assert_eq!(read_one(&mut first).await.status(), Some(200));
    let mut second = open(&app, HEALTH).await;
    read_one(&mut second).await;

    let mut third = open(&app, HEALTH).await;
    assert_eq!(read_one(&mut third).await.status(), Some(200));
    assert_eq!(
        read_to_end(&mut first).await.0,
        "",
        "it was idle for longest"
    );
    second.write_all(HEALTH).await.unwrap();
    assert_eq!(read_one(&mut second).await.status(), Some(200));
}

#[tokio::test]
async fn a_call_counts_though_the_portal_disconnects_immediately() {
    let app = echo_app(|app| app).await;
    for number in 0..20 {
        let text = format!("number {number}");
        let inputs = json!({"text": text});
        let (workflow, body) = app.refused_call("acme_echo", inputs).await;
        drop(open(&app, &post(&body)).await);
        assert_eq!(finish(&workflow).await.return_values["echoed"], text);
    }
}

/// A request that installs, with the address of the authorisation server that confirms it.
fn installation(app: &TestApp, token: usize, oauth_address: &str) -> Vec<u8> {
    let member_id = app.portal.member_id();
    let body = format!(
        "event=ONAPPINSTALL&auth[member_id]={member_id}&auth[application_token]=x\
         &auth[access_token]={token}&auth[server_endpoint]=http://{oauth_address}/rest/\
         &auth[client_endpoint]={}",
        app.portal.endpoint()
    );
    let length = body.len();
    format!("POST /install HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}").into()
}

#[tokio::test]
async fn a_client_that_closes_its_side_gets_its_response() {
    let app = echo_app(|app| app).await;
    // The response takes a while: the application asks the authorisation server.
    let oauth_address = app.portal.oauth_url().trim_start_matches("http://");
    let reply = app.send(&installation(&app, 1, oauth_address)).await;
    assert_eq!(reply.status(), Some(403), "{reply:?}");
}

#[tokio::test]
async fn slow_installations_leave_connections_for_calls() {
    let app = echo_app(|app| app.max_connections(40)).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let mut checked = Vec::new();
    // A quarter of the connections.
    for token in 0..10 {
        let install = installation(&app, token, &address);
        checked.push((open(&app, &install).await, silent.accept().await.unwrap()));
    }
    let reply = app.send(&installation(&app, 10, &address)).await;
    assert_eq!(reply.status(), Some(503));
    assert!(reply.0.contains("could not be carried out"), "{reply:?}");
    check_still_works(&app).await;
}
