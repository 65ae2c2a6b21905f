use super::{Culture, Property, Received, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Option<T> {
    const TYPE: PropertyType = T::TYPE;
    const REQUIRED: bool = {
        assert!(
            T::REQUIRED || T::MULTIPLE,
            "an optional value cannot be optional once more; use one `Option`"
        );
        false
    };
    const MULTIPLE: bool = T::MULTIPLE;
    const OPTIONS: &'static [SelectOption] = T::OPTIONS;

    fn decode(received: Received<'_>) -> Result<Self, ValueError> {
        if received.is_set() {
            T::decode(received).map(Some)
        } else {
            Ok(None)
        }
    }

    /// `None` sends nothing: the return value keeps its default.
    fn encode(&self, culture: &Culture) -> Value {
        self.as_ref()
            .map_or(Value::Null, |value| value.encode(culture))
    }
}
