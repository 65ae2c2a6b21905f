//! `file` as the number of a file.

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// The number of a file on the portal.
///
/// Robots receive and return this number only, never the contents or an address. The platform
/// documents the property type since 2026; older portals do not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileRef(pub u64);

impl Property for FileRef {
    const TYPE: PropertyType = PropertyType::File;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let text = input.text()?;
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_| ValueError::expected("the number of a file", text))
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.0)
    }
}
