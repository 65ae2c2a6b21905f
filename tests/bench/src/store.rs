//! What the store of calls bears.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bizproc_runtime::rest::EventToken;
use bizproc_runtime::store::{Answer, NewCall, Next, Settlement, Slot, Sqlite, Store};
use clap::Args;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many portals and robots the calls are of.
const PORTALS: u64 = 100;
const ROBOTS: u64 = 20;

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

pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(options))
}

async fn measure(options: &Options) -> Result<()> {
    let store = Arc::new(Sqlite::open(&options.file).await?);
    let found = store.counts().await?.answered;
    if found < options.waiting {
        let begun = Instant::now();
        fill(&store, options, found).await?;
        let filled = options.waiting - found;
        println!(
            "{filled} calls accepted and answered in {:.1?}",
            begun.elapsed()
        );
    }
    store.close().await;
    drop(store);

    let begun = Instant::now();
    let store = Arc::new(Sqlite::open(&options.file).await?);
    let opened = begun.elapsed();
    let lease = SystemTime::now() + Duration::from_mins(1);
    let sends = store.claim_sends("portal 7", 50, lease).await?;
    println!(
        "open: {opened:.1?}; with the first claim of {} answers: {:.1?}",
        sends.len(),
        begun.elapsed()
    );
    let claims = sends.into_iter().map(|send| send.claim).collect::<Vec<_>>();
    store.release(&claims).await?;
    for _ in 0..2 {
        let begun = Instant::now();
        let counts = store.counts().await?;
        println!(
            "{} answers wait, counted in {:.1?}",
            counts.answered,
            begun.elapsed()
        );
    }
    let begun = Instant::now();
    let portals = store.portals_to_send().await?.len();
    println!("{portals} portals found in {:.1?}", begun.elapsed());

    let rate = each(&store, options, accept).await?;
    println!("{} tasks accept {rate:.0} calls a second", options.tasks);
    let rate = each(&store, options, live).await?;
    println!(
        "{} tasks accept, run, send and settle {rate:.0} calls a second",
        options.tasks
    );
    println!("memory: {} MB at most", peak_megabytes()?);
    store.close().await;
    Ok(())
}

fn call(options: &Options, number: u64, kind: &str) -> NewCall {
    let token = EventToken::new(format!("{number:x}.{kind}|A1_1_1|{number:064x}"));
    let member_id = format!("portal {}", number % PORTALS);
    let code = format!("robot {}", number % ROBOTS);
    NewCall::new(token, member_id, code, vec![b'x'; options.body])
}

/// Accepts and answers calls until as many wait as are wanted.
async fn fill(store: &Arc<Sqlite>, options: &Options, found: u64) -> Result<()> {
    let next = Arc::new(AtomicU64::new(found));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..256 {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        let (waiting, body) = (options.waiting, options.body);
        let options = Options {
            file: PathBuf::new(),
            body,
            ..*options
        };
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= waiting {
                    return Ok::<_, bizproc_runtime::Error>(());
                }
                let call = call(&options, number, "waits");
                let token = call.event_token.clone();
                store.accept(call, SystemTime::now()).await?;
                store.answer(&token, answer(), SystemTime::now()).await?;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

fn answer() -> Answer {
    let mut answer = Answer::default();
    let values = &mut answer.return_values;
    values.insert("hash".to_owned(), "0123456789abcdef".into());
    answer
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
        let options = Options {
            file: PathBuf::new(),
            ..*options
        };
        tasks.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < end {
                let number = u64::from(done) * options.tasks + task;
                work(Arc::clone(&store), call(&options, number, &kind)).await?;
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
    own.clone_into(&mut call.code);
    own.clone_into(&mut call.member_id);
    let lease = SystemTime::now() + Duration::from_mins(1);
    store.accept(call, SystemTime::now()).await?;
    let slot = Slot {
        code: &own,
        at_most: 1,
    };
    for run in store.claim_runs(&[slot], 1, lease).await? {
        let next = Next::Answer(answer());
        store.finish(&run.claim, next, SystemTime::now()).await?;
    }
    for send in store.claim_sends(&own, 1, lease).await? {
        let next = Next::Settle(Settlement::Sent);
        store.finish(&send.claim, next, SystemTime::now()).await?;
    }
    Ok(())
}

/// The most memory that this program had, as Linux tells it.
fn peak_megabytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.unwrap_or("0").parse::<u64>()? / 1000)
}
