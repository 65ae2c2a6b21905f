//! Return values after a failure of the robot: those of the fields with `#[property(failure)]`.

use std::borrow::Cow;

use serde_json::{Map, json};

use super::{Culture, Field, InputValue, Text, Value};
use crate::form::{Form, Limits};

/// The maximum length, in characters, of an error's text as a return value. A longer text is cut, with
/// `…` as its last character.
///
/// The platform documents no limit. The texts appear in a document's fields and in messages, where a
/// stack trace is of no use; the program's own log has the whole text.
///
/// ```
/// use bizproc_runtime::ReturnValues;
/// use bizproc_runtime::property::{Culture, MAX_FAILURE_TEXT_CHARS};
///
/// #[derive(ReturnValues)]
/// struct Sent {
///     #[property(failure)]
///     error: String,
/// }
///
/// let values = Sent::failure(&"é".repeat(5_000), &Culture::default());
/// assert_eq!(values["error"].as_str().unwrap().chars().count(), MAX_FAILURE_TEXT_CHARS);
/// ```
pub const MAX_FAILURE_TEXT_CHARS: usize = 1_000;

/// A type that can hold the text of an error: the type of a field with `#[property(failure)]`.
///
/// ```
/// use bizproc_runtime::property::{Culture, FromErrorText};
/// use bizproc_runtime::{Property, ReturnValues};
///
/// #[derive(Property)]
/// struct Remark(String);
///
/// impl FromErrorText for Remark {
///     fn from_error_text(text: &str) -> Self {
///         Self(format!("failed: {text}"))
///     }
/// }
///
/// #[derive(ReturnValues)]
/// struct Sent {
///     #[property(failure)]
///     remark: Remark,
/// }
///
/// let values = Sent::failure("no paper", &Culture::default());
/// assert_eq!(values["remark"], "failed: no paper");
/// ```
#[diagnostic::on_unimplemented(
    message = "a return value of the type `{Self}` cannot hold the text of an error",
    label = "`failure` alone is the error's text, and `{Self}` is no text",
    note = "write the value after a failure: `failure = <value>`",
    note = "`failure` alone is for String, Box<str>, Cow<str>, Text and Option<T> of them; for a \
            type of your own implement `bizproc_runtime::property::FromErrorText`"
)]
pub trait FromErrorText {
    /// Creates the return value after a failure with this text, which has at most
    /// [`MAX_FAILURE_TEXT_CHARS`] characters.
    fn from_error_text(text: &str) -> Self;
}

impl FromErrorText for String {
    fn from_error_text(text: &str) -> Self {
        text.to_owned()
    }
}

impl FromErrorText for Box<str> {
    fn from_error_text(text: &str) -> Self {
        Self::from(text)
    }
}

impl FromErrorText for Cow<'_, str> {
    fn from_error_text(text: &str) -> Self {
        Cow::Owned(text.to_owned())
    }
}

impl FromErrorText for Text {
    fn from_error_text(text: &str) -> Self {
        Self::from(text)
    }
}

impl<T: FromErrorText> FromErrorText for Option<T> {
    fn from_error_text(text: &str) -> Self {
        Some(T::from_error_text(text))
    }
}

