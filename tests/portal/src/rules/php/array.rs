use indexmap::IndexMap;

use crate::rules::php::value::Value;

/// A key of a PHP array: text that spells a whole number is that number.
///
/// ```
/// use bizproc_portal::php::Key;
///
/// assert_eq!(Key::from("7"), Key::Int(7));
/// assert_eq!(Key::from("07"), Key::Text("07".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A whole number.
    Int(i64),
    /// Any other text.
    Text(String),
}

impl Key {
    /// The key as text, as a form or a JSON object spells it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        // Only the canonical spelling counts: "01", "+1" and "-0" stay text.
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Self::Int(number),
            _ => Self::Text(text.to_owned()),
        }
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A PHP array: a list and a map in one, in order of insertion.
///
/// ```
/// use bizproc_portal::php::{Array, Value};
///
/// let mut array = Array::new();
/// array.push("first");
/// array.insert("name", "second");
/// assert_eq!(array.at(0), Some(&Value::from("first")));
/// assert_eq!(array.get("name"), Some(&Value::from("second")));
/// assert!(!array.is_list());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Array(IndexMap<Key, Value>);

impl Array {
    /// An array without elements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(&Key::from(key))
    }

    /// The value under a key, unless it is missing or null: PHP's `isset`.
    #[must_use]
    pub fn isset(&self, key: &str) -> Option<&Value> {
        self.get(key).filter(|value| !matches!(value, Value::Null))
    }

    /// The value under a number.
    #[must_use]
    pub fn at(&self, index: i64) -> Option<&Value> {
        self.0.get(&Key::Int(index))
    }

    /// Sets a value; a key that is there keeps its place.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    /// Adds a value under the number after the highest one: PHP's `$array[] = …`.
    ///
    /// Nothing is added after the highest 64-bit number, which has no successor.
    pub fn push(&mut self, value: impl Into<Value>) {
        if let Some(next) = self.next_index() {
            self.0.insert(Key::Int(next), value.into());
        }
    }

    /// Removes a value, and keeps the order of the others.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(&Key::from(key))
    }

    /// The value under a key (`None`: under the next number, if there is one), made null if it was
    /// not there.
    pub(crate) fn entry(&mut self, key: Option<Key>) -> Option<&mut Value> {
        let key = match key {
            Some(key) => key,
            None => Key::Int(self.next_index()?),
        };
        Some(self.0.entry(key).or_insert(Value::Null))
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter()
    }

    /// The values in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.values()
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the keys are 0, 1, 2 … in this order; an empty array is a list too.
    #[must_use]
    pub fn is_list(&self) -> bool {
        (0_i64..)
            .zip(self.0.keys())
            .all(|(index, key)| *key == Key::Int(index))
    }

    fn next_index(&self) -> Option<i64> {
        let highest = self.0.keys().filter_map(|key| match key {
            Key::Int(number) => Some(*number),
            Key::Text(_) => None,
        });
        highest
            .max()
            .map_or(Some(0), |number| number.checked_add(1))
    }
}

impl IntoIterator for Array {
    type Item = (Key, Value);
    type IntoIter = indexmap::map::IntoIter<Key, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Into<Key>, V: Into<Value>> FromIterator<(K, V)> for Array {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

/// A list of values.
impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        (0_i64..).zip(values).collect()
    }
}
