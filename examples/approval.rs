//! The robot `acme_approval`: a person decides, and the reply comes days later.
//!
//! The robot's code writes a letter that holds the call's ticket, and defers the reply. Then the
//! application shuts down, three days pass on the portal, and another process replies with the
//! ticket. What it needs is in the store, a SQLite file.
//!
//! `cargo run --features sqlite --example approval` starts a portal in this process and the
//! application in child processes of it, `approval serve <dir>` and then `approval decide <dir> yes`.
//! They are two because one process at a time has a SQLite file open. A running application replies
//! in a route of its own, with `Service::store`.
#![allow(clippy::print_stdout, reason = "the example shows what happens")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bizproc_portal::Portal;
use bizproc_runtime::call::Ticket;
use bizproc_runtime::store::{CallStage, Sqlite, Store};
use bizproc_runtime::{App, Call, Replied, ReturnValues, Robot};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long anything may take here.
const LIMIT: Duration = Duration::from_secs(30);

/// The application's credentials on the portal. A real secret comes from the environment.
const CLIENT_ID: &str = "local.acme";
const CLIENT_SECRET: &str = "the secret on the card";

type Done<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Approval
///
/// Asks the boss, and waits for the answer.
#[derive(Robot)]
#[robot(code = "acme_approval", returns = Decision)]
struct Approval {
    /// Question
    question: String,
}

#[derive(ReturnValues)]
struct Decision {
    /// Approved
    approved: bool,
}

/// The letter to the boss. Its reader can decide.
#[derive(Serialize, Deserialize)]
struct Letter {
    question: String,
    ticket: Ticket<Decision>,
}

fn letter_in(dir: &Path) -> PathBuf {
    dir.join("letter.json")
}

/// The robot's code. It may run twice, for instance after a crash: both letters have the same
/// ticket, and of two replies only the first counts.
async fn ask(call: Call<Approval>, dir: &Path) -> Done<Replied> {
    let question = call.input.question.clone();
    let (ticket, deferred) = call.defer();
    let letter = serde_json::to_vec_pretty(&Letter { question, ticket })?;
    // The letter gets its name when it is complete, so that no one reads half of it.
    let draft = dir.join("letter.draft");
    tokio::fs::write(&draft, letter).await?;
    tokio::fs::rename(&draft, letter_in(dir)).await?;
    Ok(deferred)
}

/// The application on the store in this directory.
fn application(public_url: &str, dir: &Path, store: &Arc<Sqlite>) -> App {
    let letters = dir.to_owned();
    App::new(public_url)
        .trust_oauth_host("127.0.0.1")
        .client_id(CLIENT_ID)
        // After three days every access token has expired; with the secret the application renews it.
        .client_secret(CLIENT_SECRET)
        .store(Arc::clone(store) as Arc<dyn Store>)
        // On another disk than the store's, if there is one.
        .journal(dir.join("calls.journal"))
        .robot(move |call: Call<Approval>| {
            let letters = letters.clone();
            async move { ask(call, &letters).await }
        })
}

async fn open(dir: &Path) -> bizproc_runtime::Result<Arc<Sqlite>> {
    Sqlite::open(dir.join("calls.sqlite")).await.map(Arc::new)
}

/// `approval serve`: accepts calls until SIGTERM, then shuts down.
async fn serve(dir: &Path) -> Done {
    let store = open(dir).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let app = application(&public_url, dir, &store).shutdown_timeout(Duration::from_secs(10));
    println!("{public_url}");
    app.serve(listener).await?;
    store.close().await;
    Ok(())
}

