//! Measures the costs and the limits of the toolkit.
//!
//! `cargo run -p bizproc-bench --release -- compile` builds many robots and the same structs with
//! serde's derives, and prints the time of each.
//!
//! `store /tmp/calls.sqlite` fills a store with a million waiting replies, and prints how fast it opens
//! and how many further calls it accepts. `restart /tmp/calls.sqlite` starts an application several
//! times on such a store, and prints how soon it sends and how much memory it uses.
//!
//! `accept` posts calls to an application and to a route that stores nothing. `replies` sends replies
//! to an emulated portal as fast as the platform's limits allow. `lone` sends single replies with the
//! application and with a bare client.

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

/// Measures the costs and the limits of bizproc
#[derive(Debug, Parser)]
enum Arguments {
    /// The time to compile robots, beside the same structs with serde's derives
    Compile(compile::Options),
    /// The number of calls that a store in a file processes
    Store(store::Options),
    /// The number of calls that an application accepts, beside a route that stores nothing
    Accept(accept::Options),
    /// The number of replies that a portal gets within its limits
    Replies(replies::Options),
    /// The delay of a reply, beside a bare request
    Lone(lone::Options),
    /// The time until an application sends after a start on a full store
    Restart(restart::Options),
    /// Runs the application that `restart` starts
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
