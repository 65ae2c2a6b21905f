use serde_json::{Map, Number};

use crate::rules::php::array::{Array, Key};
use crate::rules::php::number;

/// A value as PHP holds it.
///
/// ```
/// use bizproc_portal::php::Value;
///
/// assert!(!Value::from("0").is_truthy());
/// assert!(Value::from("0.0").is_truthy());
/// assert_eq!(Value::from("12 apples").to_int(), 12);
/// assert_eq!(Value::Bool(true).to_text(), "1");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or one too large for 64 bits.
    Float(f64),
    /// Text; invalid UTF-8 was replaced when it was read.
    Text(String),
    /// A list or a map.
    Array(Array),
}

impl Value {
    /// A list of texts.
    pub(crate) fn list<Text: AsRef<str>>(texts: impl IntoIterator<Item = Text>) -> Self {
        let values = texts.into_iter().map(|text| Self::from(text.as_ref()));
        Self::Array(values.collect())
    }

    /// PHP's `!empty(…)`: everything but null, `false`, zero, `""`, `"0"` and `[]`.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(flag) => *flag,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !(text.is_empty() || text == "0"),
            Self::Array(array) => !array.is_empty(),
        }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// PHP's `(string)`; an array is the word `Array`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null | Self::Bool(false) => String::new(),
            Self::Bool(true) => "1".to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => number::display(*number),
            Self::Text(text) => text.clone(),
            Self::Array(_) => "Array".to_owned(),
        }
    }

    /// PHP's `(int)`: the number that text begins with, else 0.
    #[must_use]
    pub fn to_int(&self) -> i64 {
        match self {
            Self::Null => 0,
            Self::Bool(flag) => i64::from(*flag),
            Self::Int(number) => *number,
            Self::Float(number) => number::truncate(*number),
            Self::Text(text) => number::leading_int(text),
            Self::Array(array) => i64::from(!array.is_empty()),
        }
    }

    /// As PHP's `json_encode` writes it: an empty map is `[]`, `1.0` is `1`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(flag) => (*flag).into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => float_to_json(*number),
            Self::Text(text) => text.as_str().into(),
            Self::Array(array) if array.is_list() => array.values().map(Self::to_json).collect(),
            Self::Array(array) => array
                .iter()
                .map(|(key, value)| (key.to_text(), value.to_json()))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}

fn float_to_json(number: f64) -> serde_json::Value {
    let whole = number::truncate(number);
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return whole.into();
    }
    Number::from_f64(number).map_or(serde_json::Value::Null, Into::into)
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(flag),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map(Self::Int)
                .or_else(|| number.as_f64().map(Self::Float))
                .unwrap_or_default(),
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => {
                Self::Array(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(map) => Self::Array(
                map.into_iter()
                    .map(|(key, value)| (Key::from(key.as_str()), Self::from(value)))
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Counts; one beyond 64 bits is the highest number.
impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}