/// A type that may stand after `failure =` for a return value of the type `T`: `T` itself, the type
/// inside its `Option`, an array for a `Vec`, a `&str` for a text. Literals are allowed besides.
///
/// ```
/// use bizproc_runtime::property::Culture;
/// use bizproc_runtime::{ReturnValues, Select};
///
/// #[derive(Select)]
/// enum Status {
///     Paid,
///     Failed,
/// }
///
/// const NOT_PAID: u32 = 0;
///
/// #[derive(ReturnValues)]
/// struct Payment {
///     #[property(failure = Status::Failed)]
///     status: Option<Status>,
///     #[property(failure = NOT_PAID)]
///     cents: u32,
/// }
///
/// let values = Payment::failure("no money", &Culture::default());
/// assert_eq!(values["status"], "Failed");
/// assert_eq!(values["cents"], 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit a return value of the type `{T}`",
    label = "expected `{T}`, found `{Self}`",
    note = "after `failure =`, write a literal, a value of the field's type or of the type inside its \
            Option, or for a Vec a list of such values in brackets"
)]
pub trait IntoFailureValue<T> {
    /// Converts the value into the return value.
    fn into_failure_value(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> IntoFailureValue<T> for T {
    fn into_failure_value(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoFailureValue<Option<T>> for T {
    fn into_failure_value(self) -> Option<T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, const N: usize> IntoFailureValue<Vec<T>> for [T; N] {
    fn into_failure_value(self) -> Vec<T> {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T, const N: usize> IntoFailureValue<Option<Vec<T>>> for [T; N] {
    fn into_failure_value(self) -> Option<Vec<T>> {
        Some(self.into())
    }
}

/// Implements the trait for each type, and not for `T: FromErrorText`: then the compiler's message
/// about a wrong value would be the one about the text of an error.
macro_rules! texts {
    ($($text:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoFailureValue<$text> for &str {
            fn into_failure_value(self) -> $text {
                self.to_owned().into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoFailureValue<Option<$text>> for &str {
            fn into_failure_value(self) -> Option<$text> {
                Some(self.to_owned().into())
            }
        }
    )*};
}

texts!(String Box<str> Cow<'static, str> Text);

/// The return value of a field after a failure of the robot.
#[derive(Debug)]
pub(super) enum Failure<T> {
    /// The value is left unchanged.
    Unchanged,
    /// The text of the error.
    Text(fn(&str) -> T),
    /// A literal, in the platform's form.
    Literal(&'static str),
    /// A list of literals.
    Literals(&'static [&'static str]),
    /// The result of an expression.
    Value(fn() -> T),
}

impl<T> Field<T> {
    /// Sets the return value after a failure to what `make` creates from the error's text. The derives
    /// pass [`FromErrorText::from_error_text`].
    #[must_use]
    pub const fn failure_text(mut self, make: fn(&str) -> T) -> Self {
        self.failure = Failure::Text(make);
        self
    }

    /// Sets the return value after a failure to this literal. In a constant, a wrong literal is a
    /// compile error.
    #[must_use]
    #[track_caller]
    pub const fn failure_literal(mut self, literal: &'static str) -> Self {
        self.spec.check_failure(literal);
        self.failure = Failure::Literal(literal);
        self
    }

    /// Sets the return value after a failure to these literals, as [`Field::failure_literal`] does.
    #[must_use]
    #[track_caller]
    pub const fn failure_list(mut self, literals: &'static [&'static str]) -> Self {
        self.spec.check_failures(literals);
        self.failure = Failure::Literals(literals);
        self
    }

    /// Sets the return value after a failure to the result of `value`.
    #[must_use]
    pub const fn failure_value(mut self, value: fn() -> T) -> Self {
        self.failure = Failure::Value(value);
        self
    }

    /// The return value after a failure; `Null` leaves it unchanged.
    fn on_failure(&self, text: &str, culture: &Culture) -> Value {
        match self.failure {
            Failure::Unchanged => Value::Null,
            Failure::Text(make) => self.encode(&make(text), culture),
            Failure::Literal(literal) => self.encode_literal(json!(literal), culture),
            Failure::Literals(literals) => self.encode_literal(json!(literals), culture),
            Failure::Value(make) => self.encode(&make(), culture),
        }
    }

    /// Encodes a literal as the same value in a reply is encoded. A literal that the type cannot
    /// decode is sent as it is, such as an empty text, which clears the return value.
    fn encode_literal(&self, literal: Value, culture: &Culture) -> Value {
        let body = json!({"value": literal}).to_string();
        Form::from_json(body.as_bytes(), &Limits::default())
            .ok()
            .and_then(|form| {
                self.decode(InputValue::new(form.get("value"), culture))
                    .ok()
            })
            .map(|value| self.encode(&value, culture))
            .filter(|value| !value.is_null())
            .unwrap_or(literal)
    }
}

/// Encodes return values after a failure of the robot.
///
/// ```
/// use bizproc_runtime::definition::PropertyList;
/// use bizproc_runtime::property::{Culture, Encoder, FailureEncoder, Field, FromErrorText as _};
/// use bizproc_runtime::ReturnValues;
///
/// /// The same as with `#[derive(ReturnValues)]`, written by hand.
/// struct Sent;
///
/// const ERROR: Field<String> = Field::new("error").failure_text(String::from_error_text);
///
/// impl ReturnValues for Sent {
///     const PROPERTIES: PropertyList = PropertyList::new(&[ERROR.spec]);
///
///     fn encode(&self, encoder: &mut Encoder<'_>) {
///         encoder.field(&ERROR, &String::new());
///     }
///
///     fn encode_failure(encoder: &mut FailureEncoder<'_>) {
///         encoder.field(&ERROR);
///     }
/// }
///
/// assert_eq!(Sent::failure("no paper", &Culture::default())["error"], "no paper");
/// ```
#[derive(Debug)]
pub struct FailureEncoder<'a> {
    text: Cow<'a, str>,
    culture: &'a Culture,
    values: Map<String, Value>,
}

impl<'a> FailureEncoder<'a> {
    /// Creates an encoder for an error with this text and a portal with this culture.
    #[must_use]
    pub fn new(text: &'a str, culture: &'a Culture) -> Self {
        Self {
            text: shorten(text),
            culture,
            values: Map::new(),
        }
    }

    /// Adds the field, if it has a value after a failure.
    pub fn field<T>(&mut self, field: &Field<T>) {
        let value = field.on_failure(&self.text, self.culture);
        if !value.is_null() {
            self.values.insert(field.spec.id.to_owned(), value);
        }
    }

    /// The values, as `bizproc.event.send` expects them in `RETURN_VALUES`.
    #[must_use]
    pub fn into_values(self) -> Map<String, Value> {
        self.values
    }
}

/// Cuts the text to [`MAX_FAILURE_TEXT_CHARS`] characters.
fn shorten(text: &str) -> Cow<'_, str> {
    if text.chars().nth(MAX_FAILURE_TEXT_CHARS).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(MAX_FAILURE_TEXT_CHARS - 1);
    Cow::Owned(kept.chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for fits in ["", "short", &"ж".repeat(MAX_FAILURE_TEXT_CHARS)] {
            assert_eq!(shorten(fits), fits);
        }
        let long = "ж".repeat(MAX_FAILURE_TEXT_CHARS + 1);
        let short = shorten(&long);
        assert_eq!(short.chars().count(), MAX_FAILURE_TEXT_CHARS);
        assert!(short.ends_with("ж…"), "{short}");
    }

    fn sent<T>(field: &Field<T>) -> Option<Value> {
        let culture = Culture::default();
        let mut encoder = FailureEncoder::new("no paper", &culture);
        encoder.field(field);
        encoder.into_values().remove(field.spec.id)
    }

    #[test]
    fn a_literal_goes_out_as_a_reply_would_carry_it() {
        let number = Field::<u32>::new("a").failure_literal("7");
        assert_eq!(sent(&number), Some(json!(7)));
        let flag = Field::<Option<bool>>::new("a").failure_literal("N");
        assert_eq!(sent(&flag), Some(json!("N")));
        let double = Field::<f64>::new("a").failure_literal("0");
        assert_eq!(sent(&double), Some(json!(0.0)));
        let list = Field::<Vec<i8>>::new("a").failure_list(&["1", "-2"]);
        assert_eq!(sent(&list), Some(json!([1, -2])));
        let text = Field::<Text>::new("a").failure_literal("two\nlines");
        assert_eq!(sent(&text), Some(json!("two\nlines")));
    }

    #[test]
    fn nothing_as_a_literal_clears_the_output() {
        let number = Field::<Option<u32>>::new("a").failure_literal("");
        assert_eq!(sent(&number), Some(json!("")));
        let list = Field::<Option<Vec<u32>>>::new("a").failure_list(&[]);
        assert_eq!(sent(&list), Some(json!([])));
    }

    #[test]
    fn nothing_as_a_value_leaves_it_as_it_was() {
        let number = Field::<Option<u32>>::new("a").failure_value(|| None);
        assert_eq!(sent(&number), None);
        assert_eq!(sent(&Field::<String>::new("a")), None);
    }
}
