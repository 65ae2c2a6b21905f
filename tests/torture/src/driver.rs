//! Starts the portals and the application, disturbs both, and waits until no call is open.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ExitCode};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bizproc_portal::{Platform, Portal};
use clap::{Args, ValueEnum};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::application::{CLIENT_ID, CLIENT_SECRET, CODE, open};
use crate::check::{Check, Started};
use crate::child::{self, Ends, Process};
use crate::disk::Disk;
use crate::faults::Faults;
use crate::look::Sight;
use crate::report;
use crate::server::Schema;
use crate::trap::Trap;

/// A fault is switched on with each eighth call.
const FAULT_EVERY: usize = 8;

/// From this number of calls on, a test run has time for the faults that take long.
const LONG_CALLS: usize = 1000;

/// The time after which the application has completed all replies to workflows that have ended. An old
/// portal gives the same error for a workflow that has ended and for one that does not exist yet. A
/// program that was killed between the send and the commit of its result retries for five minutes.
const SEND_RETRIES: Duration = Duration::from_secs(400);

/// The time without open calls after which the test run is over.
const QUIET: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One process, and a file on a disk that is filled now and then
    Sqlite,
    /// Two processes, and connections that are cut now and then
    Postgres,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The application's store
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// The number of workflows
    #[arg(long, default_value_t = 300)]
    calls: usize,
    /// The number of kills
    #[arg(long, default_value_t = 6)]
    kills: usize,
    /// The number of workflows started in a second
    #[arg(long, default_value_t = 15.0)]
    rate: f64,
    /// The seed of what is done, and in which order; random by default
    #[arg(long)]
    seed: Option<u64>,
    /// The seconds in which the application must complete the remaining calls; by default 900 from 1000
    /// calls on, and 40 below
    #[arg(long)]
    patience: Option<u64>,
}

/// The store, and the means to disturb it.
struct Ground {
    store: String,
    schema: Option<Schema>,
    disk: Option<Disk>,
}

impl Ground {
    /// Prepares the store; `None` if PostgreSQL is not installed.
    fn prepare(options: &Options, folder: &Path) -> Option<Self> {
        if options.store == Kind::Postgres {
            let schema = Schema::new()?;
            return Some(Self {
                store: schema.url(),
                schema: Some(schema),
                disk: None,
            });
        }
        let bytes = (16 << 20) + 8192 * u64::try_from(options.calls).unwrap();
        let disk = Disk::mount(&folder.join("disk"), bytes);
        let store = folder.join("disk").join("calls.sqlite");
        Some(Self {
            store: store.to_str().unwrap().to_owned(),
            schema: None,
            disk,
        })
    }

    /// Disturbs the store until `stop` is notified, and returns how often.
    async fn disturb(&self, mut random: StdRng, stop: &tokio::sync::Notify) -> usize {
        for times in 0.. {
            let pause = Duration::from_millis(random.random_range(1500..4000));
            let stopped = tokio::time::timeout(pause, stop.notified()).await.is_ok();
            if stopped || (self.schema.is_none() && self.disk.is_none()) {
                return times;
            }
            if let Some(schema) = &self.schema {
                tokio::task::block_in_place(|| schema.cut());
            }
            if let Some(disk) = &self.disk {
                tokio::task::block_in_place(|| disk.fill());
                let full = random.random_range(200..1500);
                tokio::time::sleep(Duration::from_millis(full)).await;
                disk.empty();
            }
        }
        unreachable!("the loop has no end")
    }
}

async fn start_portals(calls: usize) -> Vec<Portal> {
    let mut portals = Vec::new();
    for platform in [Platform::v26(), Platform::v24(), Platform::v21()] {
        let portal = Portal::builder()
            .platform(platform)
            .history_limit(calls * 200 + 100_000)
            .start();
        portals.push(portal.await.unwrap());
    }
    portals
}

/// Installs the application on every portal.
async fn install(portals: &[Portal], public_url: &str) {
    for portal in portals {
        portal
            .install(&format!("{public_url}/install"))
            .card(CLIENT_ID, CLIENT_SECRET)
            .await
            .unwrap();
        portal
            .wait_registered(CODE, Duration::from_secs(20))
            .await
            .unwrap();
    }
}

