//! JSON bodies, read into the tree that the same values give as a form.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fault::{FaultKind, Faults};
use super::key::Key;
use super::limits::Limits;
use super::tree::{Array, Node};

/// A JSON body that cannot be read at all.
///
/// It quotes nothing of the body, which may hold tokens.
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

/// Why a JSON body cannot be read.
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
        /// The place of the first wrong byte, from 0.
        at: usize,
    },
    /// The body is not JSON.
    Syntax {
        /// The line of the error, from 1.
        line: usize,
        /// The column of the error in bytes, from 1; 0 is the end of the line before.
        column: usize,
    },
    /// The body is JSON but not an object.
    NotAnObject,
    /// A text has a `\u` escape of half a character.
    LoneSurrogate,
}

impl JsonError {
    /// Why the body cannot be read.
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

pub(super) fn read(body: &[u8], limits: &Limits) -> Result<(Array<'static>, Faults), JsonError> {
    let body = std::str::from_utf8(body).map_err(|error| JsonErrorKind::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    serde_json::from_str::<IgnoredAny>(body).map_err(|error| JsonErrorKind::Syntax {
        line: error.line(),
        column: error.column(),
    })?;
    if !body.trim_start().starts_with('{') {
        return Err(JsonErrorKind::NotAnObject.into());
    }
    let quoted = quote_numbers(body);
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
    // The syntax is known to be right, and escapes are all that was not looked at.
    let root = seed
        .deserialize(&mut serde_json::Deserializer::from_str(&quoted))
        .map_err(|_| JsonErrorKind::LoneSurrogate)?;
    let root = match root {
        Some(Node::Array(root)) => root,
        _ => Array::default(),
    };
    Ok((root, reader.faults))
}

/// Makes texts of the numbers in a valid JSON document.
///
/// A number would come out of the parser as an `f64` or an integer and lose the text it had; the
/// parser's own remedy for that is a feature that changes it for the whole program.
fn quote_numbers(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let (mut in_text, mut escaped, mut in_number) = (false, false, false);
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

struct Reader<'r> {
    limits: &'r Limits,
    faults: Faults,
    texts: usize,
    arrays: usize,
    full: bool,
}

/// The names that lead to a value, innermost first.
#[derive(Clone, Copy)]
struct Trail<'t> {
    name: &'t str,
    parent: Option<&'t Self>,
}

impl Trail<'_> {
    fn path(&self) -> Vec<u8> {
        match self.parent {
            None => self.name.as_bytes().to_vec(),
            Some(parent) => [parent.path().as_slice(), b"[", self.name.as_bytes(), b"]"].concat(),
        }
    }
}

/// Reads one value; `None` is a value that a form leaves out.
struct Seed<'s, 'r> {
    reader: &'s mut Reader<'r>,
    depth: usize,
    trail: Option<&'s Trail<'s>>,
}

impl<'r> Seed<'_, 'r> {
    fn note(&mut self, kind: FaultKind) {
        let trail = self.trail;
        self.reader
            .faults
            .note(kind, || trail.map(Trail::path).unwrap_or_default());
    }

    fn text(mut self, text: String) -> Option<Node<'static>> {
        let allowed = self.reader.limits.pairs;
        if self.reader.texts < allowed {
            self.reader.texts += 1;
            return Some(Node::Text(text.into()));
        }
        if !self.reader.full {
            self.note(FaultKind::TooManyPairs { allowed });
        }
        self.reader.full = true;
        None
    }

    /// Whether the elements of this array may be read, which is noted otherwise.
    fn may_enter(&mut self) -> bool {
        let (depth, arrays) = (
            self.reader.limits.depth_in_force(),
            self.reader.limits.arrays,
        );
        if self.reader.full {
            return false;
        }
        if self.depth > depth {
            self.note(FaultKind::TooDeep { allowed: depth });
            return false;
        }
        // The root is not an array that a key of a form would make.
        self.reader.arrays += usize::from(self.depth > 0);
        if self.reader.arrays > arrays {
            self.note(FaultKind::TooManyArrays { allowed: arrays });
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

    fn name_fits(&mut self, name: &str) -> bool {
        let (bytes, allowed) = (name.len(), self.reader.limits.key_bytes);
        if bytes > allowed {
            let trail = Trail {
                name,
                parent: self.trail,
            };
            self.child(&trail)
                .note(FaultKind::KeyTooLong { bytes, allowed });
        }
        bytes <= allowed
    }
}

fn array(elements: Array<'static>) -> Option<Node<'static>> {
    if elements.is_empty() {
        None
    } else {
        Some(Node::Array(elements))
    }
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
        Ok(array(elements))
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
                    self.child(&trail).note(FaultKind::Repeated);
                }
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(array(elements))
    }
}
