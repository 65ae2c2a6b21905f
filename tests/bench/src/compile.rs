//! How long robots take to compile.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::generate::{Crate, ROBOTS, SERDE, workspace};

/// What is compiled, and how often.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each crate is compiled from clean; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many structs a crate has.
    #[arg(long, default_value_t = 200)]
    structs: usize,
    /// Only check the crates: what an editor does, without making code.
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
    // All of both crates, so that each round is the crate alone.
    cargo.run(&[cargo.command])?;

    let (mut robots, mut serde) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let took = (cargo.compile(&ROBOTS)?, cargo.compile(&SERDE)?);
        println!("round {round}: robots {:.2?}, serde {:.2?}", took.0, took.1);
        robots.push(took.0);
        serde.push(took.1);
    }
    let (robots, serde) = (median(robots), median(serde));
    let (count, command) = (options.structs, cargo.command);
    println!(
        "cargo {command}, {count} structs of five fields, median of {}:",
        options.rounds
    );
    println!("  Robot                      {:.3} s", robots.as_secs_f64());
    println!("  Serialize and Deserialize  {:.3} s", serde.as_secs_f64());
    println!(
        "  ratio                      {:.2}",
        robots.as_secs_f64() / serde.as_secs_f64()
    );
    Ok(())
}

/// Where the workspace's own build puts its files.
fn target(root: &Path) -> PathBuf {
    let set = std::env::var_os("CARGO_TARGET_DIR");
    set.map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let middle = times.len() / 2;
    times.get(middle).copied().unwrap_or_default()
}

struct Cargo {
    folder: PathBuf,
    command: &'static str,
}

impl Cargo {
    /// How long the crate takes when its dependencies are there and it is not.
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
        // What the outer cargo told this program is not for the inner one.
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
