//! The values of properties, as calls carry them.

use super::{Culture, ValueError};
use crate::form::Node;

/// The value that a call carries for a property: a text, a list, or no value.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
/// use bizproc_runtime::property::{Culture, InputValue};
///
/// let form = Form::decode(b"tags[0]=a&tags[2]=b&name[0]=Anna&note=", &Limits::default());
/// let culture = Culture::default();
/// let input = |id| InputValue::new(form.get(id), &culture);
///
/// assert_eq!(input("name").text()?, "Anna"); // a list with one value is that value
/// assert_eq!(input("tags").items().count(), 2); // gaps are closed
/// assert!(input("note").text().is_err()); // an empty text is no value
/// assert!(!input("other").is_set());
/// # Ok::<_, bizproc_runtime::property::ValueError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct InputValue<'a> {
    node: Option<&'a Node<'a>>,
    culture: &'a Culture,
}

impl<'a> InputValue<'a> {
    /// Creates the value of a node, for a portal with this culture.
    #[must_use]
    pub fn new(node: Option<&'a Node<'a>>, culture: &'a Culture) -> Self {
        Self { node, culture }
    }

    /// The node as received, for types whose values are maps.
    #[must_use]
    pub fn node(self) -> Option<&'a Node<'a>> {
        self.node
    }

    /// The format of the portal's dates.
    #[must_use]
    pub fn culture(self) -> &'a Culture {
        self.culture
    }

    /// Whether there is a value: it is not missing, not `""`, and not a list of empty values.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.items().next().is_some()
    }

    /// Whether the call contains the property, even with an empty value.
    #[must_use]
    pub fn is_present(self) -> bool {
        self.node.is_some()
    }

    /// The text of the only value. A list with one value is that value.
    ///
    /// # Errors
    ///
    /// [`ValueError::missing`] if no value is set; another error, with the number of values, if there
    /// are several.
    pub fn text(self) -> Result<&'a str, ValueError> {
        let mut items = self.items();
        let first = items.next().ok_or_else(ValueError::missing)?;
        let more = items.count();
        if more > 0 {
            let received = format!("a list of {}", more + 1);
            return Err(ValueError::unexpected("one value", received));
        }
        match first.node {
            Some(Node::Text(text)) => Ok(text),
            _ => Err(ValueError::unexpected("one value", "a map".to_owned())),
        }
    }

    /// The values of a list in the order of their indexes, without the empty ones. A single value is a
    /// list of one.
    pub fn items(self) -> impl Iterator<Item = InputValue<'a>> {
        self.indexed_items().map(|(_, item)| item)
    }

    /// The values with their indexes, for which empty values count.
    pub(super) fn indexed_items(self) -> impl Iterator<Item = (usize, InputValue<'a>)> {
        let single = self.node.filter(|node| matches!(node, Node::Text(_)));
        let list = self.node.and_then(Node::as_array);
        single
            .into_iter()
            .chain(list.into_iter().flat_map(|array| array.items()))
            .enumerate()
            .filter(|(_, node)| !is_empty(node))
            .map(move |(index, node)| (index, InputValue::new(Some(node), self.culture)))
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    match node {
        Node::Text(text) => text.is_empty(),
        Node::Array(array) => array.is_empty(),
    }
}
