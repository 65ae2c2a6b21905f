//! JSON bodies, decoded into the tree of a form with the same values.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fault::{FaultKind, Faults};
use super::key::Key;
use super::limits::Limits;
use super::tree::{Array, Node};

/// The error of a JSON body that cannot be read.
///
/// It quotes no part of the body, which may contain tokens.
///
/// ```
/// use bizproc_runtime::form::{Form, JsonErrorKind, Limits};
///
/// let error = Form::from_json(b"[1, 2]", &Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), JsonErrorKind::NotAnObject);
/// assert!(error.to_string().contains("only a JSON object is allowed"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    kind: JsonErrorKind,
}

/// The reason why a JSON body cannot be read.
///
/// ```
/// use bizproc_runtime::form::{Form, JsonErrorKind, Limits};
///
/// let error = Form::from_json(b"{\"code\": }", &Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), JsonErrorKind::Syntax { line: 1, column: 10 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The body is not UTF-8.
    NotUtf8 {
        /// The index of the first wrong byte, from 0.
        at: usize,
    },
    /// The body is not JSON.
    Syntax {
        /// The line of the error, from 1.
        line: usize,
        /// The column of the error in bytes, from 1; 0 is the end of the previous line.
        column: usize,
    },
    /// The body is JSON, but not an object.
    NotAnObject,
    /// A text contains a `\u` escape of half a character.
    LoneSurrogate,
}

impl JsonError {
    /// The reason why the body cannot be read.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, JsonErrorKind, Limits};
    ///
    /// let error = Form::from_json(b"{\xFF", &Limits::default()).unwrap_err();
    /// assert_eq!(error.kind(), JsonErrorKind::NotUtf8 { at: 1 });
    /// ```
    #[must_use]
    pub fn kind(&self) -> JsonErrorKind {
        self.kind
    }
}

impl From<JsonErrorKind> for JsonError {
    fn from(kind: JsonErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body cannot be read as JSON: ")?;
        match self.kind {
            JsonErrorKind::NotUtf8 { at } => {
                write!(
                    f,
                    "byte {at} is not UTF-8; only UTF-8 is allowed, convert the body"
                )
            }
            JsonErrorKind::Syntax { line, column } => write!(
                f,
                "syntax error in line {line}, column {column}; only a JSON object is allowed, \
                 correct it or send a form with its own content type",
            ),
            JsonErrorKind::NotAnObject => f.write_str(
                "it is not an object; only a JSON object is allowed, send the fields of the call \
                 by name",
            ),
            JsonErrorKind::LoneSurrogate => f.write_str(
                "a `\\u` escape is half a character; only whole pairs of surrogates are allowed, \
                 send the text as UTF-8",
            ),
        }
    }
}

impl std::error::Error for JsonError {}

/// Decodes a body into the tree and the faults met on the way.
pub(super) fn decode(body: &[u8], limits: &Limits) -> Result<(Array<'static>, Faults), JsonError> {
    let json = std::str::from_utf8(body).map_err(|error| JsonErrorKind::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    serde_json::from_str::<IgnoredAny>(json).map_err(|error| JsonErrorKind::Syntax {
        line: error.line(),
        column: error.column(),
    })?;
    if !json.trim_start().starts_with('{') {
        return Err(JsonErrorKind::NotAnObject.into());
    }
    let quoted = quote_numbers(json);
    let mut reader = Reader {
        limits,
        faults: Faults::default(),
        texts: 0,
        arrays: 0,
        full: false,
    };
    let seed = Seed {
        reader: &mut reader,
        depth: 0,
        trail: None,
    };
    // The first pass has checked the syntax, but not the escapes: no other error is possible here.
    let node = seed
        .deserialize(&mut serde_json::Deserializer::from_str(&quoted))
        .map_err(|_| JsonErrorKind::LoneSurrogate)?;
    let root = match node {
        Some(Node::Array(root)) => root,
        _ => Array::default(),
    };
    Ok((root, reader.faults))
}

/// Puts the numbers of a valid JSON document into quotes.
///
/// The parser would convert a number to an `f64` or an integer, and lose its text. Its remedy, the
/// feature `arbitrary_precision`, changes the parser for the whole program.
fn quote_numbers(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut in_text = false;
    let mut escaped = false;
    let mut in_number = false;
    for c in json.chars() {
        let number = !in_text
            && (matches!(c, '0'..='9' | '-') || in_number && matches!(c, '+' | '.' | 'e' | 'E'));
        if number != in_number {
            out.push('"');
            in_number = number;
        }
        if c == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && c == '\\' && !escaped;
        out.push(c);
    }
    if in_number {
        out.push('"');
    }
    out
}

/// The state of a decoding.
struct Reader<'r> {
    limits: &'r Limits,
    faults: Faults,
    texts: usize,
    arrays: usize,
    full: bool,
}

