//! Measures what the toolkit costs those who use it, and what it bears.
//!
//! `cargo run -p bizproc-bench --release -- compile` builds many robots, and the same structs with
//! serde's derives, and prints how long each takes.
//!
//! `store /tmp/calls.sqlite` fills a store with a million answers that wait, and prints how fast it
//! opens and how many calls it takes beside them. `restart /tmp/calls.sqlite` has an application
//! start on such a store again and again, and prints how soon it sends and how much memory it has.
//!
//! `accept` posts calls to an application and to a route that keeps nothing. `replies` has an
//! emulated portal take answers as fast as the platform's limits allow. `lone` sends single replies
//! by the application and by a bare client.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod accept;
mod callers;
mod compile;
mod figures;
mod filled;
mod generate;
mod lone;
mod place;
mod replies;
mod restart;
mod robot;
mod store;

use clap::Parser;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures what bizproc costs and bears.
#[derive(Debug, Parser)]
enum Arguments {
    /// How long robots take to compile, beside the same structs with serde's derives.
    Compile(compile::Options),
    /// How many calls a store in a file bears.
    Store(store::Options),
    /// How many calls an application accepts, beside a route that keeps nothing.
    Accept(accept::Options),
    /// How many answers a portal gets within its limits.
    Replies(replies::Options),
    /// How much later a reply arrives than a bare request.
    Lone(lone::Options),
    /// How soon an application sends that starts on a full store.
    Restart(restart::Options),
    /// The application that `restart` starts.
    #[command(hide = true)]
    Restarted(restart::Restarted),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Arguments::Compile(options) = &arguments {
        return compile::run(options);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match &arguments {
            Arguments::Compile(options) => compile::run(options),
            Arguments::Store(options) => store::run(options).await,
            Arguments::Accept(options) => accept::run(options).await,
            Arguments::Replies(options) => replies::run(options).await,
            Arguments::Lone(options) => lone::run(options).await,
            Arguments::Restart(options) => restart::run(options).await,
            Arguments::Restarted(options) => restart::restarted(options).await,
        }
    })
}
