//! Clients that take their time, or too many places: nobody keeps a portal's call out.

use std::sync::Arc;
use std::time::Duration;

use bizproc_runtime::App;
use bizproc_runtime::store::Memory;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::SOON;
use crate::fixture::robots::echo;
use crate::fixture::served::{Served, answer, one_answer, post, withheld};

const HEALTH: &[u8] = b"GET /-/health HTTP/1.1\r\nHost: a\r\n\r\n";

/// Less than what the tests wait for: who is not sent away is not waited for.
const IMPATIENT: Duration = Duration::from_millis(300);

/// More than what the tests wait for: who leaves was sent away.
const PATIENT: Duration = Duration::from_mins(10);

async fn served(with: impl FnOnce(App) -> App) -> Served {
    let app = |app: App| with(app.robot(echo));
    Served::with(Arc::new(Memory::new()), "acme_echo", app).await
}

async fn still_works(served: &Served) {
    let run = served.portal.run("acme_echo", json!({"text": "so what"}));
    let outcome = run.await.unwrap().wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["echoed"], "so what");
}

/// A connection on which so much was sent.
async fn begun(served: &Served, bytes: &[u8]) -> TcpStream {
    let mut stream = served.connect().await;
    stream.write_all(bytes).await.unwrap();
    stream
}

/// A request to the robots' address whose body has yet to come.
const BODILESS: &[u8] = b"POST /robot HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\ncode=";

#[tokio::test]
async fn who_does_not_send_a_whole_request_is_not_waited_for() {
    let served = served(|app| app.client_timeout(IMPATIENT)).await;
    for head in [&b""[..], b"P", b"POST /robot HTTP/1.1\r\nHost: a\r\nX: "] {
        let mut stream = begun(&served, head).await;
        assert_eq!(answer(&mut stream).await.0, "", "{head:?}");
    }
    let mut slow = begun(&served, BODILESS).await;
    let reply = answer(&mut slow).await;
    assert_eq!(reply.status(), Some(408));
    assert!(reply.0.contains("did not come within 300ms"), "{reply:?}");
    // Every byte is in time, and the head is not.
    let (mut read, mut write) = served.connect().await.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let end = tokio::time::timeout(SOON, read.read(&mut [0; 100])).await;
    assert!(matches!(end.unwrap(), Ok(0) | Err(_)));
    drip.await.unwrap();
    // So is the head of a second request.
    let mut second = begun(&served, HEALTH).await;
    one_answer(&mut second).await;
    second.write_all(b"GET /-/he").await.unwrap();
    assert_eq!(answer(&mut second).await.0, "");
    still_works(&served).await;
}

#[tokio::test]
async fn who_does_not_take_the_answers_is_not_waited_for() {
    let served = served(|app| app.client_timeout(IMPATIENT)).await;
    let mut stream = served.connect().await;
    let many = HEALTH.repeat(1000);
    // At the latest when the systems' buffers are full, the application stops reading.
    let greedy = async { while stream.write_all(&many).await.is_ok() {} };
    let ended = tokio::time::timeout(SOON, greedy).await;
    ended.expect("the application closes the connection");
    still_works(&served).await;
}

#[tokio::test]
async fn more_slow_clients_than_places_keep_nobody_out() {
    let served = served(|app| app.max_connections(8).client_timeout(PATIENT)).await;
    let mut slow = Vec::new();
    for begin in [&b"POST /robot HTTP/1.1\r\nHos"[..], BODILESS, b""] {
        for _ in 0..6 {
            slow.push(begun(&served, begin).await);
        }
    }
    still_works(&served).await;
    assert!(served.is_well().await);
}

#[tokio::test]
async fn a_connection_that_is_kept_for_later_lasts_until_its_place_is_needed() {
    let served = served(|app| app.max_connections(2).client_timeout(IMPATIENT)).await;
    let mut first = begun(&served, HEALTH).await;
    one_answer(&mut first).await;
    // Longer than a request may take to come.
    tokio::time::sleep(2 * IMPATIENT).await;
    first.write_all(HEALTH).await.unwrap();
    assert_eq!(one_answer(&mut first).await.status(), Some(200));
    let mut second = begun(&served, HEALTH).await;
    one_answer(&mut second).await;

    let mut third = begun(&served, HEALTH).await;
    assert_eq!(one_answer(&mut third).await.status(), Some(200));
    assert_eq!(answer(&mut first).await.0, "", "it was silent for longest");
    second.write_all(HEALTH).await.unwrap();
    assert_eq!(one_answer(&mut second).await.status(), Some(200));
}

#[tokio::test]
async fn a_portal_that_hangs_up_at_once_has_called() {
    let served = served(|app| app).await;
    for number in 0..20 {
        let text = format!("number {number}");
        let (portal, installation) = (&served.portal, &served.installation);
        let inputs = json!({"text": text});
        let (workflow, body) = withheld(portal, installation, "acme_echo", inputs).await;
        drop(begun(&served, &post(&body)).await);
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        assert_eq!(outcome.return_values["echoed"], text);
    }
}

/// An installation that this authorisation server is to vouch for.
fn installation(served: &Served, token: usize, asked: &str) -> Vec<u8> {
    let member_id = served.portal.member_id();
    let body = format!(
        "event=ONAPPINSTALL&auth[member_id]={member_id}&auth[application_token]=x\
         &auth[access_token]={token}&auth[server_endpoint]=http://{asked}/rest/\
         &auth[client_endpoint]={}",
        served.portal.endpoint()
    );
    let length = body.len();
    format!("POST /install HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}").into()
}

#[tokio::test]
async fn who_closes_its_side_is_answered() {
    let served = served(|app| app).await;
    // The answer takes a while: the authorisation server is asked.
    let asked = served.portal.oauth_url().trim_start_matches("http://");
    let reply = served.send(&installation(&served, 1, asked)).await;
    assert_eq!(reply.status(), Some(403), "{reply:?}");
}

#[tokio::test]
async fn installations_that_take_long_take_few_places() {
    let served = served(|app| app.max_connections(40)).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let mut checked = Vec::new();
    // A quarter of the places.
    for token in 0..10 {
        let install = installation(&served, token, &address);
        checked.push((
            begun(&served, &install).await,
            silent.accept().await.unwrap(),
        ));
    }
    let reply = served.send(&installation(&served, 10, &address)).await;
    assert_eq!(reply.status(), Some(503));
    assert!(reply.0.contains("could not be carried out"), "{reply:?}");
    still_works(&served).await;
}
