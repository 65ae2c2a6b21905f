//! What reading one body may cost.

/// How many pairs of one body are read unless told otherwise: ten times PHP's own default of 1,000,
/// because a robot with many multiple values is a legal call.
pub const DEFAULT_PAIRS: usize = 10_000;

/// How many arrays the keys of one body may make unless told otherwise.
///
/// Two bytes in a key (`[]`) make an array of some hundred bytes, so pairs and depth alone would let
/// one megabyte of body take hundreds in memory.
pub const DEFAULT_ARRAYS: usize = 10_000;

/// How many `[..]` groups one key may have unless told otherwise, which is PHP's
/// [`max_input_nesting_level`](https://www.php.net/manual/en/info.configuration.php#ini.max-input-nesting-level).
pub const DEFAULT_DEPTH: usize = 64;

/// How long one decoded key may be in bytes unless told otherwise; PHP sets no limit of its own.
pub const DEFAULT_KEY_BYTES: usize = 1_024;

/// The deepest nesting that can be asked for; a larger [`Limits::depth`] counts as this.
///
/// A tree is dropped and compared recursively, so its depth must be small next to a thread's stack.
pub const MAX_DEPTH: usize = 120;

/// What one body may hold at most; the size of the body itself is the HTTP layer's business.
///
/// Start from the default and change what differs.
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
    /// How many pairs are read; the rest of the body is left unread.
    pub pairs: usize,
    /// How many arrays are made; a pair that needs more is skipped.
    pub arrays: usize,
    /// How many `[..]` groups a key may have, at most [`MAX_DEPTH`].
    pub depth: usize,
    /// How many bytes a key may have once it is percent-decoded.
    pub key_bytes: usize,
}

impl Limits {
    pub(super) fn depth_in_force(&self) -> usize {
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