/// `approval decide`: replies with the ticket, and waits until the reply is sent.
async fn decide(dir: &Path, decision: &str) -> Done {
    let approved = match decision {
        "yes" => true,
        "no" => false,
        _ => return Err("the decision is `yes` or `no`".into()),
    };
    let letter = tokio::fs::read(letter_in(dir)).await?;
    let Letter { question, ticket } = serde_json::from_slice(&letter)?;
    let token = ticket.event_token().clone();
    let store = open(dir).await?;
    // There is no listener: this process only sends.
    let service = application("http://127.0.0.1:1", dir, &store).start()?;

    let log = format!("The boss on `{question}`: {decision}");
    let reply = ticket.reply(&*store, Decision { approved }).log(log);
    if !reply.await? {
        return Err("the call has a reply already, or its step has ended".into());
    }
    // The reply is stored now. If this process crashed here, the next one that opens the store would
    // send it.
    service.shutdown(Duration::from_secs(10)).await;
    let record = store.call(&token).await?;
    let stage = record.map(|record| record.state.stage());
    store.close().await;
    match stage {
        Some(CallStage::Delivered | CallStage::Completed) => Ok(()),
        stage => Err(format!("the reply is stored, but not sent yet: {stage:?}").into()),
    }
}

#[tokio::main]
async fn main() -> Done {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let words = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    match words[..] {
        [] => play().await,
        ["serve", dir] => serve(Path::new(dir)).await,
        ["decide", dir, decision] => decide(Path::new(dir), decision).await,
        _ => Err("the arguments are `serve <dir>`, `decide <dir> yes|no`, or none".into()),
    }
}

/// The whole story.
async fn play() -> Done {
    let temporary = tempfile::tempdir()?;
    let dir = temporary.path();
    let portal = Portal::start().await?;

    let mut application = start("serve", dir, None)?;
    let public_url = first_line(&mut application).await?;
    portal
        .install(&format!("{public_url}/install"))
        .card(CLIENT_ID, CLIENT_SECRET)
        .await?;
    portal.wait_registered("acme_approval", LIMIT).await?;
    let input = json!({"question": "May we give 20 percent?"});
    let workflow = portal.run("acme_approval", input).await?;
    within("a letter to the boss", letter_at(&letter_in(dir))).await?;
    println!("The robot's code wrote a letter and ended.");

    terminate(&mut application)?;
    ended(&mut application, "the application").await?;
    println!("The application has shut down.");

    portal.advance(Duration::from_hours(3 * 24));
    if !workflow.is_waiting() {
        return Err("the workflow does not wait for the reply".into());
    }
    println!("Three days passed on the portal. The workflow still waits.");

    let mut boss = start("decide", dir, Some("yes"))?;
    ended(&mut boss, "the boss's decision").await?;
    let outcome = workflow.wait_finished(LIMIT).await?;
    println!("Another process replied with the ticket. The workflow continues:");
    for line in &outcome.log {
        println!("  {line}");
    }
    for (id, value) in &outcome.return_values {
        println!("  {id} = {}", value.as_str().unwrap_or_default());
    }
    Ok(())
}

/// Starts this program in another role. It ends with this process at the latest.
fn start(role: &str, dir: &Path, decision: Option<&str>) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg(role)
        .arg(dir)
        .args(decision)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

async fn first_line(child: &mut Child) -> Done<String> {
    let output = child.stdout.take().ok_or("the child has no output")?;
    let mut lines = BufReader::new(output).lines();
    let line = within("the application's address", lines.next_line()).await??;
    line.ok_or_else(|| "the application ended at its start".into())
}

async fn letter_at(path: &Path) {
    while !path.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends SIGTERM, as service managers do.
#[cfg(unix)]
fn terminate(child: &mut Child) -> Done {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child.id().ok_or("the application has ended")?;
    let pid = Pid::from_raw(id.try_into()?).ok_or("a process has a number above zero")?;
    kill_process(pid, Signal::TERM)?;
    Ok(())
}

/// Without signals the process ends as in a crash, which loses nothing either.
#[cfg(not(unix))]
fn terminate(child: &mut Child) -> Done {
    Ok(child.start_kill()?)
}

/// Waits until a process has ended successfully.
async fn ended(child: &mut Child, what: &str) -> Done {
    let status = within(what, child.wait()).await??;
    if status.success() || cfg!(not(unix)) {
        return Ok(());
    }
    Err(format!("{what}: {status}").into())
}

async fn within<T>(what: &str, wait: impl Future<Output = T>) -> Done<T> {
    let waited = tokio::time::timeout(LIMIT, wait).await;
    waited.map_err(|_| format!("{what}: timed out after {LIMIT:?}").into())
}
