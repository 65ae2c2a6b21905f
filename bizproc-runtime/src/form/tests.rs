use std::fmt::Write;

use super::*;

fn decode(body: &str) -> Form<'_> {
    Form::decode(body.as_bytes(), &Limits::default())
}

/// Writes a tree on one line: `{a: "1", #0: {}}`.
fn write_tree(array: &Array<'_>) -> String {
    let mut out = String::from("{");
    for (at, (key, node)) in array.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let mark = if matches!(key, Key::Index(_)) {
            "#"
        } else {
            ""
        };
        write!(out, "{comma}{mark}{key}: ").unwrap();
        match node {
            Node::Text(text) => write!(out, "{text:?}").unwrap(),
            Node::Array(array) => out.push_str(&write_tree(array)),
        }
    }
    out + "}"
}

fn tree(body: &str) -> String {
    write_tree(decode(body).root())
}

fn kinds(form: &Form<'_>) -> Vec<FaultKind> {
    form.faults().iter().map(|fault| fault.kind).collect()
}

#[test]
fn empty_pieces_are_skipped() {
    assert_eq!(tree("&&a=1&&b&"), r#"{a: "1", b: ""}"#);
    assert!(decode("&&&").faults().is_empty());
}

#[test]
fn a_key_without_a_value_is_an_empty_text() {
    assert_eq!(tree("a&b[]&c="), r#"{a: "", b: {#0: ""}, c: ""}"#);
}

#[test]
fn an_append_follows_the_greatest_index() {
    assert_eq!(tree("a[]=x&a[]=y"), r#"{a: {#0: "x", #1: "y"}}"#);
    assert_eq!(
        tree("a[7]=x&a[3]=y&a[]=z"),
        r#"{a: {#7: "x", #3: "y", #8: "z"}}"#
    );
    assert_eq!(tree("a[k]=x&a[]=y"), r#"{a: {k: "x", #0: "y"}}"#);
    assert_eq!(
        tree("a[][b]=1&a[][b]=2"),
        r#"{a: {#0: {b: "1"}, #1: {b: "2"}}}"#
    );
}

#[test]
fn an_append_after_a_negative_index_stays_negative() {
    assert_eq!(tree("a[-5]=x&a[]=y"), r#"{a: {#-5: "x", #-4: "y"}}"#);
    assert_eq!(tree("a[-1]=x&a[]=y"), r#"{a: {#-1: "x", #0: "y"}}"#);
}

#[test]
fn an_append_after_the_greatest_integer_is_dropped() {
    let form = decode("a[9223372036854775807]=x&a[]=y&a[][b]=z&c=1");
    assert_eq!(
        write_tree(form.root()),
        r#"{a: {#9223372036854775807: "x"}, c: "1"}"#
    );
    assert_eq!(
        kinds(&form),
        [FaultKind::NoFreeIndex, FaultKind::NoFreeIndex]
    );
    let form = decode("a[9223372036854775806]=x&a[]=y&a[]=z");
    assert_eq!(
        form.get("a").and_then(Node::as_array).map(Array::len),
        Some(2)
    );
    assert_eq!(kinds(&form), [FaultKind::NoFreeIndex]);
}

#[test]
fn an_array_replaces_a_text_in_its_place() {
    let form = decode("a=1&z=2&a[b]=3");
    assert_eq!(write_tree(form.root()), r#"{a: {b: "3"}, z: "2"}"#);
    assert_eq!(kinds(&form), [FaultKind::Reshaped]);
}

#[test]
fn a_text_replaces_an_array_in_its_place() {
    let form = decode("a[b]=1&z=2&a=3&a[]=4");
    assert_eq!(write_tree(form.root()), r#"{a: {#0: "4"}, z: "2"}"#);
    assert_eq!(kinds(&form), [FaultKind::Reshaped, FaultKind::Reshaped]);
}

#[test]
fn a_later_value_wins_and_is_recorded() {
    let form = decode("a=1&b=2&a=3");
    assert_eq!(write_tree(form.root()), r#"{a: "3", b: "2"}"#);
    assert_eq!(kinds(&form), [FaultKind::Repeated]);
    assert_eq!(form.faults()[0].key, "a");
}

#[test]
fn a_reserved_name_leaves_its_empty_parents() {
    let form = decode("a[b][__Host-c]=%FF&__Host-d=1&_ Host-e=2");
    assert_eq!(write_tree(form.root()), r#"{a: {b: {}}, __Host-d: "1"}"#);
    assert_eq!(
        kinds(&form),
        [FaultKind::ReservedName, FaultKind::ReservedName]
    );
}

#[test]
fn a_faulty_pair_does_not_lose_the_others() {
    let deep = format!("a{}=1", "[b]".repeat(65));
    let long = format!("{}=1", "k".repeat(1_025));
    let body = format!("a=0&a=%FF&%FF=1&{deep}&{long}&=1&code=md5");
    let form = decode(&body);
    assert_eq!(write_tree(form.root()), r#"{a: "0", code: "md5"}"#);
    assert_eq!(
        kinds(&form),
        [
            FaultKind::NotUtf8,
            FaultKind::NotUtf8,
            FaultKind::TooDeep { allowed: 64 },
            FaultKind::KeyTooLong {
                bytes: 1_025,
                allowed: 1_024
            },
            FaultKind::NoName,
        ]
    );
    assert!(
        decode(&format!("a{}=1", "[b]".repeat(64)))
            .faults()
            .is_empty()
    );
}

#[test]
fn no_pair_is_read_beyond_the_limit() {
    let limits = Limits {
        pairs: 2,
        ..Limits::default()
    };
    let form = Form::decode(b"&&a=1&=2&c=3&d=4", &limits);
    assert_eq!(write_tree(form.root()), r#"{a: "1"}"#);
    assert_eq!(
        kinds(&form),
        [FaultKind::NoName, FaultKind::TooManyPairs { allowed: 2 }]
    );
    assert_eq!(form.faults()[1].key, "c");
    assert!(Form::decode(b"a=1&b=2&&", &limits).faults().is_empty());
}

#[test]
fn no_array_is_made_beyond_the_limit() {
    let limits = Limits {
        arrays: 4,
        ..Limits::default()
    };
    let body = b"a[b][]=1&a[b][]=2&c[d][e]=3&f[g]=4&h[i][j]=5&a[b][]=6&k=7&k[]=8&k[][]=9";
    let form = Form::decode(body, &limits);
    let expected = r#"{a: {b: {#0: "1", #1: "2", #2: "6"}}, c: {d: {e: "3"}}, k: "7"}"#;
    assert_eq!(write_tree(form.root()), expected);
    assert_eq!(kinds(&form), [FaultKind::TooManyArrays { allowed: 4 }; 4]);
    let json = br#"{"a":{"b":[1]},"c":[],"d":[2],"e":[3],"f":4}"#;
    let form = Form::from_json(json, &limits).unwrap();
    assert_eq!(
        write_tree(form.root()),
        r#"{a: {b: {#0: "1"}}, d: {#0: "2"}, f: "4"}"#
    );
    assert_eq!(kinds(&form), [FaultKind::TooManyArrays { allowed: 4 }]);
}

#[test]
fn the_depth_cannot_be_raised_without_end() {
    let limits = Limits {
        depth: usize::MAX,
        key_bytes: usize::MAX,
        ..Limits::default()
    };
    let body = format!("a{}=1", "[]".repeat(1_000_000));
    let form = Form::decode(body.as_bytes(), &limits);
    assert_eq!(kinds(&form), [FaultKind::TooDeep { allowed: MAX_DEPTH }]);
    let body = format!(r#"{{"a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let form = Form::from_json(body.as_bytes(), &limits).unwrap();
    assert_eq!(kinds(&form), [FaultKind::TooDeep { allowed: MAX_DEPTH }]);
    let body = format!("a{}=1", "[]".repeat(MAX_DEPTH));
    assert!(Form::decode(body.as_bytes(), &limits).faults().is_empty());
}

#[test]
fn plain_texts_are_borrowed() {
    fn borrowed(node: Option<&Node<'_>>) -> bool {
        matches!(node, Some(Node::Text(Cow::Borrowed(_))))
    }
    let form = decode("code=md5&tags[x]=a&tags[y]=a+b");
    assert!(borrowed(form.get("code")));
    let tags = form.get("tags").and_then(Node::as_array).unwrap();
    assert!(borrowed(tags.get("x")) && !borrowed(tags.get("y")));
    let names = tags.iter().map(|(key, _)| key);
    assert!(
        names
            .into_iter()
            .all(|key| matches!(key, Key::Name(Cow::Borrowed(_))))
    );
}

#[test]
fn items_close_the_gaps() {
    let texts = |body: &'static str| -> Vec<String> {
        let form = decode(body);
        let items = form.get("p").and_then(Node::as_array).unwrap().items();
        items
            .into_iter()
            .filter_map(Node::as_text)
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(texts("p[2]=b&p[0]=a"), ["a", "b"]);
    assert_eq!(texts("p[10]=c&p[9]=b&p[-1]=a"), ["a", "b", "c"]);
    assert_eq!(texts("p[n1]=b&p[0]=a"), ["b", "a"]);
}

#[test]
fn lists_differ_from_maps() {
    let is_list = |body: &'static str| decode(body).root().is_list();
    assert!(is_list("") && is_list("0=a&1=b"));
    assert!(!is_list("0=a&2=b") && !is_list("1=a&0=b") && !is_list("0=a&x=b"));
}

#[test]
fn debug_output_has_no_values() {
    let form = decode("auth[access_token]=secret");
    let debug = format!("{form:?}");
    assert!(
        debug.contains("access_token") && !debug.contains("secret"),
        "{debug}"
    );
}

#[test]
fn json_gives_the_tree_of_the_form() {
    let json = r#"{"a":true,"b":false,"c":null,"d":[],"e":{"x":[]},"f":1.10,"h":"0","n":
        [-1e+5, 12345678901234567890123, {"7":"x","07":"\u00e9\"\\"}, null, "-5e"]}"#;
    let form = Form::from_json(json.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(
        write_tree(form.root()),
        "{a: \"1\", b: \"0\", f: \"1.10\", h: \"0\", n: {#0: \"-1e+5\", \
         #1: \"12345678901234567890123\", #2: {#7: \"x\", 07: \"é\\\"\\\\\"}, #4: \"-5e\"}}",
    );
    assert!(form.faults().is_empty());
}

#[test]
fn json_names_are_used_as_they_are() {
    let form = Form::from_json(br#"{"a.b[c] d":"1"," ":2}"#, &Limits::default()).unwrap();
    assert_eq!(write_tree(form.root()), r#"{a.b[c] d: "1",  : "2"}"#);
}

#[test]
fn json_obeys_the_limits() {
    let limits = Limits {
        pairs: 3,
        depth: 1,
        key_bytes: 3,
        ..Limits::default()
    };
    let json = br#"{"a":{"b":{"c":1},"d":2},"long":[3],"a":4,"e":5,"f":6,"g":{"h":7}}"#;
    let form = Form::from_json(json, &limits).unwrap();
    assert_eq!(write_tree(form.root()), r#"{a: "4", e: "5"}"#);
    assert_eq!(
        kinds(&form),
        [
            FaultKind::TooDeep { allowed: 1 },
            FaultKind::KeyTooLong {
                bytes: 4,
                allowed: 3
            },
            FaultKind::Repeated,
            FaultKind::TooManyPairs { allowed: 3 },
        ]
    );
    let keys: Vec<_> = form
        .faults()
        .iter()
        .map(|fault| fault.key.as_str())
        .collect();
    assert_eq!(keys, ["a[b]", "long", "a", "f"]);
}

#[test]
fn json_that_cannot_be_read_is_an_error() {
    let kind = |body: &[u8]| {
        Form::from_json(body, &Limits::default())
            .unwrap_err()
            .kind()
    };
    assert!(matches!(kind(b""), JsonErrorKind::Syntax { .. }));
    assert!(matches!(kind(b"{\"a\":01}"), JsonErrorKind::Syntax { .. }));
    assert!(matches!(kind(b"{} x"), JsonErrorKind::Syntax { .. }));
    assert!(matches!(
        kind(b"code=md5"),
        JsonErrorKind::Syntax { line: 1, .. }
    ));
    assert_eq!(kind(b"\"secret\""), JsonErrorKind::NotAnObject);
    assert_eq!(kind(b"{\"a\":\"\\ud800\"}"), JsonErrorKind::LoneSurrogate);
    assert_eq!(kind(b"{\"a\":\"\xFF\"}"), JsonErrorKind::NotUtf8 { at: 6 });
}
