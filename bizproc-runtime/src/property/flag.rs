//! `bool`.

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

impl Property for bool {
    const TYPE: PropertyType = PropertyType::Bool;

    /// An empty value is `false`, unlike a missing one: it is the third choice that the form offers if
    /// the property is not required.
    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        if input.is_present() && !input.is_set() {
            return Ok(false);
        }
        let text = input.text()?;
        match text.trim() {
            yes if ["Y", "1", "true"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(yes)) =>
            {
                Ok(true)
            }
            no if ["N", "0", "false"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(no)) =>
            {
                Ok(false)
            }
            _ => Err(ValueError::expected("`Y` or `N`", text)),
        }
    }

    /// `Y` or `N`, never `true`: the portal stores the text as it is and compares it with these two.
    fn encode(&self, _: &Culture) -> Value {
        Value::from(if *self { "Y" } else { "N" })
    }
}
