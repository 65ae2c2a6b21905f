use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

impl Property for bool {
    const TYPE: PropertyType = PropertyType::Bool;

    /// An empty value that the call does carry is `false`: it is the third choice of the form of
    /// a flag that is not required.
    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        if received.is_present() && !received.is_set() {
            return Ok(false);
        }
        let text = received.text()?;
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

    /// `Y` or `N`, never `true`: the portal stores what it gets and compares with these.
    fn encode(&self, _: &Culture) -> Value {
        Value::from(if *self { "Y" } else { "N" })
    }
}
