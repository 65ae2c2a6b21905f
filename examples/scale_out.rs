//! The robot `acme_report` in two processes with one PostgreSQL, behind one address. A call that one
//! process accepts may run in either; when one shuts down, the other runs the rest.
//!
//! `DATABASE_URL=postgres://… cargo run --features postgres --example scale_out` starts a portal in
//! this process and the application in two child processes, `scale_out <name> <address>`. The
//! database must be empty or this example's; `tests/with-postgres` starts one for a command. Both
//! processes have one socket, passed as a service manager does; for two machines there is a load
//! balancer instead.
#![allow(clippy::print_stdout, reason = "the example shows what happens")]

use std::collections::BTreeMap;
use std::error::Error;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bizproc_portal::{Outcome, Portal};
use bizproc_runtime::app::bind;
use bizproc_runtime::store::Postgres;
use bizproc_runtime::{App, Call, Replied, ReturnValues, Robot};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::process::{Child, Command};

/// How long anything may take here.
const LIMIT: Duration = Duration::from_secs(30);

/// How many workflows ask for a report.
const REPORTS: usize = 20;

type Done<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Report
///
/// Makes a report, which takes a while.
#[derive(Robot)]
#[robot(code = "acme_report", returns = Made)]
struct Report {
    /// Customer
    customer: String,
}

#[derive(ReturnValues)]
struct Made {
    /// Made by
    made_by: String,
}

/// Runs the application, in each of its processes.
async fn application(name: String, public_url: &str) -> Done {
    let store = Postgres::open(database()?).await?;
    let make = move |call: Call<Report>| {
        let made_by = name.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let log = format!("a report on {} by {made_by}", call.input.customer);
            call.reply(Made { made_by }).log(log).await as bizproc_runtime::Result<Replied>
        }
    };
    let app = App::new(public_url)
        .trust_oauth_host("127.0.0.1")
        .store(Arc::new(store))
        // For each process; further calls wait until either is free.
        .concurrency(2)
        .robot(make);
    // At SIGTERM it accepts no more calls, completes those that run, and sends their replies.
    app.serve(bind("127.0.0.1:0").await?).await?;
    Ok(())
}

fn database() -> Done<String> {
    let url = std::env::var("DATABASE_URL");
    url.map_err(|_| "set `DATABASE_URL` to the address of a PostgreSQL database".into())
}

#[tokio::main]
async fn main() -> Done {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(name), Some(public_url)) => application(name, &public_url).await,
        _ => play().await,
    }
}

/// The whole story.
async fn play() -> Done {
    database()?;
    let socket = TcpListener::bind("127.0.0.1:0")?;
    let public_url = format!("http://{}", socket.local_addr()?);
    let mut first = start("first", &socket, &public_url)?;
    let mut second = start("second", &socket, &public_url)?;

    // One process handles the installation, and both know of it.
    let portal = Portal::start().await?;
    portal.install(&format!("{public_url}/install")).await?;
    portal.wait_registered("acme_report", LIMIT).await?;
    let mut workflows = Vec::new();
    for number in 1..=REPORTS {
        let input = json!({"customer": format!("customer {number}")});
        workflows.push(portal.run("acme_report", input).await?);
    }
    let (early, late) = workflows.split_at(REPORTS / 2);

    let mut makers = BTreeMap::new();
    for workflow in early {
        count(&mut makers, &workflow.wait_finished(LIMIT).await?);
    }
    println!("Reports made by each process: {makers:?}");

    terminate(&mut first).await?;
    println!("The first process has shut down.");

    for workflow in late {
        count(&mut makers, &workflow.wait_finished(LIMIT).await?);
    }
    println!("Reports made by each process: {makers:?}");
    terminate(&mut second).await?;
    println!("All {REPORTS} workflows have finished.");
    Ok(())
}

fn count(makers: &mut BTreeMap<String, usize>, outcome: &Outcome) {
    let value = outcome.return_values.get("made_by");
    let made_by = value.and_then(|value| value.as_str()).unwrap_or_default();
    *makers.entry(made_by.to_owned()).or_default() += 1;
}

/// Starts this program as the application. The socket is its file 3, announced by `LISTEN_FDS`, as
/// service managers pass it. The program ends with this process at the latest.
fn start(name: &str, socket: &TcpListener, public_url: &str) -> Done<Child> {
    let socket = OwnedFd::from(socket.try_clone()?);
    let child = Command::new("sh")
        .args(["-c", "exec \"$0\" \"$@\" 3<&0 </dev/null"])
        .arg(std::env::current_exe()?)
        .args([name, public_url])
        .env("LISTEN_FDS", "1")
        .stdin(Stdio::from(socket))
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

/// Sends SIGTERM, as service managers do, and waits until the process has ended.
async fn terminate(child: &mut Child) -> Done {
    let id = child.id().ok_or("the application ended by itself")?;
    let pid = Pid::from_raw(id.try_into()?).ok_or("a process has a number above zero")?;
    kill_process(pid, Signal::TERM)?;
    let status = tokio::time::timeout(LIMIT, child.wait()).await??;
    if !status.success() {
        return Err(format!("the application: {status}").into());
    }
    Ok(())
}
