//! Statements that are rare here, `let (a, b) = (x, y);` and `let x = x.…` after `let x`; and names
//! and imports that do not occur.

use crate::lexer::{inline_modules, leading_name, line_at};
use crate::source::{Source, rust};

/// How many of each 10,000 lines of code may hold.
const TUPLE_LETS: usize = 2;
const SELF_SHADOWING_LETS: usize = 22;

/// What a `let` binds, and its value as far as the line goes.
fn binding(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix("let ")?;
    rest.strip_prefix("mut ").unwrap_or(rest).split_once(" = ")
}

/// `let (a, b) = (x, y);`
fn is_tuple_let(line: &str) -> bool {
    binding(line).is_some_and(|(bound, value)| {
        bound.starts_with('(')
            && bound.ends_with(')')
            && bound.contains(',')
            && value.starts_with('(')
    })
}

/// `let name = name.trim();`
fn is_self_shadowing(line: &str) -> bool {
    binding(line).is_some_and(|(bound, value)| !bound.is_empty() && leading_name(value) == bound)
}

#[derive(Debug, Default, PartialEq)]
struct Count {
    lines: usize,
    tuple_lets: Vec<String>,
    self_shadowing: Vec<String>,
}

impl Count {
    /// Counts the code of a file but for its tests.
    fn add(&mut self, folder: &str, source: &Source) {
        let file = &source.file;
        let is_test = |part: &str| matches!(part, "tests" | "tests.rs");
        if file.split('/').any(is_test) {
            return;
        }
        let line = |at: usize| line_at(&source.plain, at);
        let tests: Vec<_> = inline_modules(&source.plain)
            .iter()
            .filter(|module| module.is_test)
            .map(|module| line(module.span.start)..=line(module.span.end))
            .collect();
        for (index, line) in source.plain.lines().enumerate() {
            let number = index + 1;
            if line.trim().is_empty() || tests.iter().any(|lines| lines.contains(&number)) {
                continue;
            }
            self.lines += 1;
            let place = || format!("{folder}/{file}:{number}: {}", line.trim());
            if is_tuple_let(line) {
                self.tuple_lets.push(place());
            }
            if is_self_shadowing(line) {
                self.self_shadowing.push(place());
            }
        }
    }
}

fn count_lets(folder: &str) -> Count {
    let mut count = Count::default();
    for source in rust(folder) {
        count.add(folder, &source);
    }
    assert!(count.lines > 1000, "{} lines in {folder}", count.lines);
    count
}

fn check(found: &[String], lines: usize, per_10_000: usize, instead: &str) {
    let at_most = per_10_000 * lines / 10_000;
    assert!(
        found.len() <= at_most,
        "{} in {lines} lines, {at_most} at most; {instead}:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn lets_of_the_derives_are_plain() {
    lets_are_plain("bizproc-derive/src");
}

#[test]
fn lets_of_the_runtime_are_plain() {
    lets_are_plain("bizproc-runtime/src");
}

#[test]
fn lets_of_the_portal_are_plain() {
    lets_are_plain("tests/portal/src");
}

fn lets_are_plain(folder: &str) {
    let count = count_lets(folder);
    let instead = "write a `let` for each name";
    check(&count.tuple_lets, count.lines, TUPLE_LETS, instead);
    let instead = "write one chain, or give the second value a name that says what changed";
    check(
        &count.self_shadowing,
        count.lines,
        SELF_SHADOWING_LETS,
        instead,
    );
}

/// Fails where a line of code of these folders begins so.
fn no_line_begins(folders: &[&str], begins: impl Fn(&str) -> bool, instead: &str) {
    let mut found = Vec::new();
    for folder in folders {
        for source in rust(folder) {
            for (number, line) in (1..).zip(source.plain.lines()) {
                let line = line.trim_start();
                if begins(line) {
                    found.push(format!("{folder}/{}:{number}: {line}", source.file));
                }
            }
        }
    }
    assert!(found.is_empty(), "{instead}:\n{}", found.join("\n"));
}

/// `pub(crate) fn of(…)`, unless it is a method.
fn is_called_of(line: &str) -> bool {
    let parameters = line.split_once("fn of(").map(|(_, rest)| rest);
    parameters.is_some_and(|rest| !rest.starts_with("self") && !rest.starts_with("&self"))
}

/// `use crate::{…`, several groups in one import.
fn is_root_import(line: &str) -> bool {
    line.contains("use crate::{")
}

#[test]
fn constructors_are_called_new_or_from() {
    let folders = [
        "bizproc-derive/src",
        "bizproc-runtime/src",
        "tests/portal/src",
        "tests/runtime",
        "tests/torture",
    ];
    no_line_begins(&folders, is_called_of, "call it `new` or `from_…`");
}

#[test]
fn imports_have_one_group_a_line() {
    let folders = [
        "bizproc-derive/src",
        "bizproc-runtime/src",
        "tests/architecture",
        "tests/portal",
        "tests/runtime",
    ];
    no_line_begins(
        &folders,
        is_root_import,
        "write a `use crate::…` for each module",
    );
}

#[test]
fn names_and_imports_are_recognised() {
    assert!(is_called_of("pub(crate) const fn of(a: u8) -> Self {"));
    assert!(!is_called_of("fn of_calls() {") && !is_called_of("of(a)"));
    assert!(!is_called_of("pub fn of(&self, stage: CallStage) -> u64 {"));
    assert!(is_root_import("pub(crate) use crate::{a, b};"));
    assert!(!is_root_import("use crate::a::{b, c};"));
}

#[test]
fn lets_are_counted() {
    let text = "\
// let (a, b) = (c, d);
let (a, mut b) = (c, d);
let mut (a, b) = (
let (a, b) = pair;
let (a, b): (u8, u8) = (1, 2);
let a = a.b();
let mut abc = abc;
let a = ab;
let text = \"\nlet x = x;\";

#[cfg(test)]
mod tests {
    let (a, b) = (c, d);
}
";
    let mut count = Count::default();
    count.add("src", &Source::new("a.rs", text));
    assert_eq!(count.tuple_lets.len(), 3, "{count:?}");
    assert_eq!(count.self_shadowing.len(), 2, "{count:?}");
    assert_eq!(count.lines, 9);
    count.add("src", &Source::new("a/tests.rs", text));
    assert_eq!(count.lines, 9);
}
