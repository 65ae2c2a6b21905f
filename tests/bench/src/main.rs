//! Measures what the toolkit costs those who use it.
//!
//! `cargo run -p bizproc-bench --release -- compile` builds many robots, and the same structs with
//! serde's derives, and prints how long each takes.
//!
//! `cargo run -p bizproc-bench --release -- store /tmp/calls.sqlite` fills a store with a million
//! answers that wait, and prints how fast it opens and how many calls it takes beside them.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod compile;
mod generate;
mod store;

use clap::Parser;

/// Measures what bizproc costs.
#[derive(Debug, Parser)]
enum Arguments {
    /// How long robots take to compile, beside the same structs with serde's derives.
    Compile(compile::Options),
    /// How many calls a store in a file bears.
    Store(store::Options),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Arguments::parse() {
        Arguments::Compile(options) => compile::run(&options),
        Arguments::Store(options) => store::run(&options),
    }
}
