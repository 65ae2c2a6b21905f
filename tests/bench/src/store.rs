//! What the store of calls bears.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bizproc_runtime::store::{CallStage, Completion, NewCall, RunQuota, Sqlite, Store, Transition};
use clap::Args;

use crate::Result;
use crate::figures::peak_megabytes;
use crate::filled::{answer, call, fill};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file of the store. It is filled when it holds fewer calls; a second run measures the
    /// memory of a program that finds it filled.
    file: PathBuf,
    /// How many answers wait to be sent.
    #[arg(long, default_value_t = 1_000_000)]
    waiting: u64,
    /// How many tasks accept, run and send calls at once.
    #[arg(long, default_value_t = 32)]
    tasks: u64,
    /// The bytes of a call's body.
    #[arg(long, default_value_t = 3000)]
    body: usize,
    /// How many seconds each measurement lasts.
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
        "open: {opened:.1?}; with the first claim of {} answers: {:.1?}",
        sends.len(),
        begun.elapsed()
    );
    let claims = sends.into_iter().map(|send| send.claim).collect::<Vec<_>>();
    store.release_claims(&claims).await?;
    for _ in 0..2 {
        let begun = Instant::now();
        let counts = store.counts().await?;
        println!(
            "{} answers wait, counted in {:.1?}",
            counts.of(CallStage::Replied),
            begun.elapsed()
        );
    }
    let begun = Instant::now();
    let portals = store.portals_with_replies().await?.len();
    println!("{portals} portals found in {:.1?}", begun.elapsed());

    let rate = each(&store, options, accept).await?;
    println!("{} tasks accept {rate:.0} calls a second", options.tasks);
    let rate = each(&store, options, live).await?;
    println!(
        "{} tasks accept, run, send and settle {rate:.0} calls a second",
        options.tasks
    );
    println!("memory: {} MB at most", peak_megabytes("self")?);
    store.close().await;
    Ok(())
}

/// Fills the store in a file with answers, as far as it is not, and closes it.
pub(crate) async fn fill_file(file: &Path, waiting: u64, body_bytes: usize) -> Result<()> {
    let sqlite = Arc::new(Sqlite::open(file).await?);
    let found = sqlite.counts().await?.of(CallStage::Replied);
    if found < waiting {
        let store = Arc::clone(&sqlite) as Arc<dyn Store>;
        let took = fill(&store, waiting, body_bytes).await?;
        let filled = waiting - found;
        println!("{filled} calls accepted and answered in {took:.1?}");
    }
    sqlite.close().await;
    Ok(())
}

/// Lets all tasks do something again and again; how often a second.
async fn each<F>(
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
        let (store, kind) = (Arc::clone(store), kind.clone());
        let (tasks_in_all, body) = (options.tasks, options.body);
        tasks.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < end {
                let number = u64::from(done) * tasks_in_all + task;
                work(Arc::clone(&store), call(number, &kind, body)).await?;
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

/// A call's whole life; each task has a robot and a portal of its own, so that it finds its call.
async fn live(store: Arc<Sqlite>, mut call: NewCall) -> bizproc_runtime::Result<()> {
    let own = format!("task {:?}", tokio::task::id());
    own.clone_into(&mut call.head.code);
    own.clone_into(&mut call.head.member_id);
    let lease = SystemTime::now() + Duration::from_mins(1);
    store.accept(call, SystemTime::now()).await?;
    let slot = RunQuota { code: &own, max: 1 };
    for run in store.claim_runs(&[slot], 1, lease).await? {
        let next = Transition::Reply(answer());
        store.finish(&run.claim, next, SystemTime::now()).await?;
    }
    for send in store.claim_replies(&own, 1, lease).await? {
        let next = Transition::Complete(Completion::Delivered);
        store.finish(&send.claim, next, SystemTime::now()).await?;
    }
    Ok(())
}
