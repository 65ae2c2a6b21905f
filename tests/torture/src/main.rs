//! Kills an application again and again while its portals misbehave, and looks for calls that were
//! lost.
//!
//! `cargo run -p bizproc-torture -- --store sqlite --calls 300 --kills 6` starts portals of several
//! platforms and installs an application on them, which is this program once more, in a process of
//! its own (two on PostgreSQL). While workflows are started, the application is killed, at random
//! moments and at every [named point](deadly::Point) of a call's life, the portals'
//! [faults](faults::CLASSES) are switched on, the disk of the store is filled, the connections to
//! its database are cut. Then everything is well again, and it is checked what the application
//! promises:
//!
//! - A call whose handler was answered 200 ends its workflow, with the value that the robot makes of
//!   *its* input, or with the failure answer if the robot fails, and only then.
//! - Whatever is sent for one call is the same answer: outputs, the run that made them, error text.
//!   The robot's code may run again after a kill, and each run makes an id of its own; but only the
//!   first answer that the store has committed may ever leave the program, however often it does.
//!   So two ids for one workflow are a violation even if the portal has used only one of them, and
//!   so is one id for two workflows.
//! - A call that was answered otherwise, or not at all, because the program was killed before, was
//!   not accepted. If it was committed all the same it is answered as every other, and the same
//!   holds of its answer. A call that was refused (403) is never answered.
//! - Nothing is given up or left open in the store. (Runs of few calls do not wait until the
//!   application believes an old portal that a workflow has ended: it asks for five minutes. Its
//!   workflow must have ended all the same.) And nothing goes to an address that a
//!   call names.
//! - The portals' own limit of requests refuses nothing.
//!
//! A portal of the newest platform may take an answer and drop it, because the workflow is busy
//! just then. The application says every answer three times; a workflow whose answer was dropped
//! each time waits for ever and is no violation. It is counted.
//!
//! The seed decides what is done and in which order, not when the processes get to it: a run is
//! not repeated exactly.

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

/// Kills an application again and again and looks for calls it lost.
#[derive(Debug, Parser)]
enum Arguments {
    /// Starts portals and kills the application.
    #[command(name = "drive")]
    Drive(driver::Options),
    /// The application, as the driver starts it.
    #[command(name = "application")]
    Application(application::Options),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().collect::<Vec<_>>();
    // The driver is what people start.
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
