//! Reading requests.

use crate::rules::php;

/// Larger bodies are refused; PHP's usual limit for a form is smaller.
pub(crate) const MAX_BODY: usize = 32 * 1024 * 1024;

/// PHP decodes a path as it decodes a form, but a `+` stays a `+`.
pub(crate) fn percent_decoded(path: &str) -> String {
    php::urldecode(path.replace('+', "%2B").as_bytes())
}
