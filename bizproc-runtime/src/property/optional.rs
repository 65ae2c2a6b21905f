use super::{Culture, Property, Received, Value, ValueError};
use crate::definition::{PropertyType, SelectOption};

impl<T: Property> Property for Option<T> {
    const TYPE: PropertyType = T::TYPE;
    const REQUIRED: bool = false;
    const MULTIPLE: bool = T::MULTIPLE;
    const OPTIONS: &'static [SelectOption] = T::OPTIONS;
    const RANGE: (i64, i64) = T::RANGE;
    const FAULT: Option<&'static str> = if T::REQUIRED || T::MULTIPLE {
        T::FAULT
    } else {
        Some("` is optional twice, and a property is set or not; use one `Option`")
    };

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
