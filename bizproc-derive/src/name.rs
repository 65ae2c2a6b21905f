//! Names: identifiers as users wrote them, the `rename_all` rules, labels made from identifiers.

use proc_macro2::Ident;

/// The identifier's text without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#")
        .map_or_else(|| text.clone(), str::to_owned)
}

/// How ids are made from field and variant names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
}

/// The rules by the names that serde gave them. Rules with hyphens are missing on purpose: a
/// property id must not contain one.
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
        let words = words(name);
        match self {
            Self::Lower => words.concat(),
            Self::Upper => words.concat().to_uppercase(),
            Self::Pascal => words.iter().map(|word| capitalized(word)).collect(),
            Self::Camel => {
                let (first, rest) = words.split_first().map_or(("", &[][..]), |(f, r)| (f, r));
                first.to_owned()
                    + &rest
                        .iter()
                        .map(|word| capitalized(word))
                        .collect::<String>()
            }
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
        }
    }
}

/// A label for a thing nobody labelled: `input_string` and `InputString` give `Input string`.
pub(crate) fn label(name: &str) -> String {
    capitalized(&words(name).join(" "))
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// The lower-cased words of a snake-case or camel-case name.
fn words(name: &str) -> Vec<String> {
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

/// What is allowed instead of `found`, as the end of a message, the nearest word first:
/// ``; did you mean `code`? allowed are: `code`, `kind` ``.
pub(crate) fn allowed<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    let words = words.into_iter().collect::<Vec<_>>();
    let hint =
        nearest(found, &words).map_or_else(String::new, |word| format!(" did you mean `{word}`?"));
    format!(";{hint} allowed are: `{}`", words.join("`, `"))
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let distances = words
        .iter()
        .map(|word| (edit_distance(&lower, &word.to_lowercase()), *word));
    let near = distances
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4 && *distance < word.len());
    near.min().map(|(_, word)| word)
}

fn edit_distance(from: &str, to: &str) -> usize {
    let to = to.chars().collect::<Vec<_>>();
    let mut row = (0..=to.len()).collect::<Vec<_>>();
    for (index, a) in from.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&to) {
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
            allowed("cod", ["code"]),
            "; did you mean `code`? allowed are: `code`"
        );
        assert_eq!(allowed("x", ["code"]), "; allowed are: `code`");
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
