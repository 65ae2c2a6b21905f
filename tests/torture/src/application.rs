//! The application that is killed.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bizproc_runtime::store::{CallCounts, CallStage, Postgres, Sqlite, Store};
use bizproc_runtime::{App, Call, Error, Replied, ReturnValues, Robot, app};
use clap::Args;
use rand::RngExt as _;

use crate::deadly::{Deadly, Point};

pub(crate) const CODE: &str = "torture_work";
pub(crate) const CLIENT_ID: &str = "local.torture";
pub(crate) const CLIENT_SECRET: &str = "the secret on the card";

/// How often an answer is said that every portal took.
pub(crate) const SAID: usize = 1 + SAY_AGAIN.len();
const SAY_AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// How long another program waits for the calls of one that was killed. Programs prolong their
/// leases every 15 seconds.
const LEASE: Duration = Duration::from_secs(20);

/// How often it is written down where calls stand.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A file, or the address of a PostgreSQL database.
    #[arg(long)]
    store: String,
    /// Where calls go that the store does not take.
    #[arg(long)]
    spill: PathBuf,
    /// Where it is written down how many calls are not settled.
    #[arg(long)]
    open_calls: PathBuf,
    #[arg(long)]
    public_url: String,
    /// Where to die.
    #[arg(long)]
    end_at: Option<Point>,
    /// At which passing of that point.
    #[arg(long, default_value_t = 1)]
    end_after: u32,
    /// After how many milliseconds passings are counted.
    #[arg(long, default_value_t = 0)]
    armed_after: u64,
}

/// Work
#[derive(Robot)]
#[robot(code = "torture_work", returns = Outputs)]
struct Work {
    text: String,
    mode: String,
}

#[derive(ReturnValues)]
struct Outputs {
    value: String,
    /// Different in every run, so that two answers of one call are told apart.
    run: String,
    #[property(failure)]
    error: Option<String>,
}

/// What the robot makes of a text.
pub(crate) fn value_of(text: &str) -> String {
    let sum = text.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    format!("{sum:016x} {}", text.chars().rev().collect::<String>())
}

pub(crate) async fn open(store: &str) -> bizproc_runtime::Result<Arc<dyn Store>> {
    Ok(if store.starts_with("postgres:") {
        Arc::new(Postgres::open(store).await?)
    } else {
        Arc::new(Sqlite::open(store).await?)
    })
}

/// The store, asked until it opens: it may not be well just now.
async fn open_patiently(store: &str) -> Arc<dyn Store> {
    loop {
        match open(store).await {
            Ok(store) => return store,
            Err(error) => eprintln!("the store is not open yet: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    let store = open_patiently(&options.store).await;
    let is_shared = options.store.starts_with("postgres:");
    let store = Arc::new(Deadly {
        store,
        end: options.end_at.map(|point| (point, options.end_after)),
        passed: AtomicU32::new(0),
        armed: Instant::now() + Duration::from_millis(options.armed_after),
        lease: is_shared.then_some(LEASE),
    });
    tokio::spawn(write_down(Arc::clone(&store), options.open_calls));
    let failed = Arc::new(Mutex::new(HashSet::new()));
    let listener = app::bind("127.0.0.1:0").await?;
    App::new(options.public_url)
        .robot(move |call: Call<Work>| work(call, Arc::clone(&failed)))
        .store(store)
        .journal(options.spill)
        .trust_oauth_host("127.0.0.1")
        .client_id(CLIENT_ID)
        .client_secret(CLIENT_SECRET)
        .redelivery(SAY_AGAIN)
        .serve(listener)
        .await?;
    Ok(())
}

async fn work(
    call: Call<Work>,
    failed: Arc<Mutex<HashSet<String>>>,
) -> bizproc_runtime::Result<Replied> {
    let (pause, run) = {
        let mut random = rand::rng();
        (
            random.random_range(0..120),
            format!("{:032x}", random.random::<u128>()),
        )
    };
    tokio::time::sleep(Duration::from_millis(pause)).await;
    let fails = match call.input.mode.as_str() {
        "fails" => true,
        // A program that was killed has forgotten it, and fails once more.
        "fails once" => failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(call.input.text.clone()),
        _ => false,
    };
    if fails {
        return Err(Error::handler("no value today"));
    }
    let value = value_of(&call.input.text);
    let error = None;
    call.reply(Outputs { value, run, error }).await
}

/// How many calls are not completed.
pub(crate) fn open_calls(counts: &CallCounts) -> u64 {
    let open = CallStage::ALL.into_iter();
    open.filter(|stage| *stage != CallStage::Completed)
        .map(|stage| counts.of(stage))
        .sum()
}

/// Writes down how many calls are not settled: the driver cannot ask a store that is for one
/// program.
async fn write_down(store: Arc<Deadly>, path: PathBuf) {
    let new = path.with_extension("new");
    loop {
        if let Ok(counts) = store.counts().await {
            let open = open_calls(&counts);
            // A disk that is full now is not later.
            let written = std::fs::write(&new, format!("{} {open}", std::process::id()));
            let _ = written.and_then(|()| std::fs::rename(&new, &path));
        }
        tokio::time::sleep(LOOK).await;
    }
}
