use super::{Culture, ValueError};
use crate::form::Node;

/// What a call carries for one property: a text, a list, or nothing.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
/// use bizproc_runtime::property::{Culture, InputValue};
///
/// let form = Form::decode(b"tags[0]=a&tags[2]=b&name[0]=Anna&note=", &Limits::default());
/// let culture = Culture::default();
/// let received = |id| InputValue::new(form.get(id), &culture);
///
/// assert_eq!(received("name").text()?, "Anna"); // a list of one is that one
/// assert_eq!(received("tags").items().count(), 2); // gaps close
/// assert!(received("note").text().is_err()); // empty is not set
/// assert!(!received("other").is_set());
/// # Ok::<_, bizproc_runtime::property::ValueError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct InputValue<'a> {
    node: Option<&'a Node<'a>>,
    culture: &'a Culture,
}

impl<'a> InputValue<'a> {
    /// What `node` holds, to be read in this culture.
    #[must_use]
    pub fn new(node: Option<&'a Node<'a>>, culture: &'a Culture) -> Self {
        Self { node, culture }
    }

    /// The node as it came, for types whose values are maps.
    #[must_use]
    pub fn node(self) -> Option<&'a Node<'a>> {
        self.node
    }

    /// How this portal writes dates.
    #[must_use]
    pub fn culture(self) -> &'a Culture {
        self.culture
    }

    /// Whether there is a value at all: not missing, not `""`, not a list of such.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.items().next().is_some()
    }

    /// Whether the call mentions the property at all, be it with an empty value.
    #[must_use]
    pub fn is_present(self) -> bool {
        self.node.is_some()
    }

    /// The one text. A list with one value is that value.
    ///
    /// # Errors
    ///
    /// [`ValueError::missing`] when nothing is set; an error that counts the values when there are
    /// several.
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

    /// The values of a list, in the order of their indexes, the empty ones left out. One value
    /// that is no list is a list of one.
    pub fn items(self) -> impl Iterator<Item = InputValue<'a>> {
        self.indexed_items().map(|(_, item)| item)
    }

    /// The values with their places, the empty ones counted.
    pub(super) fn indexed_items(self) -> impl Iterator<Item = (usize, InputValue<'a>)> {
        let one = self.node.filter(|node| matches!(node, Node::Text(_)));
        let many = self.node.and_then(Node::as_array).into_iter();
        let nodes = one
            .into_iter()
            .chain(many.flat_map(|array| array.items()))
            .enumerate();
        let nodes = nodes.filter(|(_, node)| !is_empty(node));
        nodes.map(move |(index, node)| {
            let node = Some(node);
            (
                index,
                InputValue {
                    node,
                    culture: self.culture,
                },
            )
        })
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    match node {
        Node::Text(text) => text.is_empty(),
        Node::Array(array) => array.is_empty(),
    }
}
