//! `$result[…]`: what a command of a batch uses of earlier results.

use crate::rules::php::{Array, Value};

/// They form a reference in any letter case, but refer to something only in lower case.
const WORDS: [&str; 5] = ["result", "error", "total", "next", "time"];

/// Replaces the references in the parameters of a command, at any depth; names of parameters have
/// none.
///
/// `results` returns the set of a word. A text that is one reference becomes the value itself;
/// inside a longer text only texts and numbers are inserted.
pub(crate) fn resolve<'a>(params: &Array, results: &impl Fn(&str) -> Option<&'a Array>) -> Array {
    let resolve = |value: &Value| match value {
        Value::Text(text) => in_text(text, results),
        Value::Array(array) => Value::Array(resolve(array, results)),
        scalar => scalar.clone(),
    };
    params
        .iter()
        .map(|(key, value)| (key.clone(), resolve(value)))
        .collect()
}

fn in_text<'a>(text: &str, results: &impl Fn(&str) -> Option<&'a Array>) -> Value {
    let mut result = text.to_owned();
    for reference in references(text) {
        let value = results(reference.word).map_or(Value::Null, |set| look_up(reference.path, set));
        if reference.whole == text {
            return value;
        }
        if let Value::Text(_) | Value::Int(_) | Value::Float(_) = value {
            result = result.replace(reference.whole, &value.to_text());
        }
    }
    Value::Text(result)
}

struct Reference<'a> {
    whole: &'a str,
    word: &'a str,
    path: &'a str,
}

/// A reference extends to the next white space, whatever it contains.
fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        let begins = |word: &str| {
            after
                .get(..word.len())
                .filter(|start| start.eq_ignore_ascii_case(word))
        };
        let Some(word) = WORDS.into_iter().find_map(begins) else {
            rest = after;
            continue;
        };
        let length = after
            .find(|letter: char| letter.is_ascii_whitespace())
            .unwrap_or(after.len());
        let (glued, behind) = after.split_at(length);
        let begin = text.len() - after.len() - 1;
        found.push(Reference {
            whole: text.get(begin..=begin + length).unwrap_or_default(),
            word,
            path: glued.get(word.len()..).unwrap_or_default(),
        });
        rest = behind;
    }
    found
}

/// Follows the keys; a missing one ends at the last value found.
fn look_up(path: &str, set: &Array) -> Value {
    let mut found = None;
    for key in keys(path) {
        let array = found.map_or(Some(set), Value::as_array);
        let Some(inner) = array.and_then(|array| array.isset(key)) else {
            break;
        };
        found = Some(inner);
    }
    found.cloned().unwrap_or_else(|| set.clone().into())
}

/// Returns the contents of the brackets; everything else is ignored.
fn keys(path: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once(']') {
        match before.rsplit_once('[') {
            Some((_, key)) if !key.is_empty() => keys.push(key),
            _ => {}
        }
        rest = after;
    }
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::resolve;
    use crate::rules::php::Value;

    fn resolved(text: &str) -> Json {
        let Value::Array(results) = Value::from(json!({
            "result": {"a": {"ID": 7, "names": ["x", "y"]}, "flag": true},
            "error": {"b": {"error": "E"}}, "total": {"a": 3}, "next": {"a": 50}, "time": {"a": {"operating": 0.5}},
        })) else {
            unreachable!()
        };
        let params = [("p", Value::from(text))].into_iter().collect();
        let set = |word: &str| results.get(word).and_then(Value::as_array);
        resolve(&params, &set).get("p").unwrap().to_json()
    }

    #[test]
    fn a_reference_becomes_what_it_names() {
        for (text, expected) in [
            ("$result[a][ID]", json!(7)),
            ("ID=$result[a][ID] end", json!("ID=7 end")),
            ("$result[a][ID],x", json!(7)),
            ("$result[a]ID[ID]", json!(7)),
            ("$result[a][names][1]", json!("y")),
            ("$result[a][names]", json!(["x", "y"])),
            ("n: $result[a][names]", json!("n: $result[a][names]")),
            (
                "$result[a][none][deep]",
                json!({"ID": 7, "names": ["x", "y"]}),
            ),
            ("$error[b][error]", json!("E")),
            ("$total[a] of $next[a]", json!("3 of 50")),
            ("$time[a][operating]", json!(0.5)),
            ("$result[flag] x", json!("$result[flag] x")),
            ("cost $5[0]", json!("cost $5[0]")),
            ("$RESULT[a]", json!(null)),
            ("n: $Result[a]", json!("n: $Result[a]")),
            ("$", json!("$")),
        ] {
            assert_eq!(resolved(text), expected, "{text}");
        }
        let all = json!({"a": {"ID": 7, "names": ["x", "y"]}, "flag": true});
        for text in ["$result[zzz]", "$result", "$result[]", "$results"] {
            assert_eq!(resolved(text), all, "{text}");
        }
    }
}
