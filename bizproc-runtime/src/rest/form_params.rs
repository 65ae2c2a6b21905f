//! Parameters as a PHP form, and the parameters that such a form cannot express.

use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

/// The words that refer to an earlier response, after a `$` and in any letter case.
const REFERENCES: [&str; 5] = ["result", "error", "total", "next", "time"];
/// The most variables that PHP reads of one query (`max_input_vars`); the rest is lost.
const VARIABLES: usize = 1_000;
/// PHP drops a variable that is nested deeper (`max_input_nesting_level`).
const DEPTH: usize = 64;

/// Why a batch cannot carry the parameters.
pub(super) fn unsupported(params: &Map<String, Value>) -> Option<String> {
    let mut left = VARIABLES;
    params.iter().find_map(|(name, value)| {
        if name.contains('.') {
            return Some(format!("the dot in the name `{}`", name.escape_debug()));
        }
        fault_of_name(name).or_else(|| fault_of(name, value, DEPTH, &mut left))
    })
}

fn fault_of(place: &str, value: &Value, levels: usize, left: &mut usize) -> Option<String> {
    match value {
        Value::Null => Some(format!("`{place}` is null and would be left out")),
        Value::Array(items) if items.is_empty() => {
            Some(format!("`{place}` is an empty list and would be left out"))
        }
        Value::Object(fields) if fields.is_empty() => {
            Some(format!("`{place}` is an empty map and would be left out"))
        }
        Value::Array(_) | Value::Object(_) if levels == 0 => {
            Some(format!("`{place}` is nested deeper than {DEPTH} levels"))
        }
        Value::Array(items) => items.iter().enumerate().find_map(|(index, value)| {
            fault_of(&format!("{place}[{index}]"), value, levels - 1, left)
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            fault_of_name(name)
                .or_else(|| fault_of(&format!("{place}[{name}]"), value, levels - 1, left))
        }),
        Value::String(text) if has_reference(text) => Some(format!(
            "`{place}` has a text in it that refers to another command's result"
        )),
        _ if *left == 0 => Some(format!("they are more than {VARIABLES} values")),
        _ => {
            *left -= 1;
            None
        }
    }
}

/// PHP takes names apart at brackets, and changes some characters.
fn fault_of_name(name: &str) -> Option<String> {
    let changes = |c: char| matches!(c, '[' | ']') || c.is_whitespace() || c.is_control();
    (name.is_empty() || name.contains(changes)).then(|| {
        format!(
            "PHP reads the name `{}` as another one",
            name.escape_debug()
        )
    })
}

fn has_reference(text: &str) -> bool {
    text.split('$').skip(1).any(|after| {
        REFERENCES.iter().any(|word| {
            let start = after.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word))
        })
    })
}

/// Writes parameters as PHP's `http_build_query` does.
pub(super) fn encode(params: &Map<String, Value>) -> String {
    let mut query = String::new();
    for (name, value) in params {
        append(&mut query, &escape(name), value);
    }
    query
}

fn append(query: &mut String, name: &str, value: &Value) {
    let text = match value {
        Value::Null => return,
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                append(query, &format!("{name}%5B{index}%5D"), value);
            }
            return;
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                append(query, &format!("{name}%5B{}%5D", escape(key)), value);
            }
            return;
        }
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::Number(number) => {
            let text = number.to_string();
            // PHP writes whole floating-point numbers without a fraction.
            text.strip_suffix(".0").unwrap_or(&text).to_owned()
        }
        Value::String(text) => escape(text),
    };
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    query.push_str(&text);
}

