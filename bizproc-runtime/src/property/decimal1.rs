//! `double` as the exact decimal of `rust_decimal` 1, for sums of money.

use rust_decimal::Decimal;

use super::number::without_grouping;
use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

impl Property for Decimal {
    const TYPE: PropertyType = PropertyType::Double;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let text = input.text()?;
        let plain = without_grouping(text);
        Self::from_str_exact(&plain)
            .or_else(|_| Self::from_scientific(&plain))
            .map_err(|_| ValueError::expected("a decimal number of at most 28 digits", text))
    }

    /// As text: a JSON number would be converted to a binary fraction.
    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.to_string())
    }
}
