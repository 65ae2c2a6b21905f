//! `double` as the exact decimal of `rust_decimal` 1: what money is.

use rust_decimal::Decimal;

use super::number::plain;
use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

impl Property for Decimal {
    const TYPE: PropertyType = PropertyType::Double;

    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        let text = received.text()?;
        let plain = plain(text);
        let number = Self::from_str_exact(&plain).or_else(|_| Self::from_scientific(&plain));
        number.map_err(|_| ValueError::expected("a decimal number of at most 28 digits", text))
    }

    /// As text: a JSON number would pass through a binary fraction.
    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.to_string())
    }
}
