//! Kills an application repeatedly while its portals misbehave, and searches for lost calls.
//!
//! `cargo run -p bizproc-torture -- --store sqlite --calls 300 --kills 6` starts portals of several
//! platforms and installs an application on them: this program once more, in a process of its own
//! (two with PostgreSQL). While workflows are started, the application is killed at random moments
//! and at each [named point](deadly::Point) of a call's life, [faults](faults::CLASSES) of the portals
//! are switched on, the disk of the store is filled, and the connections to its database are cut.
//! After that, all disturbances end, and the guarantees of the application are checked:
//!
//! - A call whose response was 200 ends its workflow: with the value that the robot computes from
//!   *its* input, or with the values after a failure if, and only if, the robot fails.
//! - All replies to one call are the same: return values, the run that made them, the error's text.
//!   The handler may run again after a kill, and each run has an id of its own; but only the first
//!   reply that the store has committed may leave the program, however often it is sent. Two ids for
//!   one workflow are a violation even if the portal used only one of them, and so is one id for two
//!   workflows.
//! - A call with another response, or with none because the program was killed first, was not
//!   accepted. If it was committed nevertheless, it is replied to as any other, and the same
//!   guarantees hold. A refused call (403) never gets a reply.
//! - The store has no dead letter and no open call. (Short test runs do not wait for the five minutes
//!   in which the application retries a reply to an old portal whose workflow has ended. That
//!   workflow must have ended nevertheless.) Nothing is sent to an address that a call names.
//! - The portals' own rate limit refuses no request.
//!
//! A portal of the newest platform may acknowledge a reply and drop it, because the workflow is busy
//! at that moment. The application delivers each reply three times. A workflow whose reply was dropped
//! each time waits without end: it is counted, and is no violation.
//!
//! The seed decides what is done and in which order, but not when the processes do it: a test run
//! cannot be repeated exactly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test, which fails by panicking, and prints"
)]

mod application;
mod check;
mod child;
mod deadly;
mod disk;
mod driver;
mod faults;
mod look;
mod report;
#[path = "../../runtime/store/server.rs"]
#[allow(dead_code, reason = "the tests of the store need more of it")]
mod server;
mod trap;

use std::process::ExitCode;

use clap::Parser;

/// Kills an application repeatedly and searches for lost calls
#[derive(Debug, Parser)]
enum Arguments {
    /// Starts portals and kills the application
    #[command(name = "drive")]
    Drive(driver::Options),
    /// Runs the application; the driver starts it
    #[command(name = "application")]
    Application(application::Options),
}

fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args().collect();
    // People start the driver, without its name.
    if arguments.get(1).is_none_or(|first| first.starts_with("--")) {
        arguments.insert(1.min(arguments.len()), "drive".to_owned());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match Arguments::parse_from(arguments) {
        Arguments::Drive(options) => runtime.block_on(driver::run(options)),
        Arguments::Application(options) => match runtime.block_on(application::run(options)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the application ended: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
