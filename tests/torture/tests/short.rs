//! The short form of the torture run: the faults that take little time, and a few kills.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;

/// Runs with a random seed, which is printed if a call was lost.
fn torture(store: &str) {
    let program = env!("CARGO_BIN_EXE_bizproc-torture");
    let run = Command::new(program)
        .args(["--store", store, "--calls", "200", "--kills", "6"])
        .output()
        .expect("the program starts");
    let printed = String::from_utf8_lossy(&run.stdout);
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{printed}{errors}");
}

#[test]
fn no_call_is_lost_with_sqlite() {
    torture("sqlite");
}

#[test]
fn no_call_is_lost_with_postgres() {
    torture("postgres");
}
