//! A store in which replies wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bizproc_runtime::portal::{Portal, parse_endpoint};
use bizproc_runtime::rest::EventToken;
use bizproc_runtime::store::{CallHead, CallStage, NewCall, Store, StoredReply};

use crate::Result;

/// The numbers of portals and robots that the calls belong to.
const PORTALS: u64 = 100;
const ROBOTS: u64 = 20;

/// The number of tasks that fill a store: concurrent calls share a commit.
const TASKS: usize = 256;

fn member_id(number: u64) -> String {
    format!("portal {}", number % PORTALS)
}

/// Creates a call of one of the portals, with a token of its own.
pub(crate) fn new_call(number: u64, kind: &str, body_bytes: usize) -> NewCall {
    let token = EventToken::new(format!("{number:x}.{kind}|A1_1_1|{number:064x}"));
    let code = format!("robot {}", number % ROBOTS);
    let head = CallHead::new(token, member_id(number), code);
    NewCall::new(head, vec![b'x'; body_bytes])
}

/// Creates a reply with one return value.
pub(crate) fn new_reply() -> StoredReply {
    let mut reply = StoredReply::default();
    let values = &mut reply.return_values;
    values.insert("hash".to_owned(), "0123456789abcdef".into());
    reply
}

/// Accepts calls and saves their replies until `waiting` replies wait, and returns the time.
pub(crate) async fn fill(
    store: &Arc<dyn Store>,
    waiting: u64,
    body_bytes: usize,
) -> Result<Duration> {
    let begun = Instant::now();
    let next = Arc::new(AtomicU64::new(
        store.counts().await?.get(CallStage::Replied),
    ));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let store = Arc::clone(store);
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= waiting {
                    return Ok::<_, bizproc_runtime::Error>(());
                }
                let call = new_call(number, "waits", body_bytes);
                let token = call.head.event_token.clone();
                store.accept(call, SystemTime::now()).await?;
                store
                    .save_reply(&token, new_reply(), SystemTime::now())
                    .await?;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}

/// Saves all portals of the calls, with their REST methods at this address.
pub(crate) async fn install_all(store: &dyn Store, rest: &str, access_token: &str) -> Result<()> {
    for number in 0..PORTALS {
        let client_endpoint = parse_endpoint(rest)?;
        let server_endpoint = parse_endpoint("http://127.0.0.1:1/rest/")?;
        let mut portal = Portal::new(
            member_id(number),
            "local.bench",
            client_endpoint,
            server_endpoint,
        );
        portal.application_token = format!("application token {number}").into();
        portal.access_token = access_token.into();
        store.save_portal(portal.into()).await?;
    }
    Ok(())
}
