//! Rules that no compiler knows: which file may use which, how long files and functions are, which
//! statements and words are not used here. Each failure says where, and what to do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

// Reading files: a lexer, the paths in `use` and in code, the modules of a crate, and their graph.
mod graph;
mod imports;
mod lexer;
mod modules;
mod source;

// The rules.
mod circles;
mod dependencies;
mod dialect;
mod layers;
mod sizes;
mod vocabulary;
