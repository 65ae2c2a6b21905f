//! No file over 400 lines, no function over 60.

use crate::lexer::{Function, functions};
use crate::source::rust;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

fn check(folder: &str) {
    let mut long = Vec::new();
    let mut seen = 0;
    for source in rust(folder) {
        let file = format!("{folder}/{}", source.file);
        let lines = source.text.lines().count();
        if lines > FILE_LINES {
            long.push(format!(
                "{file} has {lines} lines: a concept is a file, give the second one its own"
            ));
        }
        for Function { name, line, lines } in functions(&source.plain) {
            seen += 1;
            if lines > FUNCTION_LINES {
                long.push(format!("{file}:{line}: `{name}` has {lines} lines: name its parts, or move its table to a `const`"));
            }
        }
    }
    assert!(seen > 0, "no function in {folder}");
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn files_and_functions_of_the_derives_are_short() {
    check("bizproc-derive/src");
}

#[test]
fn files_and_functions_of_the_runtime_are_short() {
    check("bizproc-runtime/src");
}

#[test]
fn files_and_functions_of_the_portal_are_short() {
    check("tests/portal/src");
}

#[test]
fn files_and_functions_of_tests_and_examples_are_short() {
    for folder in [
        "tests/architecture",
        "tests/bench",
        "tests/definitions",
        "tests/portal/tests",
        "tests/runtime",
        "tests/torture",
        "examples",
    ] {
        check(folder);
    }
}
