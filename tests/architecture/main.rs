//! Rules of the house that no compiler knows: what the derives depend on, how long files and
//! functions are, which module of the runtime may use which.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod code;

use std::fs;
use std::path::{Path, PathBuf};

use code::{Function, functions, plain, uses};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

/// Functions that are long because they are a table, each with what it is a table of.
const TABLES: &[(&str, &str)] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust files below `folder`, by their paths inside it, with `/` between folders.
fn files(folder: &str) -> Vec<(String, String)> {
    let (top, mut all) = (root().join(folder), Vec::new());
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&top).expect("a path below");
                let name = name.to_str().expect("a name").replace('\\', "/");
                all.push((name, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    all.sort();
    assert!(!all.is_empty(), "no file in {folder}");
    all
}

#[test]
fn the_derives_depend_on_three_crates() {
    let manifest = read("bizproc-derive/Cargo.toml");
    let mut table = "";
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']);
            let own = table == "dependencies" || table == "dev-dependencies";
            assert!(
                own || !table.contains("dependencies"),
                "`[{table}]` is no table that this test reads"
            );
        } else if table == "dependencies" && line.starts_with(|c: char| c.is_alphabetic()) {
            found.extend(line.split(['.', '=', ' ']).next());
        }
    }
    assert_eq!(found, ["proc-macro2", "quote", "syn"]);
}

#[test]
fn files_and_functions_of_the_derives_are_short() {
    let (mut long, mut tables) = (Vec::new(), Vec::new());
    for (file, text) in files("bizproc-derive/src") {
        let lines = text.lines().count();
        if lines > FILE_LINES {
            long.push(format!("{file} has {lines} lines"));
        }
        for Function { name, line, lines } in functions(&plain(&text)) {
            if lines <= FUNCTION_LINES {
                continue;
            }
            if TABLES.iter().any(|(table, _)| *table == name) {
                tables.push(name);
            } else {
                long.push(format!("{file}:{line}: `{name}` has {lines} lines"));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
    assert_eq!(
        tables.len(),
        TABLES.len(),
        "an exception that is none any more"
    );
}

/// The modules of the runtime as `CONTRIBUTING.md` orders them.
fn order() -> Vec<String> {
    let text = read("CONTRIBUTING.md");
    let (_, list) = text
        .split_once("a module uses those above it in this list")
        .expect("the sentence about modules");
    let (list, _) = list
        .split_once("`tests/portal`")
        .expect("the next sentence");
    let names = list.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// The module of a name that the crate's root re-exports; a module's name is its own.
fn home(name: &str) -> String {
    let root = plain(&read("bizproc-runtime/src/lib.rs"));
    let exports = root
        .split(';')
        .filter_map(|item| item.split_once("pub use "));
    let found = exports.filter_map(|(_, path)| path.split_once("::"));
    let mut found = found.filter(|(_, names)| {
        let mut names = names.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.any(|exported| exported == name)
    });
    found.next().map_or(name, |(module, _)| module).to_owned()
}

#[test]
fn modules_of_the_runtime_use_those_above() {
    let order = order();
    let place = |module: &str| order.iter().position(|name| name == module);
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (file, text) in files("bizproc-runtime/src") {
        let module = file.split(['/', '.']).next().expect("a module");
        // The crate's root and what generated code names stand above all.
        if matches!(module, "lib" | "private") {
            continue;
        }
        let Some(own) = place(module) else {
            wrong.push(format!("`{module}` is missing in the list"));
            continue;
        };
        for (line, used) in uses(&plain(&text)) {
            seen += 1;
            match place(&home(&used)) {
                Some(other) if other <= own => {}
                _ => wrong.push(format!("{file}:{line}: `{module}` uses `{used}`")),
            }
        }
    }
    assert!(seen > order.len(), "only {seen} uses were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
