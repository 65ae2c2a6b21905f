use bizproc_portal::php::{Array, Value, http_build_query, parse_str, parse_url, serialized_len};
use serde_json::json;

#[test]
fn forms_are_written_as_http_build_query_writes_them() {
    for (value, form) in [
        (
            json!({"a": true, "b": false, "c": null, "d": [], "e": {"x": []}, "f": 1.10, "h": "0"}),
            "a=1&b=0&f=1.1&h=0",
        ),
        (
            json!({"t": "a|b c~é", "m": ["x", null, "z"]}),
            "t=a%7Cb+c%7E%C3%A9&m%5B0%5D=x&m%5B2%5D=z",
        ),
        (json!({"a b": {"c&d": {"e": 1}}}), "a+b%5Bc%26d%5D%5Be%5D=1"),
        (
            json!({"f": [1.0, 1e25, 0.00001, 123_456_789_012_345_680.0]}),
            "f%5B0%5D=1&f%5B1%5D=1.0E%2B25&f%5B2%5D=1.0E-5&f%5B3%5D=1.2345678901235E%2B17",
        ),
        (
            json!(["x", {"k": "-_.!*'()"}]),
            "0=x&1%5Bk%5D=-_.%21%2A%27%28%29",
        ),
        (json!({"n": "a\nb\u{0}"}), "n=a%0Ab%00"),
        (json!([]), ""),
        (json!("x"), ""),
    ] {
        assert_eq!(http_build_query(&value.clone().into()), form, "{value}");
    }
}

#[test]
fn forms_are_read_as_parse_str_reads_them() {
    for (form, value) in [
        ("p[0]=a&p[2]=b", json!({"p": {"0": "a", "2": "b"}})),
        ("p[]=a&p[]=b", json!({"p": ["a", "b"]})),
        ("p[x]=1&p[y]=2", json!({"p": {"x": "1", "y": "2"}})),
        ("p=", json!({"p": ""})),
        ("p", json!({"p": ""})),
        (
            "p=00012345678901234567",
            json!({"p": "00012345678901234567"}),
        ),
        (
            "p[0]=&p[1]=&p[2]=05.12.2022+17%3A25%3A52",
            json!({"p": ["", "", "05.12.2022 17:25:52"]}),
        ),
        ("a[b][c=1", json!({"a": {"b": "1"}})),
        ("d[b=2", json!({"d_b": "2"})),
        ("e.f g=3", json!({"e_f_g": "3"})),
        ("x[ ]=1&x[1]y=2", json!({"x": ["1", "2"]})),
        ("[z]=3&=4& q=5", json!({"q": "5"})),
        ("w[a]=1&w=2", json!({"w": "2"})),
        ("v=1&v[a]=2", json!({"v": {"a": "2"}})),
        ("t[01]=3&t[1]=4", json!({"t": {"01": "3", "1": "4"}})),
        (
            "u[a.b]=1&a.b[c.d]=7",
            json!({"u": {"a.b": "1"}, "a_b": {"c.d": "7"}}),
        ),
        ("a%5Bb%5D=%zz%4", json!({"a": {"b": "%zz%4"}})),
        ("a=1=2&&b", json!({"a": "1=2", "b": ""})),
        ("", json!([])),
    ] {
        assert_eq!(parse_str(form.as_bytes()).to_json(), value, "{form}");
    }
    assert_eq!(
        parse_str(b"a=%ff\xfe").to_json(),
        json!({"a": "\u{fffd}\u{fffd}"})
    );
    let many = (0..1500)
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join("&");
    assert_eq!(
        parse_str(many.as_bytes()).as_array().map(Array::len),
        Some(1000)
    );
    assert_eq!(
        parse_str(format!("a{}=1&b=2", "[x]".repeat(65)).as_bytes()).to_json(),
        json!({"b": "2"})
    );
}

