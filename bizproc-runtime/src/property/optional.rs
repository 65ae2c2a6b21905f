//! Properties that need not be set.

use super::{Culture, Details, InputValue, Property, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Option<T> {
    const TYPE: PropertyType = T::TYPE;
    const REQUIRED: bool = false;
    const MULTIPLE: bool = T::MULTIPLE;
    const OPTIONS: &'static [SelectOption] = T::OPTIONS;
    const DETAILS: Details = if T::DETAILS.optional {
        let fault = "` is optional twice, and a property is set or not; use one `Option`";
        T::DETAILS.fault(fault)
    } else {
        T::DETAILS.optional()
    };

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        if input.is_set() {
            T::decode(input).map(Some)
        } else {
            Ok(None)
        }
    }

    /// `None` is not sent: the return value keeps its default.
    fn encode(&self, culture: &Culture) -> Value {
        self.as_ref()
            .map_or(Value::Null, |value| value.encode(culture))
    }
}
