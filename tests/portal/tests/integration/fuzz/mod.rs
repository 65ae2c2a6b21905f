//! `fuzz/README.md` says how to find more bytes.

mod batch;
mod form;
mod json;

use std::fs;
use std::path::Path;

use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

/// Checks the corpus of a target and random bytes.
fn try_all(target: &str, random: u32, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = fs::read_dir(corpus).unwrap();
    let mut count = 0;
    for file in files {
        check(&fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 20, "the corpus of {target} has {count} files");
    let mut runner = TestRunner::new(Config::with_cases(random));
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    runner
        .run(&bytes, |bytes| {
            check(&bytes);
            Ok(())
        })
        .unwrap();
}

#[test]
fn forms() {
    try_all("form", 2000, form::check);
}

#[test]
fn json_bodies() {
    try_all("json", 2000, json::check);
}

#[test]
fn batches() {
    try_all("batch", 100, batch::check);
}