/// Starts a workflow. With `bait`, its call is sent once more later, naming another address.
async fn start(
    portal: Portal,
    started: Arc<Mutex<Vec<Started>>>,
    mut call: Started,
    bait: Option<(Arc<Trap>, Duration)>,
) {
    let input = json!({"text": call.text, "mode": call.mode});
    let workflow = portal.run(CODE, input).await.unwrap();
    workflow.id().clone_into(&mut call.id);
    started.lock().unwrap().push(call);
    let Some((trap, pause)) = bait else { return };
    let Ok(delivery) = workflow.wait_called(Duration::from_secs(30)).await else {
        return;
    };
    tokio::time::sleep(pause).await;
    let body = trap.bait(&delivery.body.text(), portal.url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    // The send fails if the program is killed meanwhile.
    let _ = http.post(&delivery.url).body(body).send().await;
}

/// Starts all workflows, at a steady rate.
async fn start_all(
    options: &Options,
    portals: &[Portal],
    trap: &Arc<Trap>,
    faults: &mut Faults,
    mut random: StdRng,
) -> Vec<Started> {
    let started = Arc::new(Mutex::new(Vec::new()));
    let mut starts = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / options.rate));
    for number in 0..options.calls {
        ticks.tick().await;
        let index = number % portals.len();
        let portal = portals.get(index).unwrap();
        if number % FAULT_EVERY == 0 {
            let has_time = options.calls >= LONG_CALLS && number * 2 < options.calls;
            faults.switch_on(portal, has_time);
        }
        let mode = match random.random_range(0..100) {
            0..2 => "fails",
            2..12 => "fails once",
            _ => "succeeds",
        };
        let call = Started {
            portal: index,
            id: String::new(),
            text: format!("{number} {:x}", random.random::<u64>()),
            mode,
        };
        // Some baits are sent after the call has run, and its reply is sent again; none near the end.
        let is_late = number * 4 > options.calls * 3;
        let pause = Duration::from_millis(random.random_range(0..8000));
        let is_baited = random.random_bool(0.03) && !is_late;
        let bait = is_baited.then(|| (Arc::clone(trap), pause));
        starts.spawn(start(portal.clone(), Arc::clone(&started), call, bait));
    }
    while let Some(ended) = starts.join_next().await {
        ended.unwrap();
    }
    started.lock().unwrap().clone()
}

