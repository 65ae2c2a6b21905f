//! Comparison of texts in constants.
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

/// Whether two texts are equal: constants cannot use `==` of texts yet.
pub(super) const fn equal(one: &str, other: &str) -> bool {
    let left = one.as_bytes();
    let right = other.as_bytes();
    let mut index = 0;
    while index < left.len() && index < right.len() && left[index] == right[index] {
        index += 1;
    }
    index == left.len() && index == right.len()
}
