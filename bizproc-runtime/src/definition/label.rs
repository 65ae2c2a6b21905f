use serde_json::{Map, Value};

/// A text for people, in one or more languages.
///
/// A portal shows the text of its own language, else the English one; without either the label is
/// blank, which is why English is never missing from what the derives make.
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

    /// Pairs of a language's two letters and the text.
    #[must_use]
    pub const fn new(texts: &'static [(&'static str, &'static str)]) -> Self {
        Self { texts }
    }

    /// The pairs of language and text, as given.
    #[must_use]
    pub const fn texts(&self) -> &'static [(&'static str, &'static str)] {
        self.texts
    }

    /// The text of a language, its letters in any case.
    #[must_use]
    pub fn get(&self, language: &str) -> Option<&'static str> {
        let mut texts = self.texts.iter();
        texts
            .find(|(known, _)| known.eq_ignore_ascii_case(language))
            .map(|(_, text)| *text)
    }

    /// Languages in upper case, as the portal stores them in every version.
    pub(super) fn to_json(self) -> Value {
        let texts = self.texts.iter();
        let pairs = texts.map(|(language, text)| (language.to_uppercase(), Value::from(*text)));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
