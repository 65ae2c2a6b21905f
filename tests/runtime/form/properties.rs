//! Properties of the form decoder that hold for any body.

use std::collections::BTreeMap;
use std::fmt::Write;

use bizproc_runtime::form::{Array, FaultKind, Form, Limits, MAX_DEPTH, Node};
use proptest::prelude::*;

/// What can be sent: a text or a map; a list is a map with numbers for names.
#[derive(Debug, Clone)]
enum Sent {
    Text(String),
    Map(BTreeMap<String, Self>),
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_221_205),
        ..ProptestConfig::default()
    }
}

/// A name that may stand in brackets as it is.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9_]{0,8}",
        "-?[0-9]{1,20}",
        any::<String>(),
        "[ \\[+%&=.;|яé😀]{2,5}",
    ]
    .prop_filter("names that PHP reads in another way", |name| {
        let blank = name.len() == 1 && name.trim_ascii().is_empty();
        let vertical_tab = name == "\x0B";
        !name.is_empty() && !blank && !vertical_tab && !name.contains([']', '\0'])
    })
}

/// A name for the top level, where some characters become underscores.
fn top_name() -> impl Strategy<Value = String> {
    name().prop_map(|name| name.replace([' ', '.', '['], "_"))
}

fn sent() -> impl Strategy<Value = Sent> {
    let text = prop_oneof![any::<String>(), "[a-z0-9 +%&=\\[\\]|яé😀\0]{0,12}"];
    let nested = text.prop_map(Sent::Text).prop_recursive(5, 40, 5, |inner| {
        prop::collection::btree_map(name(), inner, 0..5).prop_map(Sent::Map)
    });
    prop::collection::btree_map(top_name(), nested, 0..6).prop_map(Sent::Map)
}

fn encode_text(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte.into()),
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
}

/// Writes the pairs of `sent`, with the brackets encoded or plain.
fn encode(sent: &Sent, key: &str, brackets: (&str, &str), out: &mut String) {
    match sent {
        Sent::Text(text) => {
            write!(out, "{key}=").unwrap();
            encode_text(text, out);
            out.push('&');
        }
        Sent::Map(map) => {
            for (name, sent) in map {
                let mut inner = String::new();
                encode_text(name, &mut inner);
                if !key.is_empty() {
                    inner = format!("{key}{}{inner}{}", brackets.0, brackets.1);
                }
                encode(sent, &inner, brackets, out);
            }
        }
    }
}

