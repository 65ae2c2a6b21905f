//! Measures how many replies one portal gets, at the limits of the standard plan.

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
use crate::robot::{CODE, TIMEOUT, inputs, install, serve, work};

/// The replies a second that the platform allows: two requests of fifty commands each.
const POSSIBLE: usize = 100;

/// The number of replies that the burst of an idle portal allows, with a margin.
const BURST: usize = 3000;

/// The minimum time between two requests. The commands of one request are executed one after the
/// other; requests follow twice a second.
const BETWEEN_REQUESTS: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The store: `memory`, `sqlite`, `postgres` or its address
    #[arg(long, default_value = "sqlite")]
    store: Place,
    /// The seconds of the measurement, which begins after the burst
    #[arg(long, default_value_t = 90)]
    seconds: u64,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let opened = options.store.open().await?;
    let served = serve(Arc::clone(&opened.store), |app| app.robot(work)).await?;
    let calls = BURST + POSSIBLE * usize::try_from(options.seconds + 30)?;
    let portal = Portal::builder()
        .rate_plan(RatePlan::Standard)
        .history_limit(calls * 20)
        .start()
        .await?;
    install(&portal, &served).await?;
    start(&portal, calls).await?;
    // The burst is over when requests follow at a steady rate.
    while opened.store.counts().await?.get(CallStage::Accepted) > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;

    let length = Duration::from_secs(options.seconds);
    let begun = SystemTime::now();
    println!("{calls} workflows started; counting for {length:?}");
    tokio::time::sleep(length).await;
    let left = opened.store.counts().await?.get(CallStage::Replied);
    if left == 0 {
        return Err("no replies were left to be sent".into());
    }
    report(&portal.history(), begun, length);
    println!("{left} replies wait");
    Ok(())
}

/// Starts the workflows in several tasks. Each task starts the next workflow when the call of the
/// previous one was accepted, as the queue of a portal does.
async fn start(portal: &Portal, calls: usize) -> Result<()> {
    const TASKS: usize = 16;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let own_portal = portal.clone();
        let own_calls = (task..calls).step_by(TASKS);
        tasks.spawn(async move {
            for _ in own_calls {
                let workflow = own_portal.run(CODE, inputs(false)).await?;
                workflow.wait_called(TIMEOUT).await?;
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
    let mut seen_workflows = HashSet::new();
    let mut sent = Vec::new();
    let mut refused = 0_usize;
    let mut replies = 0_usize;
    for Record { at, event, .. } in history {
        let at = SystemTime::from(*at);
        let (Event::Replied { response, .. } | Event::Requested { response, .. }) = event else {
            continue;
        };
        let text = response.as_ref().map(|response| response.body.text());
        if text.is_some_and(|text| text.contains("QUERY_LIMIT_EXCEEDED")) {
            refused += 1;
        }
        let Event::Replied { workflow_id, .. } = event else {
            continue;
        };
        let is_first = seen_workflows.insert(workflow_id);
        if at >= begun && at < end {
            sent.push(at);
            replies += usize::from(is_first);
        }
    }
    let sizes = request_sizes(sent);
    println!(
        "{} requests of {} to {} replies, {:.2} a second",
        sizes.len(),
        sizes.iter().min().unwrap_or(&0),
        sizes.iter().max().unwrap_or(&0),
        rate(sizes.len(), length),
    );
    println!(
        "{replies} replies, {:.1} a second of {POSSIBLE} that are possible",
        rate(replies, length)
    );
    println!("{refused} times QUERY_LIMIT_EXCEEDED since the installation");
}

/// The number of replies in each request; requests are separated by pauses.
fn request_sizes(mut sent: Vec<SystemTime>) -> Vec<usize> {
    sent.sort_unstable();
    let mut sizes = Vec::new();
    let mut previous: Option<SystemTime> = None;
    for at in sent {
        let since = previous.map(|earlier| at.duration_since(earlier).unwrap_or_default());
        previous = Some(at);
        match (since, sizes.last_mut()) {
            (Some(since), Some(size)) if since < BETWEEN_REQUESTS => *size += 1,
            _ => sizes.push(1),
        }
    }
    sizes
}
