//! How many answers one portal gets, at the limits of the standard plan.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bizproc_portal::{Event, Portal, RatePlan, Record};
use bizproc_runtime::store::CallStage;
use clap::Args;
use tokio::task::JoinSet;

use crate::Result;
use crate::figures::rate;
use crate::place::Place;
use crate::robot::{CODE, SOON, inputs, install, serve, work};

/// What the platform allows: two requests a second, fifty commands in each.
const POSSIBLE: usize = 100;

/// So many answers go at once when a portal has rested, with some to spare.
const AT_ONCE: usize = 3000;

/// The commands of one request are executed one after the other, requests come twice a second.
const BETWEEN_REQUESTS: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where calls are kept: `memory`, `sqlite`, `postgres` or its address.
    #[arg(long, default_value = "sqlite")]
    store: Place,
    /// How many seconds are counted, after what goes at once has gone.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let opened = options.store.open().await?;
    let served = serve(Arc::clone(&opened.store), |app| app.robot(work)).await?;
    let calls = AT_ONCE + POSSIBLE * usize::try_from(options.seconds + 30)?;
    let portal = Portal::builder()
        .rate_plan(RatePlan::Standard)
        .history_limit(calls * 20)
        .start()
        .await?;
    install(&portal, &served).await?;
    start(&portal, calls).await?;
    // What a portal takes at once is gone when requests come at a steady pace.
    while opened.store.counts().await?.of(CallStage::Accepted) > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;

    let length = Duration::from_secs(options.seconds);
    let begun = SystemTime::now();
    println!("{calls} workflows started; counting for {length:?}");
    tokio::time::sleep(length).await;
    let left = opened.store.counts().await?.of(CallStage::Replied);
    if left == 0 {
        return Err("no answers were left to be sent".into());
    }
    report(&portal.history(), begun, length);
    println!("{left} answers wait");
    Ok(())
}

/// Starts so many workflows, several at a time; the next one when the call of the one before was
/// taken, as a portal's queue makes its calls.
async fn start(portal: &Portal, calls: usize) -> Result<()> {
    const TASKS: usize = 16;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let portal = portal.clone();
        let own = (task..calls).step_by(TASKS);
        tasks.spawn(async move {
            for _ in own {
                let workflow = portal.run(CODE, inputs(false)).await?;
                workflow.wait_called(SOON).await?;
            }
            Ok::<_, bizproc_portal::Error>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

fn report(history: &[Record], begun: SystemTime, length: Duration) {
    let end = begun + length;
    let (mut first_said, mut said, mut refused) = (HashSet::new(), Vec::new(), 0_usize);
    let mut replies = 0_usize;
    for Record { at, event, .. } in history {
        let at = SystemTime::from(*at);
        let (Event::Replied { answer, .. } | Event::Requested { answer, .. }) = event else {
            continue;
        };
        let answer = answer.as_ref().map(|answer| answer.body.text());
        if answer.is_some_and(|text| text.contains("QUERY_LIMIT_EXCEEDED")) {
            refused += 1;
        }
        let Event::Replied { workflow_id, .. } = event else {
            continue;
        };
        let is_first = first_said.insert(workflow_id);
        if at >= begun && at < end {
            said.push(at);
            replies += usize::from(is_first);
        }
    }
    let sizes = sizes(said);
    let (least, most) = (sizes.iter().min(), sizes.iter().max());
    println!(
        "{} requests of {} to {} answers, {:.2} a second",
        sizes.len(),
        least.unwrap_or(&0),
        most.unwrap_or(&0),
        rate(sizes.len(), length),
    );
    println!(
        "{replies} replies, {:.1} a second of {POSSIBLE} that are possible",
        rate(replies, length)
    );
    println!("{refused} times QUERY_LIMIT_EXCEEDED since the installation");
}

/// How many answers each request had, by the pauses between requests.
fn sizes(mut said: Vec<SystemTime>) -> Vec<usize> {
    said.sort_unstable();
    let mut sizes = Vec::new();
    let mut before = None;
    for at in said {
        let since = before.map(|before| at.duration_since(before).unwrap_or_default());
        before = Some(at);
        match (since, sizes.last_mut()) {
            (Some(since), Some(size)) if since < BETWEEN_REQUESTS => *size += 1,
            _ => sizes.push(1),
        }
    }
    sizes
}
