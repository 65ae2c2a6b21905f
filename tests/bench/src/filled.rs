//! A store in which answers wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bizproc_runtime::portal::{Portal, parse_endpoint};
use bizproc_runtime::rest::EventToken;
use bizproc_runtime::store::{CallHead, CallStage, NewCall, Store, StoredReply};

use crate::Result;

/// How many portals and robots the calls are of.
const PORTALS: u64 = 100;
const ROBOTS: u64 = 20;

/// How many tasks fill a store: what comes together shares a commit.
const TASKS: usize = 256;

fn member_id(number: u64) -> String {
    format!("portal {}", number % PORTALS)
}

/// A call of one of the portals, with a token of its own.
pub(crate) fn call(number: u64, kind: &str, body_bytes: usize) -> NewCall {
    let token = EventToken::new(format!("{number:x}.{kind}|A1_1_1|{number:064x}"));
    let code = format!("robot {}", number % ROBOTS);
    let head = CallHead::new(token, member_id(number), code);
    NewCall::new(head, vec![b'x'; body_bytes])
}

pub(crate) fn answer() -> StoredReply {
    let mut answer = StoredReply::default();
    let values = &mut answer.return_values;
    values.insert("hash".to_owned(), "0123456789abcdef".into());
    answer
}

/// Accepts and answers calls until as many wait as are wanted; how long it took.
pub(crate) async fn fill(
    store: &Arc<dyn Store>,
    waiting: u64,
    body_bytes: usize,
) -> Result<Duration> {
    let begun = Instant::now();
    let next = Arc::new(AtomicU64::new(store.counts().await?.of(CallStage::Replied)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= waiting {
                    return Ok::<_, bizproc_runtime::Error>(());
                }
                let call = call(number, "waits", body_bytes);
                let token = call.head.event_token.clone();
                store.accept(call, SystemTime::now()).await?;
                store
                    .save_reply(&token, answer(), SystemTime::now())
                    .await?;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}

/// Keeps all portals of the calls, with their REST methods at this address.
pub(crate) async fn install_all(store: &dyn Store, rest: &str, access_token: &str) -> Result<()> {
    for number in 0..PORTALS {
        let (rest, server) = (
            parse_endpoint(rest)?,
            parse_endpoint("http://127.0.0.1:1/rest/")?,
        );
        let mut portal = Portal::new(member_id(number), "local.bench", rest, server);
        portal.application_token = format!("application token {number}").into();
        portal.access_token = access_token.into();
        store.save_portal(portal.into()).await?;
    }
    Ok(())
}
