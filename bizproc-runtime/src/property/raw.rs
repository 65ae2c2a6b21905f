//! Values of types that the crate does not know.

use serde_json::Map;

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;
use crate::form::Node;

/// The value as received, for types that only some documents have: texts, lists and maps of texts.
/// With `#[property(type = "…")]` the property has that type.
///
/// ```
/// use bizproc_runtime::Robot;
/// use bizproc_runtime::property::Value;
///
/// /// Notify
/// #[derive(Robot)]
/// #[robot(code = "acme_notify")]
/// struct Notify {
///     /// E-mail addresses, each with its purpose
///     #[property(type = "email")]
///     addresses: Value,
/// }
/// ```
impl Property for Value {
    const TYPE: PropertyType = PropertyType::String;
    const REQUIRED: bool = false;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        Ok(input.node().map_or(Self::Null, to_json))
    }

    fn encode(&self, _: &Culture) -> Value {
        self.clone()
    }
}

fn to_json(node: &Node<'_>) -> Value {
    match node {
        Node::Text(text) => Value::from(&**text),
        Node::Array(array) if array.is_list() => array.items().into_iter().map(to_json).collect(),
        Node::Array(array) => {
            let entries: Map<_, _> = array
                .iter()
                .map(|(key, node)| (key.to_string(), to_json(node)))
                .collect();
            Value::Object(entries)
        }
    }
}