/// Waits until no call is open, and returns the open ones if that takes too long.
async fn wait_quiet(processes: &[Arc<Process>], children: &[Child], patience: Duration) -> String {
    let until = Instant::now() + patience;
    let mut since = Instant::now();
    loop {
        let mut found = Vec::new();
        for (process, child) in processes.iter().zip(children) {
            let text = std::fs::read_to_string(process.open_calls()).unwrap_or_default();
            let is_of_this = text.starts_with(&format!("{} ", child.id()));
            if !(is_of_this && text.ends_with(" 0")) {
                found.push(text);
            }
        }
        if !found.is_empty() {
            since = Instant::now();
        }
        if since.elapsed() >= QUIET || Instant::now() >= until {
            return found.join(", ");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The faults that were switched on and did not occur.
async fn faults_left(portals: &[Portal]) -> Vec<Value> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut left = Vec::new();
    for portal in portals {
        let response = http.get(format!("{}/-/state", portal.url())).send().await;
        let text = response.unwrap().text().await.unwrap();
        let state: Value = serde_json::from_str(&text).unwrap();
        let faults = state.get("faults").and_then(Value::as_array).cloned();
        left.extend(faults.unwrap_or_default());
        portal.clear_faults();
    }
    left
}

/// The results of a test run, to be checked.
pub(crate) struct Done {
    pub(crate) started: Vec<Started>,
    pub(crate) ends: Ends,
    pub(crate) occurred: BTreeMap<&'static str, usize>,
    pub(crate) store_disturbed: usize,
    /// The calls that were open at the end.
    pub(crate) open: String,
    pub(crate) ended_well: bool,
    /// Whether the application may still be retrying replies that have already arrived.
    pub(crate) may_retry: bool,
}

pub(crate) async fn run(options: Options) -> ExitCode {
    let began = Instant::now();
    let seed = options.seed.unwrap_or_else(rand::random);
    println!("seed {seed}, {options:?}");
    let folder = tempfile::tempdir().unwrap();
    let Some(ground) = Ground::prepare(&options, folder.path()) else {
        return ExitCode::SUCCESS;
    };
    let portals = start_portals(options.calls).await;
    let trap = Arc::new(Trap::set());
    let processes = prepare_processes(&options, &ground, folder.path());
    let done = torture(&options, seed, &ground, &portals, &trap, &processes).await;
    let sights: Vec<_> = portals.iter().map(Sight::new).collect();
    let mut check = Check::new(&portals, &sights);
    for started in &done.started {
        check.workflow(started).await;
    }
    let counts = open(&ground.store).await.unwrap().counts().await.unwrap();
    check.violations.extend(report::general(
        &done,
        &counts,
        &sights,
        trap.touched(),
        &check.tally,
    ));
    report::print(&done, &counts, &check);
    report::print_logs(folder.path());
    println!("{:.1?}, seed {seed}", began.elapsed());
    if check.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    report::print_violations(&portals, &check.violations);
    report::print_last_lines(folder.path());
    ExitCode::FAILURE
}

fn prepare_processes(options: &Options, ground: &Ground, folder: &Path) -> Vec<Arc<Process>> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let public_url = format!("http://{}", listener.local_addr().unwrap());
    let count = match options.store {
        Kind::Sqlite => 1,
        Kind::Postgres => 2,
    };
    let process = |number| Process {
        listener: listener.try_clone().unwrap(),
        public_url: public_url.clone(),
        store: ground.store.clone(),
        folder: folder.to_owned(),
        number,
    };
    (0..count).map(process).map(Arc::new).collect()
}

/// How long it waits for open calls at the end.
fn patience(options: &Options) -> Duration {
    let is_long = options.calls >= LONG_CALLS;
    let default_patience = if is_long { 900 } else { 40 };
    Duration::from_secs(options.patience.unwrap_or(default_patience))
}

async fn torture(
    options: &Options,
    seed: u64,
    ground: &Ground,
    portals: &[Portal],
    trap: &Arc<Trap>,
    processes: &[Arc<Process>],
) -> Done {
    let mut random = StdRng::seed_from_u64(seed);
    let first = processes.first().unwrap();
    let mut installing = first.start(None);
    install(portals, &first.public_url).await;
    child::kill(&mut installing);

    let ends = Arc::new(Mutex::new(Ends::new()));
    let seconds = f64::from(u32::try_from(options.calls).unwrap()) / options.rate;
    let of_each = options.kills.div_ceil(processes.len());
    let kills = f64::from(u32::try_from(of_each.max(1)).unwrap());
    let every = Duration::from_secs_f64(seconds / kills);
    let mut running = Vec::new();
    for process in processes {
        let process = Arc::clone(process);
        let ends = Arc::clone(&ends);
        let own_random = StdRng::seed_from_u64(random.random());
        running.push(tokio::spawn(async move {
            process.run(of_each, every, own_random, ends).await
        }));
    }
    let mut faults = Faults::new(StdRng::seed_from_u64(random.random()), trap.url.clone());
    let stop = tokio::sync::Notify::new();
    let disturbing = ground.disturb(StdRng::seed_from_u64(random.random()), &stop);
    let of_calls = StdRng::seed_from_u64(random.random());
    let starting = async {
        let started = start_all(options, portals, trap, &mut faults, of_calls).await;
        let mut children = Vec::new();
        for process in running {
            children.push(process.await.unwrap());
        }
        stop.notify_one();
        (started, children)
    };
    let ((started, children), store_disturbed) = tokio::join!(starting, disturbing);

    let occurred = faults.occurred(&faults_left(portals).await);
    let limit = patience(options);
    let open = wait_quiet(processes, &children, limit).await;
    let mut ended_well = true;
    for child in children {
        ended_well &= child::end(child).await;
    }
    Done {
        started,
        ends: ends.lock().unwrap().clone(),
        occurred,
        store_disturbed,
        open,
        ended_well,
        may_retry: limit < SEND_RETRIES,
    }
}
