//! Names: identifiers as written, the `rename_all` rules, labels made from identifiers, and
//! suggestions for misspelt words.

use proc_macro2::{Ident, Span};
use syn::LitStr;

/// The identifier's text without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#")
        .map_or_else(|| text.clone(), str::to_owned)
}

/// The id of a property or the key of an option, with the place that decides it.
pub(crate) struct Id {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Id {
    /// The text as given, else made from the identifier.
    pub(crate) fn new(given: Option<LitStr>, ident: &Ident, rename: Option<RenameRule>) -> Self {
        given.map_or_else(
            || {
                let plain = unraw(ident);
                let text = rename.map_or_else(|| plain.clone(), |rule| rule.apply(&plain));
                Self {
                    text,
                    span: ident.span(),
                }
            },
            |literal| Self {
                text: literal.value(),
                span: literal.span(),
            },
        )
    }
}

/// A rule that makes ids from the names of fields and variants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
}

/// The rules under serde's names. The rules with hyphens are left out, because a property id must
/// not contain one.
pub(crate) const RENAME_RULES: &[(&str, RenameRule)] = &[
    ("lowercase", RenameRule::Lower),
    ("UPPERCASE", RenameRule::Upper),
    ("PascalCase", RenameRule::Pascal),
    ("camelCase", RenameRule::Camel),
    ("snake_case", RenameRule::Snake),
    ("SCREAMING_SNAKE_CASE", RenameRule::ScreamingSnake),
];

impl RenameRule {
    /// Applies the rule to a field name (`input_string`) or a variant name (`CreditCard`).
    pub(crate) fn apply(self, name: &str) -> String {
        let words = split_words(name);
        match self {
            Self::Lower => words.concat(),
            Self::Upper => words.concat().to_uppercase(),
            Self::Pascal => words.iter().map(|word| capitalized(word)).collect(),
            Self::Camel => words
                .iter()
                .enumerate()
                .map(|(index, word)| match index {
                    0 => word.clone(),
                    _ => capitalized(word),
                })
                .collect(),
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
        }
    }
}

/// A label made from a name: `input_string` and `InputString` give `Input string`.
pub(crate) fn label(name: &str) -> String {
    capitalized(&split_words(name).join(" "))
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// The lower-cased words of a snake-case or camel-case name.
fn split_words(name: &str) -> Vec<String> {
    let mut words = Vec::<String>::new();
    let mut previous_is_lower = false;
    for part in name.split('_') {
        let mut word = String::new();
        for character in part.chars() {
            if character.is_uppercase() && previous_is_lower && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            previous_is_lower = !character.is_uppercase();
            word.extend(character.to_lowercase());
        }
        if !word.is_empty() {
            words.push(word);
        }
        previous_is_lower = false;
    }
    words
}

/// The end of a message about an unknown word: the nearest word, and all allowed ones, as in
/// ``; did you mean `code`? allowed are: `code`, `kind` ``.
pub(crate) fn allowed_instead<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    let allowed: Vec<_> = words.into_iter().collect();
    let hint = nearest(found, &allowed)
        .map_or_else(String::new, |word| format!(" did you mean `{word}`?"));
    format!(";{hint} allowed are: `{}`", allowed.join("`, `"))
}

/// The word that was probably meant, if one is near enough.
pub(crate) fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let lower = found.to_lowercase();
    words
        .iter()
        .map(|word| (edit_distance(&lower, &word.to_lowercase()), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

/// The Levenshtein distance of two words.
fn edit_distance(from: &str, to: &str) -> usize {
    let columns: Vec<_> = to.chars().collect();
    let mut row: Vec<_> = (0..=columns.len()).collect();
    for (index, a) in from.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&columns) {
            let above = *cell;
            left = (diagonal + usize::from(a != *b))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_rename_fields_and_variants() {
        let cases = [
            ("lowercase", "creditcard"),
            ("UPPERCASE", "CREDITCARD"),
            ("PascalCase", "CreditCard"),
            ("camelCase", "creditCard"),
            ("snake_case", "credit_card"),
            ("SCREAMING_SNAKE_CASE", "CREDIT_CARD"),
        ];
        for ((name, rule), (expected_name, expected)) in RENAME_RULES.iter().zip(cases) {
            assert_eq!(*name, expected_name);
            assert_eq!(rule.apply("credit_card"), expected);
            assert_eq!(rule.apply("CreditCard"), expected);
        }
    }

    #[test]
    fn labels_are_sentences() {
        assert_eq!(label("input_string"), "Input string");
        assert_eq!(label("SendInvoice"), "Send invoice");
        assert_eq!(label("MD5"), "Md5");
        assert_eq!(label("_private__x_"), "Private x");
        assert_eq!(label(""), "");
    }

    #[test]
    fn near_words_are_suggested() {
        assert_eq!(nearest("cod", &["code", "kind"]), Some("code"));
        assert_eq!(nearest("Integer", &["int", "string"]), None);
        assert_eq!(nearest("descripton", &["description"]), Some("description"));
        assert_eq!(
            allowed_instead("cod", ["code"]),
            "; did you mean `code`? allowed are: `code`"
        );
        assert_eq!(allowed_instead("x", ["code"]), "; allowed are: `code`");
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
