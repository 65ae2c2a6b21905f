//! Measures how long robots take to compile.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::generate::{Crate, ROBOTS, SERDE, workspace};

/// The crates to compile, and the number of rounds.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The number of times that each crate is compiled from clean; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The number of structs in a crate
    #[arg(long, default_value_t = 200)]
    structs: usize,
    /// Only checks the crates, as an editor does, without generating code
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let cargo = Cargo {
        folder: target(&root).join("bench-compile"),
        command: if options.check { "check" } else { "build" },
    };
    workspace(&cargo.folder, &root, options.structs)?;
    println!("building the dependencies");
    // Builds the dependencies of both crates, so that each round builds the crate alone.
    cargo.run(&[cargo.command])?;

    let mut robot_times = Vec::new();
    let mut serde_times = Vec::new();
    for round in 1..=options.rounds {
        let robots = cargo.compile(&ROBOTS)?;
        let serde = cargo.compile(&SERDE)?;
        println!("round {round}: robots {robots:.2?}, serde {serde:.2?}");
        robot_times.push(robots);
        serde_times.push(serde);
    }
    let robots = median(robot_times);
    let serde = median(serde_times);
    println!(
        "cargo {}, {} structs of five fields, median of {}:",
        cargo.command, options.structs, options.rounds
    );
    println!("  Robot                      {:.3} s", robots.as_secs_f64());
    println!("  Serialize and Deserialize  {:.3} s", serde.as_secs_f64());
    println!(
        "  ratio                      {:.2}",
        robots.as_secs_f64() / serde.as_secs_f64()
    );
    Ok(())
}

/// The target folder of the workspace's own build.
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let middle = times.len() / 2;
    times.get(middle).copied().unwrap_or_default()
}

/// Runs cargo in the generated workspace.
struct Cargo {
    folder: PathBuf,
    command: &'static str,
}

impl Cargo {
    /// Compiles a crate whose dependencies are built, and returns the time.
    fn compile(&self, one: &Crate) -> Result<Duration> {
        self.run(&["clean", "-p", one.name])?;
        let start = Instant::now();
        self.run(&[self.command, "-p", one.name])?;
        Ok(start.elapsed())
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(arguments)
            .arg("--offline")
            .current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", self.folder.join("target"));
        // The inner cargo must not inherit the flags of the outer one.
        for name in [
            "CARGO_BUILD_RUSTFLAGS",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
        ] {
            command.env_remove(name);
        }
        let output = command.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        Err(format!("cargo {} failed:\n{words}", arguments.join(" ")).into())
    }
}
