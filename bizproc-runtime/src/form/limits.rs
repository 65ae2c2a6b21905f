//! The limits of decoding one body.

/// The default of [`Limits::pairs`]: ten times PHP's own default of 1,000, because calls of robots with
/// many multiple values are legal.
pub const DEFAULT_PAIRS: usize = 10_000;

/// The default of [`Limits::arrays`].
///
/// Two bytes in a key (`[]`) create an array of some hundred bytes: with the limits of pairs and depth
/// alone, a body of one megabyte could use hundreds of megabytes of memory.
pub const DEFAULT_ARRAYS: usize = 10_000;

/// The default of [`Limits::depth`], which is PHP's
/// [`max_input_nesting_level`](https://www.php.net/manual/en/info.configuration.php#ini.max-input-nesting-level).
pub const DEFAULT_DEPTH: usize = 64;

/// The default of [`Limits::key_bytes`]; PHP has no such limit.
pub const DEFAULT_KEY_BYTES: usize = 1_024;

/// The maximum of [`Limits::depth`]; a larger value counts as this one.
///
/// A tree is dropped and compared recursively, so its depth must be small compared to a thread's stack.
pub const MAX_DEPTH: usize = 120;

/// The limits of decoding one body. The HTTP layer limits the size of the body itself.
///
/// Start with the default and change single limits.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
///
/// let mut limits = Limits::default();
/// limits.pairs = 1;
/// let form = Form::decode(b"code=md5&ts=1442580723", &limits);
/// assert_eq!(form.root().len(), 1);
/// assert!(form.loses_data());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The maximum number of pairs; the rest of the body is not read.
    pub pairs: usize,
    /// The maximum number of arrays; a pair that needs more is skipped.
    pub arrays: usize,
    /// The maximum number of `[..]` groups in a key, up to [`MAX_DEPTH`].
    pub depth: usize,
    /// The maximum length of a percent-decoded key, in bytes.
    pub key_bytes: usize,
}

impl Limits {
    /// The depth limit that applies.
    pub(super) fn effective_depth(&self) -> usize {
        self.depth.min(MAX_DEPTH)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pairs: DEFAULT_PAIRS,
            arrays: DEFAULT_ARRAYS,
            depth: DEFAULT_DEPTH,
            key_bytes: DEFAULT_KEY_BYTES,
        }
    }
}
