//! How much later a reply arrives than a bare request, when nothing else is to be sent.

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
use crate::robot::{CODE, SOON, Work, inputs, install, serve, work};

/// So many requests that none waits.
const UNLIMITED: RateLimit = RateLimit::new(100_000, 100_000);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where calls are kept: `memory`, `sqlite`, `postgres` or its address.
    #[arg(long, default_value = "sqlite")]
    store: Place,
    /// How often each is measured.
    #[arg(long, default_value_t = 1000)]
    times: usize,
}

/// When a reply with this event token set out.
type Sent = (EventToken, SystemTime);

pub(crate) async fn run(options: &Options) -> Result<()> {
    let opened = options.store.open().await?;
    let (sent, mut sending) = mpsc::unbounded_channel();
    let served = serve(Arc::clone(&opened.store), |app| robot(app, sent)).await?;
    let portal = Portal::builder().rate_plan(RatePlan::Off);
    let portal = portal.history_limit(options.times * 100).start().await?;
    let installation = install(&portal, &served).await?;
    let client = Client::new(&portal.endpoint(), installation.access_token())?;

    let mut values = Map::new();
    values.insert("letter".to_owned(), "Dear customer".into());

    let (mut by_reply, mut by_client) = (Vec::new(), Vec::new());
    // The first of each makes the connections.
    for _ in 0..=options.times {
        let workflow = portal.run(CODE, inputs(false)).await?;
        by_reply.push(sending.recv().await.ok_or("the robot is gone")?);
        workflow.wait_finished(SOON).await?;
        quiet(&*opened.store).await?;

        let workflow = portal.run(CODE, inputs(true)).await?;
        let (token, _) = sending.recv().await.ok_or("the robot is gone")?;
        quiet(&*opened.store).await?;
        let set_out = SystemTime::now();
        client.event_send(&token, &values, None).await?;
        by_client.push((token, set_out));
        workflow.wait_finished(SOON).await?;
    }
    let arrived = arrivals(&portal);
    let by_reply = delays(&by_reply, &arrived)?;
    let by_client = delays(&by_client, &arrived)?;
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

fn robot(app: App, sent: mpsc::UnboundedSender<Sent>) -> App {
    app.rate_limit(UNLIMITED)
        .redelivery([])
        .robot(move |call: Call<Work>| timed(call, sent.clone()))
}

/// Says when it replies, or that somebody else is to reply.
async fn timed(
    call: Call<Work>,
    sent: mpsc::UnboundedSender<Sent>,
) -> bizproc_runtime::Result<Replied> {
    let token = call.event_token().clone();
    let is_later = call.input.later;
    // Nobody listens any more at the end.
    sent.send((token, SystemTime::now())).ok();
    if is_later {
        let (_, deferred) = call.defer();
        return Ok(deferred);
    }
    work(call).await
}

/// Waits until nothing is to be run or sent.
async fn quiet(store: &dyn Store) -> Result<()> {
    loop {
        let counts = store.counts().await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        if counts.of(CallStage::Accepted)
            + counts.of(CallStage::Replied)
            + counts.of(CallStage::Delivered)
            == 0
        {
            return Ok(());
        }
    }
}

/// When the first reply with each event token came to the portal.
fn arrivals(portal: &Portal) -> HashMap<String, SystemTime> {
    let mut arrived = HashMap::new();
    for record in portal.history() {
        if let Event::Replied { params, .. } = record.event {
            let token = params.get("EVENT_TOKEN").and_then(Value::as_str);
            let token = token.unwrap_or_default().to_owned();
            let first = arrived.entry(token);
            first.or_insert_with(|| SystemTime::from(record.at));
        }
    }
    arrived
}

/// How long each was on its way, without the first.
fn delays(sent: &[Sent], arrived: &HashMap<String, SystemTime>) -> Result<Times> {
    let delays = sent.iter().skip(1).map(|(token, set_out)| {
        let arrived = arrived
            .get(token.as_str())
            .ok_or("a reply did not arrive")?;
        Ok(arrived.duration_since(*set_out).unwrap_or_default())
    });
    delays.collect()
}