/// An unescaped `#` would cut the command, `&` and `|` would mean something else.
fn escape(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::form::{Form, Limits};

    fn written(params: &Value) -> String {
        encode(params.as_object().unwrap())
    }

    fn fault_in(params: &Value) -> Option<String> {
        unsupported(params.as_object().unwrap())
    }

    #[test]
    fn values_are_written_as_php_writes_them() {
        for (params, expected) in [
            (
                json!({"a": true, "b": false, "c": null, "d": [], "e": {"x": []}, "f": 1.10, "h": "0"}),
                "a=1&b=0&f=1.1&h=0",
            ),
            (
                json!({"t": "a|b c#é$", "m": ["x", null, "z"]}),
                "t=a%7Cb+c%23%C3%A9%24&m%5B0%5D=x&m%5B2%5D=z",
            ),
            (
                json!({"a": {"b.c": {"d": [1, 2.0]}}}),
                "a%5Bb.c%5D%5Bd%5D%5B0%5D=1&a%5Bb.c%5D%5Bd%5D%5B1%5D=2",
            ),
            (json!({">=DATE": "", "n": -7}), "%3E%3DDATE=&n=-7"),
            (json!({}), ""),
        ] {
            assert_eq!(written(&params), expected);
        }
    }

    #[test]
    fn what_does_not_arrive_as_it_is_is_named() {
        let deep = (0..=DEPTH).fold(json!(1), |value, _| json!([value]));
        for (params, expected) in [
            (json!({"a": {"b": [1, null]}}), "`a[b][1]` is null"),
            (json!({"a": []}), "`a` is an empty list"),
            (json!({"a": [{}]}), "`a[0]` is an empty map"),
            (json!({"a": "$result"}), "`a` has a text in it that refers"),
            (
                json!({"a": ["see $5 and $NextYear"]}),
                "`a[0]` has a text in it that refers",
            ),
            (
                json!({"a": "$$time[0]"}),
                "`a` has a text in it that refers",
            ),
            (json!({"": 1}), "PHP reads the name `` as another one"),
            (json!({"a.b": 1}), "the dot in the name `a.b`"),
            (
                json!({"a": {"b]": 1}}),
                "PHP reads the name `b]` as another one",
            ),
            (
                json!({"a": {"\u{0}": 1}}),
                "PHP reads the name `\\0` as another one",
            ),
            (
                json!({"a": vec![0; 1_001]}),
                "they are more than 1000 values",
            ),
            (json!({"a": deep}), "is nested deeper than 64 levels"),
        ] {
            let fault = fault_in(&params).unwrap_or_default();
            assert!(fault.contains(expected), "{params}: {fault}");
        }
        for params in [
            json!({"a": "", "b": "0", "c": false, "d": 0}),
            json!({"a": "$5", "b": "$ result", "c": "result$", "d": "$résult", "e": "$tim"}),
            json!({"a": {"b.c": 1, ">=D": 2}, "f": vec![0; 998]}),
        ] {
            assert_eq!(fault_in(&params), None, "{params}");
        }
    }

    /// Names and texts with everything in them that means something in a form.
    const TEXT: &str = "[a-c0-9.|#$&=+%~*é\\[\\] \0]{0,6}|\\$(result|Next)";

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            2 => any::<bool>().prop_map(Value::from),
            3 => any::<i64>().prop_map(Value::from),
            3 => (-1e9..1e9_f64).prop_map(Value::from),
            6 => TEXT.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                maps(inner).prop_map(Value::from),
            ]
        })
    }

    fn maps(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
        let names = prop_oneof!["[A-Z_a-z]{1,4}", "[0-9]{1,2}", TEXT];
        prop::collection::vec((names, values), 0..4).prop_map(|fields| fields.into_iter().collect())
    }

    proptest! {
        /// What is not refused arrives as it is: read as PHP reads it, it is the tree of the same
        /// values.
        #[test]
        fn what_is_carried_is_read_as_it_was_meant(params in maps(values())) {
            let written = encode(&params);
            prop_assert!(written.is_ascii() && !written.contains(['#', '|', '$', '[', ' ']));
            let limits = Limits::default();
            let read = Form::decode(written.as_bytes(), &limits);
            let body = Value::from(params.clone()).to_string();
            let meant = Form::from_json(body.as_bytes(), &limits).unwrap();
            if unsupported(&params).is_none() {
                prop_assert!(read.faults().is_empty(), "{written}: {:?}", read.faults());
                prop_assert_eq!(read.root(), meant.root());
            }
        }
    }
}