/// The path of names to a value, innermost first.
#[derive(Clone, Copy)]
struct Trail<'t> {
    name: &'t str,
    parent: Option<&'t Self>,
}

impl Trail<'_> {
    /// The path as the key of a form.
    fn path(&self) -> Vec<u8> {
        match self.parent {
            None => self.name.as_bytes().to_vec(),
            Some(parent) => [parent.path().as_slice(), b"[", self.name.as_bytes(), b"]"].concat(),
        }
    }
}

/// Decodes one value; `None` is a value that a form leaves out.
struct Seed<'s, 'r> {
    reader: &'s mut Reader<'r>,
    depth: usize,
    trail: Option<&'s Trail<'s>>,
}

impl<'r> Seed<'_, 'r> {
    fn record(&mut self, kind: FaultKind) {
        let trail = self.trail;
        self.reader
            .faults
            .record(kind, || trail.map(Trail::path).unwrap_or_default());
    }

    fn text(mut self, text: String) -> Option<Node<'static>> {
        let allowed = self.reader.limits.pairs;
        if self.reader.texts < allowed {
            self.reader.texts += 1;
            return Some(Node::Text(text.into()));
        }
        if !self.reader.full {
            self.record(FaultKind::TooManyPairs { allowed });
        }
        self.reader.full = true;
        None
    }

    /// Whether the elements of this array may be read; if not, the fault is recorded.
    fn may_enter(&mut self) -> bool {
        let depth = self.reader.limits.effective_depth();
        let arrays = self.reader.limits.arrays;
        if self.reader.full {
            return false;
        }
        if self.depth > depth {
            self.record(FaultKind::TooDeep { allowed: depth });
            return false;
        }
        // The root does not count: no key of a form creates it.
        self.reader.arrays += usize::from(self.depth > 0);
        if self.reader.arrays > arrays {
            self.record(FaultKind::TooManyArrays { allowed: arrays });
            return false;
        }
        true
    }

    fn child<'c>(&'c mut self, trail: &'c Trail<'c>) -> Seed<'c, 'r> {
        Seed {
            reader: self.reader,
            depth: self.depth + 1,
            trail: Some(trail),
        }
    }

    /// Whether the name is short enough; if not, the fault is recorded.
    fn name_fits(&mut self, name: &str) -> bool {
        let bytes = name.len();
        let allowed = self.reader.limits.key_bytes;
        if bytes > allowed {
            let trail = Trail {
                name,
                parent: self.trail,
            };
            self.child(&trail)
                .record(FaultKind::KeyTooLong { bytes, allowed });
        }
        bytes <= allowed
    }
}

/// An array, which a form leaves out if it is empty.
fn non_empty(elements: Array<'static>) -> Option<Node<'static>> {
    (!elements.is_empty()).then_some(Node::Array(elements))
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Option<Node<'static>>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Option<Node<'static>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value with its numbers quoted")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.text(if value { "1" } else { "0" }.to_owned()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Array::default();
        if self.may_enter() {
            for index in 0_i64.. {
                let name = index.to_string();
                let trail = Trail {
                    name: &name,
                    parent: self.trail,
                };
                match list.next_element_seed(self.child(&trail))? {
                    Some(Some(node)) => drop(elements.put(Key::Index(index), node)),
                    Some(None) => {}
                    None => break,
                }
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(non_empty(elements))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut elements = Array::default();
        if self.may_enter() {
            while let Some(name) = map.next_key::<String>()? {
                if !self.name_fits(&name) {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                let trail = Trail {
                    name: &name,
                    parent: self.trail,
                };
                let Some(node) = map.next_value_seed(self.child(&trail))? else {
                    continue;
                };
                if elements.put(Key::from(name.clone()), node).is_some() {
                    self.child(&trail).record(FaultKind::Repeated);
                }
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(non_empty(elements))
    }
}
