//! The processes of the application, and their ends.

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

/// The time in which a process must reach its point, after the point is armed.
const POINT_TIMEOUT: Duration = Duration::from_secs(3);

/// The signal of a program that aborts itself.
const ABORTED: i32 = 6;

/// The planned end of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// By SIGKILL from outside, after this time.
    After(Duration),
    /// At a point of a call's life: the number of passings, counted after a time.
    At(Point, u32, Duration),
}

/// The number of ends of the application, by their kind.
pub(crate) type Ends = BTreeMap<String, usize>;

/// The kind of an end by SIGKILL.
const OUTSIDE: &str = "killed from outside";

/// The prefix of the kind of an unplanned end.
pub(crate) const BY_ITSELF: &str = "by itself";

/// A process of the application, which is restarted after each kill.
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
        // A service manager passes its socket as the third file. `exec`, so that the signal kills the
        // program and not the shell.
        command
            .args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0 </dev/null"])
            .arg(std::env::current_exe().unwrap())
            .arg("application")
            .args(["--store", &self.store, "--public-url", &self.public_url])
            .arg("--journal")
            .arg(file("journal"))
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

    /// The file to which the process writes the number of open calls.
    pub(crate) fn open_calls(&self) -> PathBuf {
        self.folder.join(format!("open-{}", self.number))
    }

    /// Runs the application and kills it `kills` times, about once in `every`. Returns the last
    /// process, which is not killed.
    pub(crate) async fn run(
        &self,
        kills: usize,
        every: Duration,
        mut random: StdRng,
        ends: Arc<Mutex<Ends>>,
    ) -> Child {
        let mut points = Vec::new();
        for number in 0..kills {
            // Every third kill is from outside; the others are at each point in turn.
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

/// Waits for the end of a process and returns its kind. A process that does not reach its point in
/// time is killed from outside.
async fn killed_once(mut child: Child, end: End, patience: Duration) -> String {
    let limit = match end {
        End::After(limit) => limit,
        End::At(..) => POINT_TIMEOUT + patience,
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

/// Kills a process from outside and returns the kind of its end.
pub(crate) fn kill(child: &mut Child) -> String {
    child.kill().unwrap();
    child.wait().unwrap();
    OUTSIDE.to_owned()
}

/// Ends a process as a service manager does, and returns whether it succeeded in time.
pub(crate) async fn end(mut child: Child) -> bool {
    let id = child.id().to_string();
    let signalled = Command::new("kill").args(["-TERM", &id]).status();
    assert!(
        signalled.is_ok_and(|status| status.success()),
        "no process {id}"
    );
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
