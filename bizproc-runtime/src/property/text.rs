//! `string` and `text`.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

impl Property for String {
    const TYPE: PropertyType = PropertyType::String;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        input.text().map(str::to_owned)
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.as_str())
    }
}

impl Property for Box<str> {
    const TYPE: PropertyType = PropertyType::String;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        input.text().map(Self::from)
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(&**self)
    }
}

impl Property for Cow<'_, str> {
    const TYPE: PropertyType = PropertyType::String;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        input.text().map(|text| Cow::Owned(text.to_owned()))
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(&**self)
    }
}

/// A text of several lines: its property type is `text`, while that of a `String` is `string`.
///
/// ```
/// use bizproc_runtime::Text;
///
/// let text = Text::from("two\nlines");
/// assert_eq!(text.lines().count(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(pub String);

impl Property for Text {
    const TYPE: PropertyType = PropertyType::Text;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        String::decode(input).map(Self)
    }

    fn encode(&self, culture: &Culture) -> Value {
        self.0.encode(culture)
    }
}

impl Deref for Text {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
