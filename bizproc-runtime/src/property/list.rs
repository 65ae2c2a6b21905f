use super::{Culture, Property, Received, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Vec<T> {
    const TYPE: PropertyType = T::TYPE;
    /// A form cannot insist on a list unless `#[property(required)]` says so.
    const REQUIRED: bool = false;
    const MULTIPLE: bool = {
        assert!(
            !T::MULTIPLE,
            "a property holds one list, not a list of lists; use `Vec<T>` of a single value"
        );
        true
    };
    const OPTIONS: &'static [SelectOption] = T::OPTIONS;

    fn decode(received: Received<'_>) -> Result<Self, ValueError> {
        let (mut values, mut faults) = (Self::new(), Vec::new());
        for (index, item) in received.items().enumerate() {
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
