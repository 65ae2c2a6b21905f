//! How single columns hold times and numbers.

use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use crate::error::{BoxError, Result};
use crate::rest::EventToken;

/// A failure of the database, or of a value in it.
pub(in crate::store) type SqlResult<T> = Result<T, sqlx::Error>;

/// A deadline that never comes: last in every order.
pub(in crate::store) const NEVER: i64 = i64::MAX;

/// The key that finds a call: event tokens have any length, and an index is better short.
pub(in crate::store) fn key(token: &EventToken) -> Vec<u8> {
    let digest = Sha256::digest(token.as_str());
    digest.iter().copied().take(16).collect()
}

/// Milliseconds since 1970, rounded down.
pub(in crate::store) fn to_ms(time: SystemTime) -> i64 {
    let ms = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(NEVER),
        Err(before) => {
            let distance = before.duration().as_nanos().div_ceil(1_000_000);
            i64::try_from(distance).map_or(i64::MIN, |distance| -distance)
        }
    };
    ms.min(NEVER - 1)
}

/// The nearest time that exists.
pub(in crate::store) fn to_time(ms: i64) -> SystemTime {
    let epoch = SystemTime::UNIX_EPOCH;
    let distance = Duration::from_millis(ms.unsigned_abs());
    let time = if ms < 0 {
        epoch.checked_sub(distance)
    } else {
        epoch.checked_add(distance)
    };
    time.unwrap_or(epoch)
}

pub(in crate::store) fn deadline_to_ms(deadline: Option<SystemTime>) -> i64 {
    deadline.map_or(NEVER, to_ms)
}

/// The error for a row that this program did not write.
pub(in crate::store) fn damaged(error: impl Into<BoxError>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

/// A number for a database, which has signed ones; one that does not fit becomes the largest.
pub(in crate::store) fn to_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

pub(in crate::store) fn to_u64(number: i64) -> u64 {
    number.try_into().unwrap_or_default()
}

pub(in crate::store) fn to_u32(number: i64) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}
