use super::{InputValue, Property, Value, ValueError};
/// An enum whose variants are the options of a `select` property; derive it.
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
    /// The key of this option.
    fn key(&self) -> &'static str;

    /// The option with this key.
    fn from_key(key: &str) -> Option<Self>;
}

/// [`Property::decode`] of an enum of options: the key, exactly.
///
/// # Errors
///
/// When the text is none of the keys; the error lists them.
pub fn decode_select<T: Select>(received: InputValue<'_>) -> Result<T, ValueError> {
    let text = received.text()?;
    T::from_key(text).ok_or_else(|| {
        let keys = T::OPTIONS.iter().map(|option| option.key);
        let keys = keys.collect::<Vec<_>>().join("`, `");
        ValueError::expected(format!("one of `{keys}`"), text)
    })
}

/// [`Property::encode`] of an enum of options: the key.
pub fn encode_select<T: Select>(value: &T) -> Value {
    Value::from(value.key())
}