fn encode_json(sent: &Sent) -> String {
    match sent {
        Sent::Text(text) => serde_json::to_string(text).unwrap(),
        Sent::Map(map) => {
            let members = map.iter().map(|(name, sent)| {
                format!(
                    "{}: {}",
                    serde_json::to_string(name).unwrap(),
                    encode_json(sent)
                )
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

fn has_text(sent: &Sent) -> bool {
    match sent {
        Sent::Text(_) => true,
        Sent::Map(map) => map.values().any(has_text),
    }
}

fn assert_same(sent: &Sent, node: Option<&Node<'_>>) {
    match sent {
        Sent::Text(text) => assert_eq!(node.and_then(Node::as_text), Some(text.as_str())),
        Sent::Map(map) if has_text(sent) => {
            let array = node.and_then(Node::as_array).expect("an array");
            assert_eq!(
                array.len(),
                map.values().filter(|sent| has_text(sent)).count()
            );
            for (name, sent) in map {
                assert_same(sent, array.get(name));
            }
        }
        Sent::Map(_) => assert!(node.is_none()),
    }
}

/// The deepest nesting, the number of texts and the number of arrays below the root.
fn measure(array: &Array<'_>) -> (usize, usize, usize) {
    array
        .iter()
        .fold((0, 0, 0), |(depth, texts, arrays), (_, node)| match node {
            Node::Text(_) => (depth, texts + 1, arrays),
            Node::Array(array) => {
                let inner = measure(array);
                (
                    depth.max(inner.0 + 1),
                    texts + inner.1,
                    arrays + inner.2 + 1,
                )
            }
        })
}

fn assert_within(form: &Form<'_>, limits: &Limits) {
    let (depth, texts, arrays) = measure(form.root());
    assert!(
        depth <= limits.depth.min(MAX_DEPTH),
        "{depth} levels, {limits:?}"
    );
    assert!(texts <= limits.pairs, "{texts} texts, {limits:?}");
    assert!(arrays <= limits.arrays, "{arrays} arrays, {limits:?}");
    assert!(form.faults().len() <= 65);
    assert!(
        form.faults()
            .iter()
            .all(|fault| fault.key.chars().count() <= 100)
    );
    assert!(
        form.faults()
            .iter()
            .all(|fault| !fault.to_string().is_empty())
    );
}

fn limits() -> impl Strategy<Value = Limits> {
    (0..20_usize, 0..20_usize, 0..6_usize, 0..30_usize).prop_map(
        |(pairs, arrays, depth, key_bytes)| {
            let mut limits = Limits::default();
            limits.pairs = pairs;
            limits.arrays = arrays;
            limits.depth = depth;
            limits.key_bytes = key_bytes;
            limits
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_read(body in any::<Vec<u8>>(), limits in limits()) {
        assert_within(&Form::decode(&body, &limits), &limits);
        assert_within(&Form::decode(&body, &Limits::default()), &Limits::default());
        let _ = Form::from_json(&body, &limits);
    }

    #[test]
    fn anything_like_a_form_is_read(body in "([a-c\\[\\]=&+.%0-9\0é-]|\\[\\]|\\[a\\]|%5B|%5D|&a){0,60}", limits in limits()) {
        assert_within(&Form::decode(body.as_bytes(), &limits), &limits);
    }

    #[test]
    fn anything_like_json_is_read(body in "\\{\"a\":([\\[\\]{},:\"\\\\ 0-9eE.+-]|true|null|\"b\":|\"\"){0,30}\\}", limits in limits()) {
        if let Ok(form) = Form::from_json(body.as_bytes(), &limits) {
            assert_within(&form, &limits);
        }
    }

    #[test]
    fn what_is_sent_arrives(sent in sent(), limits in limits()) {
        for brackets in [("[", "]"), ("%5B", "%5D"), ("%5b", "]")] {
            let mut body = String::new();
            encode(&sent, "", brackets, &mut body);
            let form = Form::decode(body.as_bytes(), &Limits::default());
            prop_assert_eq!(form.faults(), &[][..]);
            for (name, sent) in sent_map(&sent) {
                assert_same(sent, form.get(name));
            }
            assert_within(&Form::decode(body.as_bytes(), &limits), &limits);
        }
    }

    #[test]
    fn json_and_form_give_one_tree(sent in sent(), limits in limits()) {
        let mut body = String::new();
        encode(&sent, "", ("[", "]"), &mut body);
        let json = encode_json(&sent);
        let form = Form::decode(body.as_bytes(), &Limits::default());
        let same = Form::from_json(json.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(form.root(), same.root());
        prop_assert_eq!(same.faults(), &[][..]);
        assert_within(&Form::from_json(json.as_bytes(), &limits).unwrap(), &limits);
    }
}

fn sent_map(sent: &Sent) -> &BTreeMap<String, Sent> {
    match sent {
        Sent::Map(map) => map,
        Sent::Text(_) => panic!("the top level is a map"),
    }
}

#[test]
fn hostile_bodies_stay_within_the_limits() {
    // Anything but linear work would not end in the time of a test at this size.
    let long = 300_000;
    let bodies = [
        "&".repeat(long),
        "=&".repeat(long),
        "[".repeat(long),
        "a[".repeat(long),
        "a[b]".repeat(long),
        format!("a{}", "[]".repeat(long)),
        " ".repeat(long),
        "%".repeat(long),
        "%00".repeat(long),
        "a[]&".repeat(long),
        "a&a[]&".repeat(long),
        format!("a{}&", "[]".repeat(64)).repeat(3_000),
        "a[9223372036854775807]&a[]&".repeat(long / 10),
    ];
    let mut open = Limits::default();
    open.pairs = usize::MAX;
    open.key_bytes = usize::MAX;
    open.depth = usize::MAX;
    for body in &bodies {
        for limits in [&Limits::default(), &open] {
            assert_within(&Form::decode(body.as_bytes(), limits), limits);
        }
    }
    let json = format!(r#"{{"a":[{}1]}}"#, "[[[[[[1]]]]]],".repeat(20_000));
    assert_within(&Form::from_json(json.as_bytes(), &open).unwrap(), &open);
}

#[test]
fn small_keys_cannot_make_many_arrays() {
    let body = format!("a{}&", "[]".repeat(64)).repeat(9_000);
    let form = Form::decode(body.as_bytes(), &Limits::default());
    let (_, texts, arrays) = measure(form.root());
    assert_eq!(arrays, 9_955, "the whole rest of a key must fit");
    assert_eq!(texts, 158);
    assert!(
        form.faults()
            .iter()
            .all(|fault| matches!(fault.kind, FaultKind::TooManyArrays { .. }))
    );
    assert_eq!(form.faults().len() + form.omitted_faults(), 9_000 - texts);
}
