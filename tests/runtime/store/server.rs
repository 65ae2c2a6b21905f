//! A PostgreSQL server for the tests of one process, which ends with it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const SCRIPT: &str = include_str!("server.sh");

/// The tests do not cut the power, so no statement waits for the disk.
const OPTIONS: [&str; 4] = ["-c", "fsync=off", "-c", "synchronous_commit=off"];

#[derive(Debug)]
struct Server {
    /// Its input is open until this process ends.
    _child: Child,
    folder: String,
    binaries: PathBuf,
}

/// The folder of `initdb` and its like: Debian has it outside of `PATH`.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut debian: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders.into_iter().find(|folder| {
        let programs = ["initdb", "postgres", "pg_isready", "psql"];
        programs.iter().all(|program| folder.join(program).exists())
    })
}

fn start(binaries: PathBuf) -> Server {
    // The server refuses to run as root.
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut child = command
        .args(["-c", SCRIPT, "sh"])
        .arg(&binaries)
        .args(OPTIONS)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut folder = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut folder).unwrap();
    assert!(!folder.is_empty(), "PostgreSQL does not start");
    Server {
        _child: child,
        folder: folder.trim_end().to_owned(),
        binaries,
    }
}

/// The server of this process; `None` when there is none to start, which fails in CI.
fn shared_server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| match binaries() {
        Some(binaries) => Some(start(binaries)),
        None if std::env::var_os("CI").is_none() => {
            // The handle is not captured by the test harness, so the reason is always seen.
            let text = "SKIPPED, no PostgreSQL to test the store: no `initdb` was found\n";
            std::io::stderr().write_all(text.as_bytes()).unwrap();
            None
        }
        None => panic!("no `initdb` was found; install PostgreSQL (`apt-get install postgresql`)"),
    });
    server.as_ref()
}

/// Tables of its own for one test.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: String,
    server: &'static Server,
}

impl Schema {
    pub(crate) fn new() -> Option<Self> {
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let server = shared_server()?;
        let name = format!("test_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let schema = Self { name, server };
        schema.sql(&format!("CREATE SCHEMA {}", schema.name));
        Some(schema)
    }

    pub(crate) fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub(crate) fn url_of(&self, database: &str) -> String {
        let folder = &self.server.folder;
        let name = &self.name;
        format!(
            "postgres://postgres@localhost/{database}?host={folder}\
             &options=-csearch_path%3D{name}&application_name={name}"
        )
    }

    /// One of PostgreSQL's programs, for a database of the server.
    pub(crate) fn program(&self, name: &str, database: &str) -> Command {
        let mut command = Command::new(self.server.binaries.join(name));
        command.args(["-h", &self.server.folder, "-U", "postgres", "-d", database]);
        command
    }

    /// Runs a statement with `psql`; returns the output.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let output = self
            .program("psql", "postgres")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statement,
            ])
            .env("PGOPTIONS", format!("-csearch_path={}", self.name))
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{statement}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Ends all connections of the stores with these tables.
    pub(crate) fn cut(&self) {
        self.sql(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
            self.name
        ));
    }
}
