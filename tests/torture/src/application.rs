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

/// The number of times that a reply is delivered.
pub(crate) const DELIVERIES: usize = 1 + REDELIVERY.len();
const REDELIVERY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// The time until another program takes over the calls of a killed one. Programs extend their leases
/// every 15 seconds.
const LEASE: Duration = Duration::from_secs(20);

/// The time between two reports of open calls.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A file, or the address of a PostgreSQL database
    #[arg(long)]
    store: String,
    /// The journal for calls that the store cannot take
    #[arg(long)]
    journal: PathBuf,
    /// The file for the number of calls that are not completed
    #[arg(long)]
    open_calls: PathBuf,
    #[arg(long)]
    public_url: String,
    /// The point at which the program kills itself
    #[arg(long)]
    end_at: Option<Point>,
    /// The number of times that the point is passed before
    #[arg(long, default_value_t = 1)]
    end_after: u32,
    /// The milliseconds after which passings are counted
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
    /// Different in every run, so that two replies to one call can be distinguished.
    run: String,
    #[property(failure)]
    error: Option<String>,
}

/// The value that the robot computes from a text.
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

/// Opens the store, again and again until it opens: its disk may be full at the moment.
async fn open_with_retries(store: &str) -> Arc<dyn Store> {
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
    let is_shared = options.store.starts_with("postgres:");
    let store = Arc::new(Deadly {
        store: open_with_retries(&options.store).await,
        end: options.end_at.map(|point| (point, options.end_after)),
        passed: AtomicU32::new(0),
        armed: Instant::now() + Duration::from_millis(options.armed_after),
        lease: is_shared.then_some(LEASE),
    });
    tokio::spawn(report_open_calls(Arc::clone(&store), options.open_calls));
    let failed = Arc::new(Mutex::new(HashSet::new()));
    let listener = app::bind("127.0.0.1:0").await?;
    App::new(options.public_url)
        .robot(move |call: Call<Work>| work(call, Arc::clone(&failed)))
        .store(store)
        .journal(options.journal)
        .trust_oauth_host("127.0.0.1")
        .client_id(CLIENT_ID)
        .client_secret(CLIENT_SECRET)
        .redelivery(REDELIVERY)
        .serve(listener)
        .await?;
    Ok(())
}

async fn work(
    call: Call<Work>,
    failed: Arc<Mutex<HashSet<String>>>,
) -> bizproc_runtime::Result<Replied> {
    let pause = rand::rng().random_range(0..120);
    let run = format!("{:032x}", rand::rng().random::<u128>());
    tokio::time::sleep(Duration::from_millis(pause)).await;
    let fails = match call.input.mode.as_str() {
        "fails" => true,
        // A restarted program does not know of earlier failures, and fails once more.
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

/// The number of calls that are not completed.
pub(crate) fn open_calls(counts: &CallCounts) -> u64 {
    CallStage::ALL
        .into_iter()
        .filter(|stage| *stage != CallStage::Completed)
        .map(|stage| counts.get(stage))
        .sum()
}

/// Writes the number of open calls to a file, because the driver cannot open a store that is for one
/// program.
async fn report_open_calls(store: Arc<Deadly>, path: PathBuf) {
    let new = path.with_extension("new");
    loop {
        if let Ok(counts) = store.counts().await {
            let open = open_calls(&counts);
            // The write fails while the disk is full; a later one succeeds.
            let written = std::fs::write(&new, format!("{} {open}", std::process::id()));
            let _ = written.and_then(|()| std::fs::rename(&new, &path));
        }
        tokio::time::sleep(REPORT_INTERVAL).await;
    }
}
