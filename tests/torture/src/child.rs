//! The processes of the application, and their end.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::deadly::Point;

/// How long a process may take to come to its point, beside the time until that is armed.
const PATIENCE: Duration = Duration::from_secs(3);

/// The signal by which a program ends itself.
const ABORTED: i32 = 6;

/// How a process is to end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// By SIGKILL from outside, after so long.
    After(Duration),
    /// At a point of a call's life, when it passes that so often after a time.
    At(Point, u32, Duration),
}

/// How often the application ended, by how it did.
pub(crate) type Ends = BTreeMap<String, usize>;

/// How it ends that is killed from outside.
const OUTSIDE: &str = "killed from outside";

/// What an end begins with that nobody asked for.
pub(crate) const BY_ITSELF: &str = "by itself";

/// A process of the application that is started anew whenever it was killed.
pub(crate) struct Process {
    pub(crate) listener: TcpListener,
    pub(crate) public_url: String,
    pub(crate) store: String,
    pub(crate) folder: PathBuf,
    pub(crate) number: usize,
}

impl Process {
    pub(crate) fn start(&self, end: Option<End>) -> Child {
        let file = |name: &str| self.folder.join(format!("{name}-{}", self.number));
        let log = File::options()
            .append(true)
            .create(true)
            .open(file("log"))
            .unwrap();
        let mut command = Command::new("sh");
        // What a service manager hands over is the third file. The shell becomes the program, so
        // that it is the program that is killed.
        command
            .args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0 </dev/null"])
            .arg(std::env::current_exe().unwrap())
            .arg("application")
            .args(["--store", &self.store, "--public-url", &self.public_url])
            .arg("--spill")
            .arg(file("spill"))
            .arg("--open-calls")
            .arg(self.open_calls());
        if let Some(End::At(point, passings, armed)) = end {
            let point = clap::ValueEnum::to_possible_value(&point).unwrap();
            command.args(["--end-at", point.get_name()]);
            command.args(["--end-after", &passings.to_string()]);
            command.args(["--armed-after", &armed.as_millis().to_string()]);
        }
        let listener = OwnedFd::from(self.listener.try_clone().unwrap());
        command
            .env("LISTEN_FDS", "1")
            .stdin(Stdio::from(listener))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Where the process writes how many calls are open.
    pub(crate) fn open_calls(&self) -> PathBuf {
        self.folder.join(format!("open-{}", self.number))
    }

    /// Runs the application and kills it as often as asked, about once in `every`; the process that
    /// is left lives on.
    pub(crate) async fn run(
        &self,
        kills: usize,
        every: Duration,
        mut random: StdRng,
        ends: Arc<Mutex<Ends>>,
    ) -> Child {
        let mut points = Vec::new();
        for number in 0..kills {
            // From outside every third time; else at every point in turn.
            let after = every.mul_f64(random.random_range(0.0..1.8));
            let end = if number % 3 == 2 {
                End::After(after)
            } else {
                if points.is_empty() {
                    points = Point::ALL.to_vec();
                }
                let point = *points.choose(&mut random).unwrap();
                points.retain(|other| *other != point);
                End::At(point, random.random_range(1..8), after)
            };
            let how = killed_once(self.start(Some(end)), end, every * 2).await;
            *ends.lock().unwrap().entry(how).or_default() += 1;
            let pause = random.random_range(0..300);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        self.start(None)
    }
}

/// Waits for the end of a process; how it came. One that does not come to its point in time is
/// killed from outside.
async fn killed_once(mut child: Child, end: End, patience: Duration) -> String {
    let limit = match end {
        End::After(limit) => limit,
        End::At(..) => PATIENCE + patience,
    };
    let until = Instant::now() + limit;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return match end {
                End::At(point, ..) if status.signal() == Some(ABORTED) => format!("{point:?}"),
                _ => format!("{BY_ITSELF}: {status}"),
            };
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill(&mut child)
}

/// Kills a process from outside; how it ended.
pub(crate) fn kill(child: &mut Child) -> String {
    child.kill().unwrap();
    child.wait().unwrap();
    OUTSIDE.to_owned()
}

/// Ends a process as a service manager does; whether it ended well and in time.
pub(crate) async fn end(mut child: Child) -> bool {
    let id = child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status();
    assert!(told.is_ok_and(|status| status.success()), "no process {id}");
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill(&mut child);
    false
}
