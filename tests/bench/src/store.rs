//! Measures how many calls a store in a file processes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bizproc_runtime::store::{CallStage, Completion, NewCall, RunQuota, Sqlite, Store, Transition};
use clap::Args;

use crate::Result;
use crate::figures::peak_megabytes;
use crate::filled::{fill, new_call, new_reply};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file of the store, which is filled up to the number of replies; a second run measures the
    /// memory of a program that finds it filled
    file: PathBuf,
    /// The number of waiting replies
    #[arg(long, default_value_t = 1_000_000)]
    waiting: u64,
    /// The number of concurrent tasks that accept, run and send calls
    #[arg(long, default_value_t = 32)]
    tasks: u64,
    /// The bytes of a call's body
    #[arg(long, default_value_t = 3000)]
    body: usize,
    /// The seconds of each measurement
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    fill_file(&options.file, options.waiting, options.body).await?;

    let begun = Instant::now();
    let store = Arc::new(Sqlite::open(&options.file).await?);
    let opened = begun.elapsed();
    let lease = SystemTime::now() + Duration::from_mins(1);
    let sends = store.claim_replies("portal 7", 50, lease).await?;
    println!(
        "open: {opened:.1?}; with the first claim of {} replies: {:.1?}",
        sends.len(),
        begun.elapsed()
    );
    let claims: Vec<_> = sends.into_iter().map(|send| send.claim).collect();
    store.release_claims(&claims).await?;
    for _ in 0..2 {
        let begun = Instant::now();
        let counts = store.counts().await?;
        println!(
            "{} replies wait, counted in {:.1?}",
            counts.get(CallStage::Replied),
            begun.elapsed()
        );
    }
    let begun = Instant::now();
    let portals = store.portals_with_replies().await?.len();
    println!("{portals} portals found in {:.1?}", begun.elapsed());

    let rate = measure(&store, options, accept).await?;
    println!("{} tasks accept {rate:.0} calls a second", options.tasks);
    let rate = measure(&store, options, process).await?;
    println!(
        "{} tasks accept, run, send and complete {rate:.0} calls a second",
        options.tasks
    );
    println!("memory: {} MB at most", peak_megabytes("self")?);
    store.close().await;
    Ok(())
}

/// Fills the store in a file up to this number of replies, and closes it.
pub(crate) async fn fill_file(file: &Path, waiting: u64, body_bytes: usize) -> Result<()> {
    let sqlite = Arc::new(Sqlite::open(file).await?);
    let found = sqlite.counts().await?.get(CallStage::Replied);
    if found < waiting {
        let store = Arc::clone(&sqlite) as Arc<dyn Store>;
        let took = fill(&store, waiting, body_bytes).await?;
        let filled = waiting - found;
        println!("{filled} calls accepted and replied to in {took:.1?}");
    }
    sqlite.close().await;
    Ok(())
}

/// Runs `work` repeatedly in all tasks, and returns the rate a second.
async fn measure<F>(
    store: &Arc<Sqlite>,
    options: &Options,
    work: impl Fn(Arc<Sqlite>, NewCall) -> F + Copy + Send + 'static,
) -> Result<f64>
where
    F: Future<Output = bizproc_runtime::Result<()>> + Send,
{
    let begun = Instant::now();
    let end = begun + Duration::from_secs(options.seconds);
    let kind = format!("{:?}", SystemTime::now());
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..options.tasks {
        let store = Arc::clone(store);
        let kind = kind.clone();
        let tasks_in_all = options.tasks;
        let body = options.body;
        tasks.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < end {
                let number = u64::from(done) * tasks_in_all + task;
                work(Arc::clone(&store), new_call(number, &kind, body)).await?;
                done += 1;
            }
            Ok::<_, bizproc_runtime::Error>(done)
        });
    }
    let mut done = 0;
    while let Some(ended) = tasks.join_next().await {
        done += ended??;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

async fn accept(store: Arc<Sqlite>, call: NewCall) -> bizproc_runtime::Result<()> {
    store.accept(call, SystemTime::now()).await.map(drop)
}

/// Processes a call from acceptance to completion. Each task has a robot and a portal of its own, so
/// that it claims its own call.
async fn process(store: Arc<Sqlite>, mut call: NewCall) -> bizproc_runtime::Result<()> {
    let own = format!("task {:?}", tokio::task::id());
    own.clone_into(&mut call.head.code);
    own.clone_into(&mut call.head.member_id);
    let lease = SystemTime::now() + Duration::from_mins(1);
    store.accept(call, SystemTime::now()).await?;
    let slot = RunQuota { code: &own, max: 1 };
    for run in store.claim_runs(&[slot], 1, lease).await? {
        let next = Transition::Reply(new_reply());
        store.finish(&run.claim, next, SystemTime::now()).await?;
    }
    for send in store.claim_replies(&own, 1, lease).await? {
        let next = Transition::Complete(Completion::Delivered);
        store.finish(&send.claim, next, SystemTime::now()).await?;
    }
    Ok(())
}
