//! Labels: texts that people read.

use serde_json::{Map, Value};

/// A text that people read, in one or more languages.
///
/// A portal shows the text in its own language, else the English one. Without either, it shows a
/// blank label; therefore the derives require an English text.
///
/// ```
/// use bizproc_runtime::definition::Label;
///
/// const NAME: Label = Label::new(&[("en", "Invoice"), ("de", "Rechnung")]);
/// assert_eq!(NAME.get("DE"), Some("Rechnung"));
/// assert_eq!(NAME.get("fr"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    texts: &'static [(&'static str, &'static str)],
}

impl Label {
    /// No text in any language.
    pub const EMPTY: Self = Self::new(&[]);

    /// Creates a label from pairs of a language's two letters and the text.
    #[must_use]
    pub const fn new(texts: &'static [(&'static str, &'static str)]) -> Self {
        Self { texts }
    }

    /// The pairs of language and text, in the given order.
    #[must_use]
    pub const fn texts(&self) -> &'static [(&'static str, &'static str)] {
        self.texts
    }

    /// The text in a language, ignoring the case of its letters.
    #[must_use]
    pub fn get(&self, language: &str) -> Option<&'static str> {
        self.texts
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(language))
            .map(|(_, text)| *text)
    }

    /// The label as a map, with languages in upper case, as all versions of the portal store them.
    pub(super) fn to_json(self) -> Value {
        self.texts
            .iter()
            .map(|(language, text)| (language.to_uppercase(), Value::from(*text)))
            .collect::<Map<_, _>>()
            .into()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
