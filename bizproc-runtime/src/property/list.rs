//! Properties that hold several values.

use super::{Culture, Details, InputValue, Property, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Vec<T> {
    const TYPE: PropertyType = T::TYPE;
    /// A form requires a list only with `#[property(required)]`.
    const REQUIRED: bool = false;
    const MULTIPLE: bool = true;
    const OPTIONS: &'static [SelectOption] = T::OPTIONS;
    const DETAILS: Details = if T::MULTIPLE {
        let fault = "` would be a list of lists, and a property holds one list; use `Vec` of a \
                     single value";
        T::DETAILS.fault(fault)
    } else if T::DETAILS.optional {
        let fault = "` would be a list with gaps, and the portal closes them; use `Vec` without \
                     `Option`";
        T::DETAILS.fault(fault)
    } else {
        T::DETAILS
    };

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let mut values = Self::new();
        let mut faults = Vec::new();
        for (index, item) in input.indexed_items() {
            match T::decode(item) {
                Ok(value) => values.push(value),
                Err(error) => faults.push((index, error)),
            }
        }
        if faults.is_empty() {
            Ok(values)
        } else {
            Err(ValueError::items(faults))
        }
    }

    fn encode(&self, culture: &Culture) -> Value {
        self.iter().map(|value| value.encode(culture)).collect()
    }
}
