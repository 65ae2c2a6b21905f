//! The tree of a decoded body: PHP's texts and ordered arrays.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;

use super::fault::FaultKind;
use super::key::{Key, KeyRef, Path, Step};

/// A text or an array.
///
/// Its `Debug` output contains the structure and the lengths of texts, but no texts: a call carries
/// tokens.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
///
/// let form = Form::decode(b"auth[domain]=portal.example", &Limits::default());
/// let auth = form.get("auth").unwrap();
/// assert_eq!(auth.as_text(), None);
/// assert_eq!(auth.get("domain").and_then(|node| node.as_text()), Some("portal.example"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Node<'a> {
    /// A scalar; a form has no type but text.
    Text(Cow<'a, str>),
    /// An array, which `[..]` in keys creates.
    Array(Array<'a>),
}

impl<'a> Node<'a> {
    /// The text; `None` for an array.
    ///
    /// ```
    /// use bizproc_runtime::form::Node;
    ///
    /// assert_eq!(Node::Text("Y".into()).as_text(), Some("Y"));
    /// ```
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Array(_) => None,
        }
    }

    /// The array; `None` for a text.
    ///
    /// ```
    /// use bizproc_runtime::form::Node;
    ///
    /// assert!(Node::Text("Y".into()).as_array().is_none());
    /// ```
    #[must_use]
    pub fn as_array(&self) -> Option<&Array<'a>> {
        match self {
            Self::Text(_) => None,
            Self::Array(array) => Some(array),
        }
    }

    /// The element of an array under a key, as [`Array::get`]; `None` for a text.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"document_id[2]=DEAL_17", &Limits::default());
    /// let id = form.get("document_id").and_then(|id| id.get("2")).and_then(|id| id.as_text());
    /// assert_eq!(id, Some("DEAL_17"));
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_array()?.get(name)
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Array(array) => array.fmt(f),
        }
    }
}

/// A PHP array: elements under integer or text keys, in the order of their first insertion.
///
/// Two arrays are equal if they have equal elements under equal keys in the same order.
///
/// ```
/// use bizproc_runtime::form::{Form, Key, Limits};
///
/// let form = Form::decode(b"p[2]=c&p[x]=d&p[]=e", &Limits::default());
/// let array = form.get("p").and_then(|node| node.as_array()).unwrap();
/// let keys: Vec<_> = array.iter().map(|(key, _)| key.clone()).collect();
/// assert_eq!(keys, [Key::Index(2), Key::from("x"), Key::Index(3)]);
/// ```
#[derive(Clone, Default)]
pub struct Array<'a> {
    elements: IndexMap<Key<'a>, Node<'a>>,
    /// One more than the greatest index so far; `None` before the first index.
    next: Option<i64>,
}

impl<'a> Array<'a> {
    /// The number of elements.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// assert_eq!(Form::decode(b"a=1&b=2", &Limits::default()).root().len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether the array is empty.
    ///
    /// ```
    /// use bizproc_runtime::form::Array;
    ///
    /// assert!(Array::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Whether the keys are 0, 1, 2… in this order, as PHP's `array_is_list`; true for an empty array.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// assert!(Form::decode(b"0=a&1=b", &Limits::default()).root().is_list());
    /// assert!(!Form::decode(b"1=b&0=a", &Limits::default()).root().is_list());
    /// ```
    #[must_use]
    pub fn is_list(&self) -> bool {
        (0_i64..)
            .zip(self.elements.keys())
            .all(|(at, key)| *key == Key::Index(at))
    }

