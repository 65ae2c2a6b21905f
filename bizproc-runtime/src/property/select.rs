//! `select` as an enum.

use super::{InputValue, Property, Value, ValueError};

/// An enum whose variants are the options of a `select` property. Derive it.
///
/// ```
/// use bizproc_runtime::{Property as _, Select};
///
/// #[derive(Debug, PartialEq, Select)]
/// #[select(rename_all = "lowercase")]
/// enum Format {
///     /// PDF
///     Pdf,
///     /// Word document
///     Docx,
/// }
///
/// assert_eq!(Format::Docx.key(), "docx");
/// assert_eq!(Format::from_key("pdf"), Some(Format::Pdf));
/// assert_eq!(Format::OPTIONS[1].title, "Word document");
/// ```
pub trait Select: Property {
    /// The key of the option.
    fn key(&self) -> &'static str;

    /// The option with this key.
    fn from_key(key: &str) -> Option<Self>;
}

/// Implements [`Property::decode`] for an enum of options: the text must be one of the keys.
///
/// # Errors
///
/// The text is none of the keys; the error lists them.
pub fn decode_select<T: Select>(input: InputValue<'_>) -> Result<T, ValueError> {
    let text = input.text()?;
    T::from_key(text).ok_or_else(|| {
        let keys: Vec<_> = T::OPTIONS.iter().map(|option| option.key).collect();
        ValueError::expected(format!("one of `{}`", keys.join("`, `")), text)
    })
}

/// Implements [`Property::encode`] for an enum of options: the value is the key.
pub fn encode_select<T: Select>(value: &T) -> Value {
    Value::from(value.key())
}
