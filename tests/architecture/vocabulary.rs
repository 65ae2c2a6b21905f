//! One word for one thing: words that are not used here, in names, comments, documentation, log
//! lines, pages and tests.

use crate::lexer::line_at;
use crate::source::{files, read};

/// Words and phrases, with those to write in their place. Names are taken apart: `SayAgain` and
/// `say_again` are `say again`.
const ABOLISHED: &[(&[&str], &str)] = &[
    (
        &["say again", "says again", "said again", "saying again"],
        "redeliver",
    ),
    (&["unkept"], "not persisted"),
    (&["spill", "spills", "spilled", "spilling"], "journal"),
    (
        &["park", "parks", "parked", "parking", "unpark", "unparked"],
        "pause, paused, resume",
    ),
    (&["lane", "lanes"], "sender"),
    (&["seat", "seats"], "permit"),
    (
        &["bury", "buries", "buried", "burying"],
        "dead-letter, dead",
    ),
    (
        &[
            "settle",
            "settles",
            "settled",
            "settling",
            "settlement",
            "unsettled",
        ],
        "complete, completion",
    ),
    (
        &["give up", "gives up", "gave up", "given up", "giving up"],
        "stop, abandon",
    ),
    (
        &["go on", "goes on", "went on", "going on", "gone on"],
        "continue",
    ),
    (&["for ever"], "without end, indefinitely"),
    (
        &[
            "what became of",
            "what becomes of",
            "becomes of",
            "became of",
        ],
        "the outcome, the result",
    ),
    (
        &["so long", "so many"],
        "that long, that many, or the number itself",
    ),
    (&["whoever"], "the client, the caller, the program that"),
    (&["nobody"], "no one, or the passive voice"),
    (&["at once"], "immediately, or at the same time"),
    (
        &["told", "tells", "hears", "heard"],
        "notified, informed, logged, receives",
    ),
    (
        &[
            "portal took",
            "portal takes",
            "portal has taken",
            "took the answer",
            "took the reply",
            "takes the answer",
            "answer was taken",
            "reply was taken",
        ],
        "the portal acknowledged, accepts; delivered",
    ),
];

/// Where such words stay: the end of a file's path, the words, and why.
const ALLOWED: &[(&str, &[&str], &str)] = &[
    (
        "/1_calls.sql",
        &["settled", "settlement", "nobody"],
        "a migration never changes once a file was written with it",
    ),
    (
        "/2_plain_names.sql",
        &["settled", "settlement"],
        "it names the columns and labels that it replaces",
    ),
];

/// The extensions of files that hold words.
const EXTENSIONS: &[&str] = &["css", "html", "js", "md", "mjs", "py", "rs", "sh", "sql"];

/// A word in small letters, where it begins, and whether only a space, a line end, `_` or a comment
/// mark is between it and the one before.
#[derive(Debug, PartialEq)]
struct Word {
    text: String,
    at: usize,
    follows: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::<Word>::new();
    let mut follows = false;
    let mut is_inside = false;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            let is_next_of_name = c.is_uppercase() && last.is_lowercase();
            match words.last_mut() {
                Some(word) if is_inside && !is_next_of_name => word.text.extend(c.to_lowercase()),
                _ => {
                    words.push(Word {
                        text: c.to_lowercase().collect(),
                        at,
                        follows,
                    });
                    follows = true;
                }
            }
            is_inside = true;
        } else {
            is_inside = false;
            follows &= c.is_whitespace() || matches!(c, '_' | '/' | '!' | '#' | '*');
        }
        last = c;
    }
    words
}

/// Where a text has an abolished word: the byte, the word, and what to write.
fn abolished(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let all = words(text);
    let mut found = Vec::new();
    for (index, word) in all.iter().enumerate() {
        for (phrases, instead) in ABOLISHED {
            for phrase in *phrases {
                let mut rest = all[index..].iter();
                let has = phrase.split(' ').enumerate().all(|(number, part)| {
                    rest.next()
                        .is_some_and(|word| word.text == part && (number == 0 || word.follows))
                });
                if has {
                    found.push((word.at, *phrase, *instead));
                }
            }
        }
    }
    found
}

/// Checks files, and the files below folders that hold words.
fn check(paths: &[&str]) {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in paths {
        let texts = match path.split_once('.') {
            Some(_) => vec![((*path).to_owned(), read(path))],
            None => files(path, EXTENSIONS),
        };
        for (file, text) in texts {
            seen += words(&text).len();
            for (at, word, instead) in abolished(&text) {
                if !is_allowed(&file, word) {
                    let line = line_at(&text, at);
                    wrong.push(format!("{path}: {file}:{line}: `{word}`; write {instead}"));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} words in {paths:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_allowed(file: &str, word: &str) -> bool {
    let mut allowed = ALLOWED.iter();
    // This file is the list itself.
    file == "vocabulary.rs"
        || allowed.any(|(end, words, _)| file.ends_with(end) && words.contains(&word))
}

#[test]
fn words_of_the_derives() {
    check(&["bizproc-derive"]);
}

#[test]
fn words_of_the_runtime() {
    check(&["bizproc-runtime"]);
}

#[test]
fn words_of_the_portal() {
    check(&[
        "tests/portal/src",
        "tests/portal/templates",
        "tests/portal/assets",
        "tests/portal/fuzz",
    ]);
}

#[test]
fn words_of_the_portals_tests() {
    check(&["tests/portal/tests", "tests/portal/clients"]);
}

#[test]
fn words_of_the_runtimes_tests() {
    check(&["tests/runtime", "tests/architecture", "tests/README.md"]);
}

#[test]
fn words_of_the_compile_time_tests() {
    check(&["tests/definitions", "tests/editions"]);
}

#[test]
fn words_of_torture_and_benchmarks() {
    check(&["tests/torture", "tests/bench"]);
}

#[test]
fn words_of_the_examples() {
    check(&["examples"]);
}

#[test]
fn words_of_the_documentation() {
    check(&["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "docs"]);
}

#[test]
fn abolished_words_are_found() {
    for text in [
        "fn say_again()",
        "SayAgain",
        "/// It is said\n    /// again.",
        "goes\ton",
        "WHOEVER",
        "seats: 1",
        "nobody's",
    ] {
        assert_eq!(abolished(text).len(), 1, "{text}");
    }
    for text in ["said, again", "seating", "goes(on)", "told_apart_x: toldx"] {
        assert!(abolished(text).len() < 2, "{text}");
    }
}