    /// Iterates over keys and elements, in the order of their first insertion.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"b=1&a=2&b=3", &Limits::default());
    /// let pairs: Vec<_> =
    ///     form.root().iter().map(|(key, node)| (key.to_string(), node.as_text())).collect();
    /// assert_eq!(pairs, [("b".to_owned(), Some("3")), ("a".to_owned(), Some("2"))]);
    /// ```
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key<'a>, &Node<'a>)> {
        self.elements.iter()
    }

    /// The elements as the values of a list.
    ///
    /// PHP leaves null elements out of a form, and the others keep their indexes: here the values are
    /// sorted by index, and the gaps are closed. An array with a text key keeps its order.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"p[2]=b&p[0]=a", &Limits::default());
    /// let items = form.get("p").and_then(|node| node.as_array()).unwrap().items();
    /// assert_eq!(items.iter().map(|node| node.as_text()).collect::<Vec<_>>(), [Some("a"), Some("b")]);
    /// ```
    #[must_use]
    pub fn items(&self) -> Vec<&Node<'a>> {
        let indexed: Option<Vec<_>> = self
            .elements
            .iter()
            .map(|(key, node)| match key {
                Key::Index(index) => Some((*index, node)),
                Key::Name(_) => None,
            })
            .collect();
        let Some(mut indexed) = indexed else {
            return self.elements.values().collect();
        };
        indexed.sort_by_key(|(index, _)| *index);
        indexed.into_iter().map(|(_, node)| node).collect()
    }

    /// The element under a key that is given as text; `"7"` is the index 7, as in PHP.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"7=a&07=b", &Limits::default());
    /// assert_eq!(form.root().get("7").and_then(|node| node.as_text()), Some("a"));
    /// assert_eq!(form.root().get("07").and_then(|node| node.as_text()), Some("b"));
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.elements.get(&KeyRef::from(name))
    }

    /// The element under an integer key.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"7=a", &Limits::default());
    /// assert_eq!(form.root().get_index(7).and_then(|node| node.as_text()), Some("a"));
    /// ```
    #[must_use]
    pub fn get_index(&self, index: i64) -> Option<&Node<'a>> {
        self.elements.get(&KeyRef::Index(index))
    }

    /// The index that the next `[]` gets; `None` if the greatest possible index is in use.
    ///
    /// It is one more than the greatest index, also for negative ones: in PHP 8.2, `parse_str` already
    /// continues from `-5` with `-4`, as arrays in scripts do since PHP 8.3.
    ///
    /// ```
    /// use bizproc_runtime::form::{Array, Form, Limits};
    ///
    /// assert_eq!(Array::default().next_index(), Some(0));
    /// assert_eq!(Form::decode(b"-5=a", &Limits::default()).root().next_index(), Some(-4));
    /// ```
    #[must_use]
    pub fn next_index(&self) -> Option<i64> {
        match self.next {
            None => Some(0),
            Some(i64::MAX) if self.get_index(i64::MAX).is_some() => None,
            next => next,
        }
    }

    /// Inserts a text at the path, adds the number of created arrays to `created`, and returns what is
    /// wrong.
    pub(super) fn place(
        &mut self,
        path: Path<'a>,
        text: Cow<'a, str>,
        created: &mut usize,
    ) -> Option<FaultKind> {
        let mut reshaped = false;
        let mut array = self;
        for step in path.parents {
            let Some((child, was_text)) = array.child(step, created) else {
                return Some(FaultKind::NoFreeIndex);
            };
            reshaped |= was_text;
            array = child;
        }
        let Some(last) = path.last else {
            return Some(FaultKind::ReservedName);
        };
        let Some(key) = array.key(last) else {
            return Some(FaultKind::NoFreeIndex);
        };
        match array.put(key, Node::Text(text)) {
            Some(Node::Array(old)) if !old.is_empty() => Some(FaultKind::Reshaped),
            Some(Node::Text(_)) => Some(FaultKind::Repeated),
            _ if reshaped => Some(FaultKind::Reshaped),
            _ => None,
        }
    }

    /// The number of arrays that the steps would create.
    pub(super) fn missing(&self, parents: &[Step<'a>]) -> usize {
        let mut array = self;
        for (passed, step) in parents.iter().enumerate() {
            let next = match step {
                Step::Append => None,
                Step::To(key) => array.elements.get(key).and_then(Node::as_array),
            };
            match next {
                Some(child) => array = child,
                None => return parents.len() - passed,
            }
        }
        0
    }

    /// Sets an element and returns the previous one, whose place it takes.
    pub(super) fn put(&mut self, key: Key<'a>, node: Node<'a>) -> Option<Node<'a>> {
        self.count(&key);
        self.elements.insert(key, node)
    }

    /// The array at a step, which is created if there is none, and whether it has replaced a text.
    fn child(&mut self, step: Step<'a>, created: &mut usize) -> Option<(&mut Self, bool)> {
        let key = self.key(step)?;
        self.count(&key);
        let mut new_array = || {
            *created = created.saturating_add(1);
            Node::Array(Self::default())
        };
        let node = self.elements.entry(key).or_insert_with(&mut new_array);
        let was_text = matches!(node, Node::Text(_));
        if was_text {
            *node = new_array();
        }
        match node {
            Node::Array(array) => Some((array, was_text)),
            Node::Text(_) => None,
        }
    }

    /// The key of a step; `None` if there is no free index.
    fn key(&self, step: Step<'a>) -> Option<Key<'a>> {
        match step {
            Step::Append => self.next_index().map(Key::Index),
            Step::To(key) => Some(key),
        }
    }

    /// Updates the next index for a key that is set.
    fn count(&mut self, key: &Key<'a>) {
        if let Key::Index(index) = key {
            self.next = self.next.max(Some(index.saturating_add(1)));
        }
    }
}

impl PartialEq for Array<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Array<'_> {}

impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (key, node) in self.iter() {
            match key {
                Key::Index(index) => map.entry(index, node),
                Key::Name(name) => map.entry(name, node),
            };
        }
        map.finish()
    }
}
