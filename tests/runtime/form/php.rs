//! The form decoder against PHP: recorded bodies, and a PHP process that judges new ones.
//!
//! `php tests/golden/form.php > tests/golden/form.json` writes the bodies of `http_build_query`
//! anew, `FORM_JUDGED=write cargo test -p bizproc-tests form::php` the judged ones.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bizproc_runtime::form::{Array, FaultKind, Form, Key, Limits, Node};
use serde_json::{Value, json};

use super::corpus;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}

fn read_golden(name: &str) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(golden(name)).unwrap()).unwrap()
}

/// Writes our tree as `tree.php` writes PHP's.
fn tree(array: &Array<'_>) -> Value {
    let mut out = vec![json!(if array.is_list() { "list" } else { "map" })];
    for (key, node) in array.iter() {
        out.push(match key {
            Key::Index(index) => json!(index),
            Key::Name(name) => json!(name),
        });
        out.push(match node {
            Node::Text(text) => json!(text),
            Node::Array(array) => tree(array),
        });
    }
    Value::Array(out)
}

/// A body in JSON: text, or hexadecimal digits when it is not UTF-8.
fn body_to_json(body: &[u8]) -> Value {
    std::str::from_utf8(body).map_or_else(|_| json!({ "hex": hex(body) }), |text| json!(text))
}

