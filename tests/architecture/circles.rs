//! No file takes part in an import circle of more than three.

use crate::graph::Graph;
use crate::source::{Source, rust};

const FILES: usize = 3;

fn check(folder: &str) {
    let sources = rust(folder);
    let graph = Graph::new(&sources, "lib.rs");
    let count = graph.modules.len();
    for Source { file, .. } in &sources {
        let is_seen = graph.modules.iter().any(|module| module.file == *file);
        // The emulator's command line is a program of its own.
        assert!(
            is_seen || file.starts_with("cli/"),
            "{folder}/{file} is in no module"
        );
    }
    assert!(
        graph.arrows.len() > count,
        "few arrows between {count} files"
    );
    let large: Vec<_> = graph
        .circles(false)
        .iter()
        .filter(|circle| circle.len() > FILES)
        .map(|circle| graph.describe(circle, false))
        .collect();
    assert!(
        large.is_empty(),
        "files of {folder} use each other; move what both need below them, or pass it as an argument: {}",
        large.join("\n")
    );
}

#[test]
fn no_circle_of_the_runtime_has_more_than_three_files() {
    check("bizproc-runtime/src");
}

#[test]
fn no_circle_of_the_portal_has_more_than_three_files() {
    check("tests/portal/src");
}

#[test]
fn no_circle_of_the_derives_has_more_than_three_files() {
    check("bizproc-derive/src");
}