#[test]
fn nothing_is_appended_after_the_highest_index() {
    for (form, value) in [
        (
            "a[9223372036854775806]=1&a[]=2&a[]=3&b=4",
            json!({"a": {"9223372036854775806": "1", "9223372036854775807": "2"}, "b": "4"}),
        ),
        (
            "a[x][9223372036854775807]=1&a[x][][y]=2&a[]=3",
            json!({"a": {"x": {"9223372036854775807": "1"}, "0": "3"}}),
        ),
    ] {
        assert_eq!(parse_str(form.as_bytes()).to_json(), value, "{form}");
    }
    let mut array = Array::new();
    array.insert(i64::MAX, "1");
    array.push("2");
    assert_eq!((array.len(), array.at(i64::MAX)), (1, Some(&"1".into())));
}

#[test]
fn addresses_are_split_as_parse_url_splits_them() {
    for (text, expected) in [
        ("http:///x", None),
        ("a:80", Some((None, Some("a")))),
        ("app.example:8080/h", Some((None, Some("app.example")))),
        ("http://a.b:70000/", None),
        ("http://a.b:123456/", None),
        ("http://[::1]/h", Some((Some("http"), Some("[::1]")))),
        ("https:/a.b/x", Some((Some("https"), None))),
        ("//a.b/x", Some((None, Some("a.b")))),
        ("http://a.b:x/", None),
        ("http://a.b:/", Some((Some("http"), Some("a.b")))),
        ("http://a.b:+80/", Some((Some("http"), Some("a.b")))),
        ("http://a.b: 80/", Some((Some("http"), Some("a.b")))),
        ("http://a.b: +80/", Some((Some("http"), Some("a.b")))),
        ("http://a.b:-0/", Some((Some("http"), Some("a.b")))),
        ("http://a.b:8x/", Some((Some("http"), Some("a.b")))),
        ("http://a.b:-80/", None),
        ("http://a.b:+-8/", None),
        ("http://a.b: + 8/", None),
        ("http://a.b:+70000/", None),
        ("http://a.b: /", None),
        ("a.b:+80/x", Some((Some("a.b"), None))),
        ("?a:b", Some((None, None))),
        ("a.b:123456/x", Some((Some("a.b"), None))),
        ("http://u@a.b", Some((Some("http"), Some("a.b")))),
        ("x y:8/a.b", Some((None, Some("x y")))),
        (":80", None),
        ("file:///a.b", Some((Some("file"), None))),
        ("http://a.b?x:y@c", Some((Some("http"), Some("a.b")))),
        ("mailto:a@app.example", Some((Some("mailto"), None))),
        ("http:", Some((Some("http"), None))),
        ("", Some((None, None))),
    ] {
        let parts = parse_url(text).map(|url| (url.scheme, url.host));
        assert_eq!(parts, expected, "{text}");
    }
}

#[test]
fn serialized_sizes_are_those_of_php() {
    for (value, size) in [
        (json!({"a": {"NAME": "x", "TYPE": "string"}}), 63),
        (
            json!({"q": {"NAME": {"EN": "Да"}, "MULTIPLE": "N", "DEFAULT": null, "OPTIONS": {"pdf": "PDF"}}}),
            136,
        ),
        (json!([1.0, 0.1, 1e25, true]), 46),
        (json!({"10": -5, "x": "", "f": false}), 43),
    ] {
        assert_eq!(serialized_len(&Value::from(value.clone())), size, "{value}");
    }
}

#[test]
fn truthiness_follows_php() {
    for empty in [
        json!(null),
        json!(false),
        json!(0),
        json!(0.0),
        json!(""),
        json!("0"),
        json!([]),
        json!({}),
    ] {
        assert!(!Value::from(empty.clone()).is_truthy(), "{empty}");
    }
    for truthy in [
        json!("false"),
        json!("N"),
        json!(" "),
        json!("0.0"),
        json!([0]),
        json!(0.1),
    ] {
        assert!(Value::from(truthy.clone()).is_truthy(), "{truthy}");
    }
}