fn body_from_json(body: &Value) -> Vec<u8> {
    let Some(digits) = body.get("hex").and_then(Value::as_str) else {
        return body.as_str().unwrap().as_bytes().to_vec();
    };
    let bytes = digits.as_bytes().chunks(2);
    bytes
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// Lets one PHP process read the bodies; `None` when there is no PHP, which fails in CI.
fn ask_php(bodies: &[Vec<u8>], max_input_vars: usize) -> Option<Vec<Value>> {
    let php = Command::new("php")
        .args(["-n", "-d", &format!("max_input_vars={max_input_vars}")])
        .arg(golden("judge.php"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut php = match php {
        Ok(php) => php,
        Err(error) if std::env::var_os("CI").is_none() => {
            // The handle is not captured by the test harness, so the reason is always seen.
            let text = format!("SKIPPED, no PHP to judge the form decoder: php: {error}\n");
            std::io::stderr().write_all(text.as_bytes()).unwrap();
            return None;
        }
        Err(error) => panic!("php: {error}; install PHP 8.2 (`apt-get install php-cli`)"),
    };
    let mut stdin = php.stdin.take().unwrap();
    let lines: String = bodies.iter().map(|body| php_line(body)).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let trees: Vec<Value> = BufReader::new(php.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    writer.join().unwrap().unwrap();
    assert!(php.wait().unwrap().success());
    assert_eq!(trees.len(), bodies.len());
    Some(trees)
}

/// A raw NUL ends the whole text in `parse_str`; in `$_POST`, which is meant, it is as good as `%00`.
fn php_line(body: &[u8]) -> String {
    hex(body)
        .as_bytes()
        .chunks(2)
        .map(|two| match two {
            b"00" => hex(b"%00"),
            two => String::from_utf8(two.to_vec()).unwrap(),
        })
        .collect::<String>()
        + "\n"
}

/// Whether the pair is one that we skip and PHP does not.
fn is_skipped(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::NotUtf8 | FaultKind::TooDeep { .. } | FaultKind::KeyTooLong { .. }
    )
}

/// The body without the pairs that we skip, and those pairs.
fn part(body: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let pieces = body.split(|byte| *byte == b'&').map(<[u8]>::to_vec);
    let (skipped, read): (Vec<_>, Vec<_>) = pieces.partition(|piece| {
        let form = Form::decode(piece, &Limits::default());
        form.faults().iter().any(|fault| is_skipped(fault.kind))
    });
    (read.join(&b'&'), skipped)
}

/// Compares our reading of a body with PHP's reading of its other part and of each skipped pair.
///
/// Returns the kinds of faults.
fn check(body: &[u8], read: &Value, skipped: &[Value]) -> Vec<FaultKind> {
    let shown = String::from_utf8_lossy(body);
    let form = Form::decode(body, &Limits::default());
    assert_eq!(&tree(form.root()), read, "{shown}");
    assert_eq!(form.omitted_faults(), 0, "too long for this test: {shown}");
    let kinds: Vec<_> = form.faults().iter().map(|fault| fault.kind).collect();
    let ours: Vec<_> = kinds.iter().filter(|kind| is_skipped(**kind)).collect();
    assert_eq!(ours.len(), skipped.len(), "{shown}");
    for (kind, php) in ours.into_iter().zip(skipped) {
        match kind {
            FaultKind::NotUtf8 => assert!(php.to_string().contains(r#"{"hex":"#), "{shown}: {php}"),
            FaultKind::TooDeep { .. } => assert_eq!(*php, json!(["list"]), "{shown}"),
            // The only limit that PHP does not know.
            _ => assert_ne!(*php, json!(["list"]), "{shown}"),
        }
    }
    kinds
}

#[test]
fn bodies_of_http_build_query_read_as_in_php() {
    let cases = read_golden("form.json");
    assert!(cases.len() >= 40);
    for case in cases {
        let body = case["body"].as_str().unwrap();
        let form = Form::decode(body.as_bytes(), &Limits::default());
        assert_eq!(tree(form.root()), case["tree"], "{}", case["name"]);
        let fits = form.faults().iter().all(|fault| match fault.kind {
            FaultKind::NoName | FaultKind::ReservedName | FaultKind::Repeated => {
                let names = [
                    "brackets in a key",
                    "empty top-level name",
                    "reserved cookie names",
                ];
                names.contains(&case["name"].as_str().unwrap())
            }
            _ => false,
        });
        assert!(fits, "{}: {:?}", case["name"], form.faults());
    }
}

#[test]
fn judged_bodies_read_as_in_php() {
    let cases = read_golden("judged.json");
    assert!(cases.len() >= 300);
    for case in cases {
        check(
            &body_from_json(&case["body"]),
            &case["tree"],
            case["skipped"].as_array().unwrap(),
        );
    }
}

#[test]
fn php_judges_generated_bodies() {
    let bodies = corpus::bodies(4_000);
    let parts: Vec<_> = bodies.iter().map(|body| part(body)).collect();
    let questions: Vec<Vec<u8>> = parts
        .iter()
        .flat_map(|(read, skipped)| std::iter::once(read).chain(skipped))
        .cloned()
        .collect();
    let Some(trees) = ask_php(&questions, 20_000) else {
        return;
    };
    let mut unread = trees.as_slice();
    let mut seen = Vec::new();
    let mut judged = Vec::new();
    for (body, (_, skipped)) in bodies.iter().zip(&parts) {
        let (mine, rest) = unread.split_at(1 + skipped.len());
        unread = rest;
        let kinds = check(body, &mine[0], &mine[1..]);
        judged.push((
            corpus::score(body, &kinds),
            json!({ "body": body_to_json(body), "tree": mine[0], "skipped": mine[1..] }),
        ));
        seen.extend(kinds);
    }
    assert_all_kinds_seen(&seen);
    if std::env::var_os("FORM_JUDGED").is_some_and(|value| value == "write") {
        // Half of them without skipped pairs, which are the easier ones to read.
        judged.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let (clean, faulty): (Vec<_>, Vec<_>) = judged
            .iter()
            .partition(|(_, case)| case["skipped"].as_array().unwrap().is_empty());
        let chosen = clean.iter().take(160).chain(faulty.iter().take(160));
        let lines: Vec<_> = chosen.map(|(_, case)| case.to_string()).collect();
        let text = format!("[\n{}\n]\n", lines.join(",\n"));
        std::fs::write(golden("judged.json"), text).unwrap();
    }
}

/// A generator that provokes no fault of a kind would prove nothing about it.
fn assert_all_kinds_seen(seen: &[FaultKind]) {
    let kinds = [
        FaultKind::NotUtf8,
        FaultKind::TooDeep { allowed: 64 },
        FaultKind::NoName,
        FaultKind::ReservedName,
        FaultKind::NoFreeIndex,
        FaultKind::Reshaped,
        FaultKind::Repeated,
    ];
    for kind in kinds {
        let times = seen.iter().filter(|other| **other == kind).count();
        assert!(times >= 40, "{kind:?} came {times} times only");
    }
    let long = seen
        .iter()
        .filter(|kind| matches!(kind, FaultKind::KeyTooLong { .. }))
        .count();
    assert!(long >= 10, "KeyTooLong came {long} times only");
}

#[test]
fn too_many_pairs_end_the_body_as_in_php() {
    let pairs: Vec<_> = (0..1_500)
        .map(|at| format!("p[{}]={at}&", at % 1_100))
        .collect();
    let body = pairs.concat().into_bytes();
    let Some(trees) = ask_php(std::slice::from_ref(&body), 1_000) else {
        return;
    };
    let mut limits = Limits::default();
    limits.pairs = 1_000;
    let form = Form::decode(&body, &limits);
    assert_eq!(tree(form.root()), trees[0]);
    let kinds: Vec<_> = form.faults().iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::TooManyPairs { allowed: 1_000 }]);
    assert_eq!(
        form.get("p").and_then(Node::as_array).map(Array::len),
        Some(1_000)
    );
}

#[test]
fn a_key_too_deep_costs_php_the_whole_name() {
    let body = format!("a[k]=1&b=2&a{}=3", "[b]".repeat(65));
    let form = Form::decode(body.as_bytes(), &Limits::default());
    assert_eq!(
        tree(form.root()),
        json!(["map", "a", ["map", "k", "1"], "b", "2"])
    );
    let Some(trees) = ask_php(&[body.into_bytes()], 1_000) else {
        return;
    };
    assert_eq!(trees[0], json!(["map", "b", "2"]));
}
