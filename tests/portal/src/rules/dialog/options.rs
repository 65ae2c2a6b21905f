//! `OPTIONS` of a select.

use crate::rules::php;
use crate::rules::php::{Array, Value};

/// The keys and titles, in order.
///
/// A map is key to title; an element of two fields, or a pair, is its own key and title; a list has
/// its numbers for keys; a text stands for itself.
pub(crate) fn options(options: Option<&Value>) -> Vec<(String, String)> {
    match options {
        Some(Value::Array(array)) => array
            .iter()
            .map(|(key, value)| match value {
                Value::Array(pair) if pair.len() == 2 => pair_of(pair),
                title => (key.to_text(), title.to_text()),
            })
            .collect(),
        Some(scalar) if scalar.is_truthy() => vec![(scalar.to_text(), scalar.to_text())],
        _ => Vec::new(),
    }
}

fn pair_of(pair: &Array) -> (String, String) {
    let mut fields = pair.values().map(Value::to_text);
    (
        fields.next().unwrap_or_default(),
        fields.next().unwrap_or_default(),
    )
}

/// Returns the key that a chosen text means: the key itself, or the key with this title.
pub(crate) fn key_of(options: &[(String, String)], text: &str) -> Option<String> {
    let by_key = options.iter().find(|(key, _)| key == text);
    let by_title = || options.iter().find(|(_, title)| loosely_equal(title, text));
    by_key.or_else(by_title).map(|(key, _)| key.clone())
}

/// PHP's `==` of two texts: as numbers if both are numbers.
fn loosely_equal(left: &str, right: &str) -> bool {
    left == right
        || php::numeric(left)
            .zip(php::numeric(right))
            .is_some_and(|(left, right)| (left - right).abs() == 0.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{key_of, options};

    #[test]
    fn every_form_of_options_is_read() {
        let pairs = |pairs: &[(&str, &str)]| {
            let own = |(key, title): &(&str, &str)| ((*key).to_owned(), (*title).to_owned());
            pairs.iter().map(own).collect::<Vec<_>>()
        };
        for (sent, expected) in [
            (
                json!({"pdf": "PDF", "docx": "Word"}),
                pairs(&[("pdf", "PDF"), ("docx", "Word")]),
            ),
            (json!(["A", "B"]), pairs(&[("0", "A"), ("1", "B")])),
            (json!([["a", "Alpha"]]), pairs(&[("a", "Alpha")])),
            (
                json!([{"ID": "a", "VALUE": "Alpha"}]),
                pairs(&[("a", "Alpha")]),
            ),
            (json!("solo"), pairs(&[("solo", "solo")])),
            (json!([]), pairs(&[])),
            (json!(""), pairs(&[])),
            (json!(null), pairs(&[])),
        ] {
            assert_eq!(options(Some(&sent.clone().into())), expected, "{sent}");
        }
        assert!(options(None).is_empty());
    }

    #[test]
    fn a_title_is_looked_up_after_the_keys() {
        let known = options(Some(
            &json!({"pdf": "PDF", "docx": "pdf", "ten": "10", "word": "inf"}).into(),
        ));
        assert_eq!(key_of(&known, "pdf").as_deref(), Some("pdf"));
        assert_eq!(key_of(&known, "PDF").as_deref(), Some("pdf"));
        assert_eq!(key_of(&known, "10.0").as_deref(), Some("ten"));
        assert_eq!(key_of(&known, "infinity"), None);
        assert_eq!(key_of(&known, "Pdf"), None);
    }
}
