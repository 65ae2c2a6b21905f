//! Measures how much later a lone reply arrives than a bare request.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bizproc_portal::{Event, Portal, RatePlan};
use bizproc_runtime::app::RateLimit;
use bizproc_runtime::rest::{Client, EventToken};
use bizproc_runtime::store::{CallStage, Store};
use bizproc_runtime::{App, Call, Replied};
use clap::Args;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::Result;
use crate::figures::{Times, ms};
use crate::place::Place;
use crate::robot::{CODE, TIMEOUT, Work, inputs, install, serve, work};

/// A limit that no request reaches.
const UNLIMITED: RateLimit = RateLimit::new(100_000, 100_000);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The store: `memory`, `sqlite`, `postgres` or its address
    #[arg(long, default_value = "sqlite")]
    store: Place,
    /// The number of measurements of each
    #[arg(long, default_value_t = 1000)]
    times: usize,
}

/// An event token, and the time at which its reply was made.
type Sent = (EventToken, SystemTime);

pub(crate) async fn run(options: &Options) -> Result<()> {
    let opened = options.store.open().await?;
    let (sent, mut sending) = mpsc::unbounded_channel();
    let served = serve(Arc::clone(&opened.store), |app| add_robot(app, sent)).await?;
    let portal = Portal::builder()
        .rate_plan(RatePlan::Off)
        .history_limit(options.times * 100)
        .start()
        .await?;
    let installation = install(&portal, &served).await?;
    let client = Client::new(&portal.endpoint(), installation.access_token())?;

    let mut values = Map::new();
    values.insert("letter".to_owned(), "Dear customer".into());

    let mut replies = Vec::new();
    let mut requests = Vec::new();
    // The first of each opens the connections and does not count.
    for _ in 0..=options.times {
        let workflow = portal.run(CODE, inputs(false)).await?;
        replies.push(sending.recv().await.ok_or("the robot is gone")?);
        workflow.wait_finished(TIMEOUT).await?;
        quiet(&*opened.store).await?;

        let workflow = portal.run(CODE, inputs(true)).await?;
        let (token, _) = sending.recv().await.ok_or("the robot is gone")?;
        quiet(&*opened.store).await?;
        let sent_at = SystemTime::now();
        client.event_send(&token, &values, None).await?;
        requests.push((token, sent_at));
        workflow.wait_finished(TIMEOUT).await?;
    }
    let arrived = arrivals(&portal);
    let by_reply = delays(&replies, &arrived)?;
    let by_client = delays(&requests, &arrived)?;
    println!(
        "{} replies each, one at a time, store: {}",
        options.times,
        options.store.name()
    );
    println!("a bare client: {by_client}");
    println!("`Call::reply`: {by_reply}");
    let later = [500, 990].map(|part| ms(by_reply.at(part)) - ms(by_client.at(part)));
    println!(
        "later by:      p50 {:.2} ms, p99 {:.2} ms",
        later[0], later[1]
    );
    Ok(())
}

fn add_robot(app: App, sent: mpsc::UnboundedSender<Sent>) -> App {
    app.rate_limit(UNLIMITED)
        .redelivery([])
        .robot(move |call: Call<Work>| timed(call, sent.clone()))
}

/// Reports the time and replies, or leaves the reply to the bare client.
async fn timed(
    call: Call<Work>,
    sent: mpsc::UnboundedSender<Sent>,
) -> bizproc_runtime::Result<Replied> {
    let token = call.event_token().clone();
    let is_later = call.input.later;
    // The receiver is gone at the end.
    sent.send((token, SystemTime::now())).ok();
    if is_later {
        let (_, deferred) = call.defer();
        return Ok(deferred);
    }
    work(call).await
}

/// Waits until no call is to be run or sent.
async fn quiet(store: &dyn Store) -> Result<()> {
    loop {
        let counts = store.counts().await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        if counts.get(CallStage::Accepted)
            + counts.get(CallStage::Replied)
            + counts.get(CallStage::Delivered)
            == 0
        {
            return Ok(());
        }
    }
}

/// The time at which the first reply with each event token arrived at the portal.
fn arrivals(portal: &Portal) -> HashMap<String, SystemTime> {
    let mut arrived = HashMap::new();
    for record in portal.history() {
        if let Event::Replied { params, .. } = record.event {
            let token = params.get("EVENT_TOKEN").and_then(Value::as_str);
            arrived
                .entry(token.unwrap_or_default().to_owned())
                .or_insert_with(|| SystemTime::from(record.at));
        }
    }
    arrived
}

/// The delay of each reply but the first.
fn delays(sent: &[Sent], arrived: &HashMap<String, SystemTime>) -> Result<Times> {
    sent.iter()
        .skip(1)
        .map(|(token, sent_at)| {
            let arrived_at = arrived
                .get(token.as_str())
                .ok_or("a reply did not arrive")?;
            Ok(arrived_at.duration_since(*sent_at).unwrap_or_default())
        })
        .collect()
}
