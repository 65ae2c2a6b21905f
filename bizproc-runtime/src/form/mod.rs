//! Decoding of forms with PHP's bracket nesting.
//!
//! A portal sends each call as `application/x-www-form-urlencoded`, nested as PHP nests it
//! (`properties[tags][0]=a`). [`Form::decode`] decodes such a body as PHP's own `parse_str` does, with
//! these differences:
//!
//! | | PHP | this crate |
//! |---|---|---|
//! | key or value is not UTF-8 | kept as bytes | pair skipped, [`FaultKind::NotUtf8`] |
//! | more than [`Limits::depth`] groups | the whole top-level name is dropped | pair skipped, [`FaultKind::TooDeep`] |
//! | more than [`Limits::key_bytes`] in a key | no limit | pair skipped, [`FaultKind::KeyTooLong`] |
//! | more than [`Limits::arrays`] arrays | no limit | pair skipped, [`FaultKind::TooManyArrays`] |
//! | more than [`Limits::pairs`] pairs | rest not read | rest not read, [`FaultKind::TooManyPairs`] |
//! | raw NUL byte in the body | ends the body in `parse_str`, counts as `%00` in `$_POST` | counts as `%00` |
//!
//! A skipped pair leaves no gap: a later `[]` gets the index that the pair would have had.
//!
//! Decoding never fails as a whole: [`Form::faults`] lists the pairs that could not be read.

mod fault;
mod json;
mod key;
mod limits;
mod pair;
#[cfg(test)]
mod tests;
mod tree;

pub use fault::{Fault, FaultKind};
pub use json::{JsonError, JsonErrorKind};
pub use key::Key;
pub use limits::{
    DEFAULT_ARRAYS, DEFAULT_DEPTH, DEFAULT_KEY_BYTES, DEFAULT_PAIRS, Limits, MAX_DEPTH,
};
pub use tree::{Array, Node};

use std::borrow::Cow;

use fault::Faults;
use pair::Pair;

/// A decoded body: its tree, and the faults met on the way.
///
/// Texts that need no decoding are borrowed from the body. The `Debug` output contains keys but no
/// values.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
///
/// let body = b"code=acme_md5&properties%5Btags%5D%5B0%5D=a+b&properties[tags][]=c";
/// let form = Form::decode(body, &Limits::default());
/// assert_eq!(form.get("code").and_then(|node| node.as_text()), Some("acme_md5"));
///
/// let tags = form.get("properties").and_then(|node| node.get("tags")).unwrap();
/// let tags: Vec<_> = tags.as_array().unwrap().items().iter().map(|node| node.as_text()).collect();
/// assert_eq!(tags, [Some("a b"), Some("c")]);
/// assert!(form.faults().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Form<'a> {
    root: Array<'a>,
    faults: Faults,
    /// The number of arrays that were created, including those that were replaced later.
    arrays: usize,
}

impl<'a> Form<'a> {
    /// Decodes a form; a pair that cannot be read is skipped and recorded as a fault.
    ///
    /// The time is linear in the length of the body, which the caller has to limit.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"=lost&properties[inputString]=text", &Limits::default());
    /// assert!(form.get("properties").is_some());
    /// assert_eq!(form.faults().len(), 1);
    /// ```
    #[must_use]
    pub fn decode(body: &'a [u8], limits: &Limits) -> Self {
        Self::decode_if(body, limits, |_| true)
    }

