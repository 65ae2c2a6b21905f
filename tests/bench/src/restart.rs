//! Measures how soon an application sends after a start on a store full of replies, and how much memory
//! it uses.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bizproc_portal::{Event, Portal};
use bizproc_runtime::App;
use bizproc_runtime::store::{CallStage, Sqlite, Store};
use clap::Args;

use crate::Result;
use crate::figures::peak_megabytes;
use crate::filled::install_all;
use crate::robot::{TIMEOUT, work};
use crate::store::fill_file;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file of the store, which is filled up to the number of replies
    file: PathBuf,
    /// The number of waiting replies
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
    /// The bytes of a call's body
    #[arg(long, default_value_t = 3000)]
    body: usize,
    /// The number of starts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The seconds for which the application sends
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// The application that is started.
#[derive(Debug, Args)]
pub(crate) struct Restarted {
    file: PathBuf,
}

/// Opens the store and runs the application until it is killed.
pub(crate) async fn restarted(options: &Restarted) -> Result<()> {
    let store = Sqlite::open(&options.file).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    App::new(format!("http://{address}"))
        .trust_oauth_host("127.0.0.1")
        .store(Arc::new(store))
        .robot(work)
        .serve(listener)
        .await?;
    Ok(())
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    fill_file(&options.file, options.calls, options.body).await?;
    for round in 1..=options.rounds {
        let portal = Portal::start().await?;
        let installation = portal.install("http://127.0.0.1:1/install").await?;
        let sqlite = Sqlite::open(&options.file).await?;
        install_all(&sqlite, &portal.endpoint(), &installation.access_token()).await?;
        let waiting = sqlite.counts().await?.get(CallStage::Replied);
        sqlite.close().await;

        let mut child = Killed::start(&options.file)?;
        let sent = first_sent(&portal, &mut child).await?;
        let process = child.process.id().to_string();
        let megabytes = peak_megabytes(&process)?;
        let took = sent.duration_since(child.started)?;
        tokio::time::sleep(Duration::from_secs(options.seconds)).await;
        println!(
            "round {round}: {waiting} replies wait, the first is sent after {:.0} ms; \
             {megabytes} MB at most, {} MB after {} s",
            took.as_secs_f64() * 1000.0,
            peak_megabytes(&process)?,
            options.seconds
        );
    }
    Ok(())
}

/// An application that is killed when this is dropped, as in a crash.
struct Killed {
    process: Child,
    started: SystemTime,
}

impl Killed {
    fn start(file: &Path) -> Result<Self> {
        let started = SystemTime::now();
        let process = Command::new(std::env::current_exe()?)
            .arg("restarted")
            .arg(file)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self { process, started })
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // Errors are ignored: the process may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The time at which the portal got the first reply.
async fn first_sent(portal: &Portal, child: &mut Killed) -> Result<SystemTime> {
    while child.started.elapsed()? < TIMEOUT {
        let sent = portal.history().into_iter().find_map(|record| {
            let is_reply = matches!(record.event, Event::Replied { .. });
            is_reply.then(|| SystemTime::from(record.at))
        });
        if let Some(sent) = sent {
            return Ok(sent);
        }
        if let Some(status) = child.process.try_wait()? {
            return Err(format!("the application ended: {status}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err("nothing was sent".into())
}
