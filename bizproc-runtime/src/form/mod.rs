//! Reads the bracket form that PHP writes.
//!
//! A portal sends each call as `application/x-www-form-urlencoded` in PHP's bracket nesting
//! (`properties[tags][0]=a`). [`Form::decode`] reads such a body as PHP's own `parse_str` reads it,
//! with these differences:
//!
//! | | PHP | here |
//! |---|---|---|
//! | key or value is not UTF-8 | kept as bytes | pair skipped, [`FaultKind::NotUtf8`] |
//! | more than [`Limits::depth`] groups | the whole top-level name is dropped | pair skipped, [`FaultKind::TooDeep`] |
//! | more than [`Limits::key_bytes`] in a key | no limit | pair skipped, [`FaultKind::KeyTooLong`] |
//! | more than [`Limits::arrays`] arrays | no limit | pair skipped, [`FaultKind::TooManyArrays`] |
//! | more than [`Limits::pairs`] pairs | rest not read | rest not read, [`FaultKind::TooManyPairs`] |
//! | raw NUL byte in the body | ends the body in `parse_str`, counts as `%00` in `$_POST` | counts as `%00` |
//!
//! Because a skipped pair leaves no trace, an `[]` that follows takes the index it would have had.
//!
//! Reading never fails as a whole: what could not be taken is in [`Form::faults`].

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

/// A body read into a tree, with the faults met on the way.
///
/// Texts that need no decoding are borrowed from the body. The `Debug` output shows keys but no
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
    /// How many arrays came into being, those replaced since included.
    arrays: usize,
}

impl<'a> Form<'a> {
    /// Reads a form body; a pair that cannot be read is skipped and noted.
    ///
    /// The work is linear in the length of the body, which the caller has to limit.
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
        let mut form = Self::default();
        let pieces = body
            .split(|byte| *byte == b'&')
            .filter(|piece| !piece.is_empty());
        for (read, piece) in pieces.enumerate() {
            let pair = Pair::new(piece);
            if read == limits.pairs {
                let kind = FaultKind::TooManyPairs {
                    allowed: limits.pairs,
                };
                form.faults.note(kind, || pair.key().to_vec());
                break;
            }
            if let Some(kind) = form.take(&pair, limits) {
                form.faults.note(kind, || pair.key().to_vec());
            }
        }
        form
    }

    /// Reads a JSON object into the tree that the same values give as a form.
    ///
    /// Portals send forms; this is for tools that imitate a portal with JSON. As PHP's
    /// `http_build_query` has it, `true` is `1`, `false` is `0`, and `null`, `[]` and `{}` are left
    /// out. A number keeps the text it is written in. Names are taken as they are: brackets, dots
    /// and spaces in them mean nothing.
    ///
    /// # Errors
    ///
    /// The body is not one JSON object; see [`JsonErrorKind`]. Members beyond a limit are faults as
    /// in [`Form::decode`], with [`Limits::pairs`] for the texts and [`Limits::key_bytes`] for the
    /// length of each name.
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
        let (root, faults) = json::read(body, limits)?;
        Ok(Form {
            root,
            faults,
            arrays: 0,
        })
    }

    /// The top-level node of a name.
    ///
    /// PHP turns dots and spaces of top-level names into underscores: `a.b=1` is found under `a_b`.
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

    /// What was wrong with single pairs, in the order of the body.
    ///
    /// Only the first 64 are kept, no more than 32 of them harmless; [`Form::omitted_faults`] counts
    /// the others. [`FaultKind::TooManyPairs`] is always kept.
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

    /// How many faults there were beyond those kept in [`Form::faults`].
    ///
    /// ```
    /// use bizproc_runtime::form::{Form, Limits};
    ///
    /// let form = Form::decode("=x&".repeat(100).as_bytes(), &Limits::default()).omitted_faults();
    /// assert_eq!(form, 36);
    /// ```
    #[must_use]
    pub fn omitted_faults(&self) -> usize {
        self.faults.more()
    }

    /// Whether anything that was sent is missing from the tree, plain repetitions aside.
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

    fn take(&mut self, pair: &Pair<'a>, limits: &Limits) -> Option<FaultKind> {
        let path = match pair.path(limits) {
            Ok(path) => path,
            Err(kind) => return Some(kind),
        };
        let (allowed, needed) = (limits.arrays, path.parents.len());
        let room = allowed.saturating_sub(self.arrays);
        if needed > room && self.root.missing(&path.parents) > room {
            return Some(FaultKind::TooManyArrays { allowed });
        }
        // PHP refuses a reserved name whatever the value is, so the value is not judged then.
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