    /// Reads those pairs of a form body that are wanted; the others do not count.
    pub(crate) fn decode_if(
        body: &'a [u8],
        limits: &Limits,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Self {
        let mut form = Self::default();
        let pieces = body
            .split(|byte| *byte == b'&')
            .filter(|piece| !piece.is_empty() && is_wanted(piece));
        for (read, piece) in pieces.enumerate() {
            let pair = Pair::new(piece);
            if read == limits.pairs {
                let kind = FaultKind::TooManyPairs {
                    allowed: limits.pairs,
                };
                form.faults.record(kind, || pair.key().to_vec());
                break;
            }
            if let Some(kind) = form.insert(&pair, limits) {
                form.faults.record(kind, || pair.key().to_vec());
            }
        }
        form
    }

    /// Decodes a JSON object into the tree of a form with the same values.
    ///
    /// Portals send forms; this is for tools that imitate a portal with JSON. As in PHP's
    /// `http_build_query`, `true` is `1`, `false` is `0`, and `null`, `[]` and `{}` are left out. A
    /// number keeps its text. Names are used as they are: brackets, dots and spaces have no special
    /// meaning.
    ///
    /// # Errors
    ///
    /// The body is not one JSON object; see [`JsonErrorKind`]. Members beyond a limit are faults, as
    /// in [`Form::decode`]: [`Limits::pairs`] limits the texts, [`Limits::key_bytes`] the length of
    /// each name.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let body = br#"{"code": "md5", "properties": {"sum": 1.10, "tags": ["x", null, true]}}"#;
    /// let form = Form::from_json(body, &Limits::default())?;
    /// let same = Form::decode(
    ///     b"code=md5&properties[sum]=1.10&properties[tags][0]=x&properties[tags][2]=1",
    ///     &Limits::default(),
    /// );
    /// assert_eq!(form.root(), same.root());
    /// # Ok::<(), bizproc_runtime::form::JsonError>(())
    /// ```
    pub fn from_json(body: &[u8], limits: &Limits) -> Result<Form<'static>, JsonError> {
        let (root, faults) = json::decode(body, limits)?;
        Ok(Form {
            root,
            faults,
            arrays: 0,
        })
    }

    /// The top-level node with this name.
    ///
    /// PHP replaces dots and spaces in top-level names by underscores: `a.b=1` has the name `a_b`.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode(b"workflow.id=1", &Limits::default());
    /// assert!(form.get("workflow_id").is_some());
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.root.get(name)
    }

    /// The whole tree.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// assert!(Form::decode(b"&&", &Limits::default()).root().is_empty());
    /// ```
    #[must_use]
    pub fn root(&self) -> &Array<'a> {
        &self.root
    }

    /// The faults of single pairs, in the order of the body.
    ///
    /// The first 64 are kept, at most 32 of them harmless; [`Form::omitted_faults`] counts the others.
    /// [`FaultKind::TooManyPairs`] is always kept.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, FaultKind, Limits};
    ///
    /// let form = Form::decode(b"a=1&a[b]=2", &Limits::default());
    /// assert_eq!(form.faults()[0].kind, FaultKind::Reshaped);
    /// ```
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        self.faults.kept()
    }

    /// The number of faults that are not kept in [`Form::faults`].
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let body = "=x&".repeat(100);
    /// assert_eq!(Form::decode(body.as_bytes(), &Limits::default()).omitted_faults(), 36);
    /// ```
    #[must_use]
    pub fn omitted_faults(&self) -> usize {
        self.faults.omitted()
    }

    /// Whether the tree lacks something that was sent; repeated values do not count.
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// assert!(Form::decode(b"a=%FF", &Limits::default()).loses_data());
    /// assert!(!Form::decode(b"a=1&a=2", &Limits::default()).loses_data());
    /// ```
    #[must_use]
    pub fn loses_data(&self) -> bool {
        self.faults().iter().any(|fault| fault.kind.loses_data())
    }

    /// Inserts a pair into the tree, and returns what is wrong with it.
    fn insert(&mut self, pair: &Pair<'a>, limits: &Limits) -> Option<FaultKind> {
        let path = match pair.path(limits) {
            Ok(path) => path,
            Err(kind) => return Some(kind),
        };
        let allowed = limits.arrays;
        let available = allowed.saturating_sub(self.arrays);
        // The first comparison is cheap, and almost always enough.
        if path.parents.len() > available && self.root.missing(&path.parents) > available {
            return Some(FaultKind::TooManyArrays { allowed });
        }
        // PHP refuses a reserved name whatever the value is, so the value is not checked then.
        let value = if path.last.is_some() {
            pair.value()
        } else {
            Ok(Cow::Borrowed(""))
        };
        match value {
            Ok(value) => self.root.place(path, value, &mut self.arrays),
            Err(kind) => Some(kind),
        }
    }
}
