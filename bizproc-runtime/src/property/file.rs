use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// A file of the portal, by its number.
///
/// Robots receive and return only this number, never contents or an address. The property type is
/// documented since 2026 and not offered by older portals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileRef(pub u64);

impl Property for FileRef {
    const TYPE: PropertyType = PropertyType::File;

    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        let text = received.text()?;
        let number = text.trim().parse().map(Self);
        number.map_err(|_| ValueError::expected("the number of a file", text))
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.0)
    }
}
