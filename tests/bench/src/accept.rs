//! Measures how many calls an application accepts over HTTP, beside a route that stores nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use bizproc_portal::Portal;
use bizproc_runtime::store::{CallStage, Store};
use bizproc_runtime::{App, Call, Replied};
use clap::Args;

use crate::Result;
use crate::callers::{self, Post, Round, all_times};
use crate::figures::median;
use crate::filled::{fill, install_all};
use crate::place::Place;
use crate::robot::{Work, call_of, install, serve, work};

/// The length of the bodies of calls whose replies wait.
const BODY_BYTES: usize = 3000;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The store: `memory`, `sqlite`, `postgres` or its address
    #[arg(long, default_value = "sqlite")]
    store: Place,
    /// Lets no call run, so that accepting is the only work; otherwise calls run meanwhile, and their
    /// replies wait for a portal that cannot be reached
    #[arg(long)]
    alone: bool,
    /// The number of replies to other unreachable portals that wait from the beginning
    #[arg(long, default_value_t = 0)]
    waiting: u64,
    /// The number of connections, each of which posts one call after the other
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The number of rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The seconds of each measurement
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// The measurements of both servers.
#[derive(Default)]
struct Rounds {
    bare: Vec<Round>,
    durable: Vec<Round>,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let opened = options.store.open().await?;
    if options.waiting > 0 {
        // No one listens at this address.
        install_all(&*opened.store, "http://127.0.0.1:1/rest/", "access token").await?;
        let took = fill(&opened.store, options.waiting, BODY_BYTES).await?;
        println!("{} replies wait, filled in {took:.1?}", options.waiting);
    }
    let served = serve(Arc::clone(&opened.store), |app| {
        add_robot(app, options.alone)
    })
    .await?;
    let portal = Portal::start().await?;
    install(&portal, &served).await?;
    let (path, body) = call_of(&portal).await?;
    // From now on the replies reach no one.
    drop(portal);
    println!(
        "{} connections, calls of {} bytes, store: {}, {}",
        options.connections,
        body.len(),
        options.store.name(),
        if options.alone {
            "no call runs"
        } else {
            "calls run meanwhile"
        },
    );

    let bare = Bare::serve(&path).await?;
    let to_bare = Post::new(bare.address, &path, &body)?;
    let to_durable = Post::new(served.address, &path, &body)?;
    let length = Duration::from_secs(options.seconds);
    let mut rounds = Rounds::default();
    // The first round warms both up and does not count.
    for round in 0..=options.rounds {
        let connections = options.connections;
        let without = callers::post(bare.address, &to_bare, connections, length).await?;
        let with = callers::post(served.address, &to_durable, connections, length).await?;
        if round > 0 {
            println!(
                "round {round}: bare {:.0}/s, durable {:.0}/s, ratio {:.2}",
                without.rate(),
                with.rate(),
                with.rate() / without.rate()
            );
            rounds.bare.push(without);
            rounds.durable.push(with);
        }
        if !options.alone {
            all_ran(&*opened.store).await?;
        }
    }
    report(&rounds);
    Ok(())
}

fn add_robot(app: App, is_alone: bool) -> App {
    if is_alone {
        app.concurrency(1).robot(busy)
    } else {
        app.robot(work)
    }
}

/// Keeps its run permit without end.
async fn busy(_: Call<Work>) -> bizproc_runtime::Result<Replied> {
    std::future::pending().await
}

/// Waits until all calls have run, so that they do not disturb the next measurement.
async fn all_ran(store: &dyn Store) -> Result<()> {
    let begun = Instant::now();
    let mut waited = false;
    while store.counts().await?.get(CallStage::Accepted) > 0 {
        waited = true;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if waited {
        println!(
            "         the last call had run {:.1?} later",
            begun.elapsed()
        );
    }
    Ok(())
}

fn report(rounds: &Rounds) {
    let both = [("bare", &rounds.bare), ("durable", &rounds.durable)];
    for (name, rounds) in both {
        let rate = median(rounds.iter().map(Round::rate).collect());
        println!("{name:8} {rate:6.0}/s, {}", all_times(rounds));
    }
    let ratios = rounds
        .durable
        .iter()
        .zip(&rounds.bare)
        .map(|(durable, bare)| durable.rate() / bare.rate())
        .collect();
    println!("ratio    {:.2}, the median", median(ratios));
}

/// A route that reads a body and responds 200.
struct Bare {
    address: SocketAddr,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Bare {
    async fn serve(path: &str) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let respond = async |body: Bytes| {
            drop(body);
            StatusCode::OK
        };
        let router = Router::new().route(path, post(respond));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, server })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.server.abort();
    }
}
