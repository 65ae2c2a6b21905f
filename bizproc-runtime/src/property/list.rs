use super::{Culture, Details, InputValue, Property, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Vec<T> {
    const TYPE: PropertyType = T::TYPE;
    /// A form cannot insist on a list unless `#[property(required)]` says so.
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

    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        let (mut values, mut faults) = (Self::new(), Vec::new());
        for (index, item) in received.indexed_items() {
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
