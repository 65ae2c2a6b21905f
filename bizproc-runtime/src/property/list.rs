use super::{Culture, Property, Received, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Vec<T> {
    const TYPE: PropertyType = T::TYPE;
    /// A form cannot insist on a list unless `#[property(required)]` says so.
    const REQUIRED: bool = false;
    const MULTIPLE: bool = true;
    const OPTIONS: &'static [SelectOption] = T::OPTIONS;
    const RANGE: (i64, i64) = T::RANGE;
    const FAULT: Option<&'static str> = if T::MULTIPLE {
        Some(
            "` would be a list of lists, and a property holds one list; use `Vec` of a single value",
        )
    } else {
        T::FAULT
    };

    fn decode(received: Received<'_>) -> Result<Self, ValueError> {
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
