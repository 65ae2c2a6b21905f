//! Random identifiers and test tokens.

use jiff::Timestamp;
use rand::distr::{Alphanumeric, Distribution as _};

/// 32 hex digits: the form of client ids, member ids, application tokens.
pub(crate) fn hex32() -> String {
    format!(
        "{:016x}{:016x}",
        rand::random::<u64>(),
        rand::random::<u64>()
    )
}

/// Letters and digits.
pub(crate) fn alphanumeric(length: usize) -> String {
    let bytes = Alphanumeric.sample_iter(rand::rng()).take(length);
    bytes.map(char::from).collect()
}

/// `664fa13bbbb410.99176768`: PHP's `uniqid` with more entropy, so it begins with the time.
pub(crate) fn workflow_id(now: Timestamp) -> String {
    let micros = now.subsec_microsecond();
    format!(
        "{:08x}{micros:05x}{}.{:08}",
        now.as_second(),
        rand::random_range(0..10),
        rand::random_range(0..100_000_000)
    )
}

/// `A51601_82584_96831_81132`.
pub(crate) fn activity_name() -> String {
    let number = || rand::random_range(10_000..100_000);
    format!("A{}_{}_{}_{}", number(), number(), number(), number())
}
