//! Starts the portals and the application, disturbs both, and waits until everything is quiet.

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

/// A fault is switched on with every so many calls.
const FAULT_EVERY: usize = 8;

/// Runs of so many calls have time for the faults that take long.
const LONG_CALLS: usize = 1000;

/// An old portal says of a workflow that has ended that there is none, and the same of one that is
/// not there yet. A program that was killed between sending a reply and keeping what the portal
/// said sends it again for five minutes before it believes that.
const ASKED: Duration = Duration::from_secs(400);

/// How long nothing may be open before it is taken to stay so.
const QUIET: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One process, a file on a disk that is filled now and then.
    Sqlite,
    /// Two processes, connections that are cut now and then.
    Postgres,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the application keeps its calls.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// How many workflows are started.
    #[arg(long, default_value_t = 300)]
    calls: usize,
    /// How often the application is killed.
    #[arg(long, default_value_t = 6)]
    kills: usize,
    /// How many workflows are started in a second.
    #[arg(long, default_value_t = 15.0)]
    rate: f64,
    /// What is done, and in which order; another one each time unless given.
    #[arg(long)]
    seed: Option<u64>,
    /// How many seconds the application has in the end to answer what is left; a quarter of an hour
    /// for many calls, 40 seconds for few, unless given.
    #[arg(long)]
    patience: Option<u64>,
}

/// The store, and what can be done to it.
struct Ground {
    store: String,
    schema: Option<Schema>,
    disk: Option<Disk>,
}

impl Ground {
    /// `None` when there is no PostgreSQL to start.
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

    /// Disturbs the store until it is told to stop; how often it did.
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
        unreachable!("there is always a next time")
    }
}

async fn portals(calls: usize) -> Vec<Portal> {
    let mut portals = Vec::new();
    for platform in [Platform::v26(), Platform::v24(), Platform::v21()] {
        let builder = Portal::builder().platform(platform);
        let builder = builder.history_limit(calls * 200 + 100_000);
        portals.push(builder.start().await.unwrap());
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
        let registered = portal.wait_registered(CODE, Duration::from_secs(20)).await;
        registered.unwrap();
    }
}

/// Starts a workflow; now and then its call comes once more, from somewhere else.
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
    // The program may be killed meanwhile.
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
        // Some come when the call is done, and is answered once more; none comes at the end.
        let is_late = number * 4 > options.calls * 3;
        let pause = Duration::from_millis(random.random_range(0..8000));
        let is_baited = random.random_bool(0.03) && !is_late;
        let bait = is_baited.then(|| (Arc::clone(trap), pause));
        starts.spawn(start(portal.clone(), Arc::clone(&started), call, bait));
    }
    while let Some(ended) = starts.join_next().await {
        ended.unwrap();
    }
    let started = started.lock().unwrap();
    started.clone()
}

/// Waits until nothing is open; what is, when that takes too long.
async fn quiet(processes: &[Arc<Process>], children: &[Child], patience: Duration) -> String {
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

/// The faults that were switched on and did not strike.
async fn faults_left(portals: &[Portal]) -> Vec<Value> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut left = Vec::new();
    for portal in portals {
        let asked = http.get(format!("{}/-/state", portal.url())).send().await;
        let text = asked.unwrap().text().await.unwrap();
        let state = serde_json::from_str::<Value>(&text).unwrap();
        let faults = state.get("faults").and_then(Value::as_array).cloned();
        left.extend(faults.unwrap_or_default());
        portal.clear_faults();
    }
    left
}

/// What a run leaves to be judged.
pub(crate) struct Done {
    pub(crate) started: Vec<Started>,
    pub(crate) ends: Ends,
    pub(crate) struck: BTreeMap<&'static str, usize>,
    pub(crate) store_disturbed: usize,
    /// What was open in the end.
    pub(crate) open: String,
    pub(crate) ended_well: bool,
    /// Whether answers may be left of which the application does not know that they arrived.
    pub(crate) may_ask: bool,
}

pub(crate) async fn run(options: Options) -> ExitCode {
    let began = Instant::now();
    let seed = options.seed.unwrap_or_else(rand::random);
    println!("seed {seed}, {options:?}");
    let folder = tempfile::tempdir().unwrap();
    let Some(ground) = Ground::prepare(&options, folder.path()) else {
        return ExitCode::SUCCESS;
    };
    let portals = portals(options.calls).await;
    let trap = Arc::new(Trap::set());
    let processes = processes(&options, &ground, folder.path());
    let done = torture(&options, seed, &ground, &portals, &trap, &processes).await;
    let sights = portals.iter().map(Sight::of).collect::<Vec<_>>();
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

fn processes(options: &Options, ground: &Ground, folder: &Path) -> Vec<Arc<Process>> {
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
    let every = f64::from(u32::try_from(options.calls).unwrap()) / options.rate;
    let of_each = options.kills.div_ceil(processes.len());
    let every = Duration::from_secs_f64(every / f64::from(u32::try_from(of_each.max(1)).unwrap()));
    let running = processes.iter().map(|process| {
        let (process, ends) = (Arc::clone(process), Arc::clone(&ends));
        let random = StdRng::seed_from_u64(random.random());
        tokio::spawn(async move { process.run(of_each, every, random, ends).await })
    });
    let running = running.collect::<Vec<_>>();
    let of_faults = StdRng::seed_from_u64(random.random());
    let mut faults = Faults::new(of_faults, trap.url.clone());
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

    let struck = faults.struck(&faults_left(portals).await);
    let is_long = options.calls >= LONG_CALLS;
    let patience = options.patience.unwrap_or(if is_long { 900 } else { 40 });
    let patience = Duration::from_secs(patience);
    let open = quiet(processes, &children, patience).await;
    let mut ended_well = true;
    for child in children {
        ended_well &= child::end(child).await;
    }
    let ends = ends.lock().unwrap().clone();
    Done {
        started,
        ends,
        struck,
        store_disturbed,
        open,
        ended_well,
        may_ask: patience < ASKED,
    }
}
