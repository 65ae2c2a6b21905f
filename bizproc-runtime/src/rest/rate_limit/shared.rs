use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;

/// Limits the requests of all programs that share a store.
///
/// A portal counts the requests that come from one address, so programs behind one address fill
/// one bucket. A [`Store`](crate::store::Store) that several programs share
/// [keeps it](crate::store::Store::shared_rate_limit); a program alone needs none.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use std::time::{Duration, Instant};
///
/// use bizproc_runtime::Result;
/// use bizproc_runtime::rest::SharedRateLimit;
///
/// /// When the bucket of a portal will be empty, in a service that all programs ask.
/// #[derive(Debug, Default)]
/// struct Buckets(Mutex<HashMap<String, Instant>>);
///
/// #[async_trait::async_trait]
/// impl SharedRateLimit for Buckets {
///     async fn reserve(
///         &self,
///         member_id: &str,
///         interval: Duration,
///         burst: u32,
///     ) -> Result<Duration> {
///         let (now, mut buckets) = (Instant::now(), self.0.lock().unwrap());
///         let empty = buckets.entry(member_id.to_owned()).or_insert(now);
///         *empty = (*empty).max(now) + interval;
///         Ok((*empty - now).saturating_sub(interval * burst))
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let (buckets, second) = (Buckets::default(), Duration::from_secs(1));
/// assert_eq!(buckets.reserve("member", second, 2).await?, Duration::ZERO);
/// assert_eq!(buckets.reserve("member", second, 2).await?, Duration::ZERO);
/// let wait = buckets.reserve("member", second, 2).await?;
/// assert!(Duration::ZERO < wait && wait <= second);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait SharedRateLimit: fmt::Debug + Send + Sync {
    /// Reserves one request to a portal, and returns after how long it may be sent. A bucket has room
    /// for `burst` requests, at least one, and one leaves it in each `interval`. The first to ask
    /// gets the first room, so that every program gets its turn.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store). The request is sent nevertheless, as fast as a
    /// single program would: a portal's limit matters less than a call.
    async fn reserve(&self, member_id: &str, interval: Duration, burst: u32) -> Result<Duration>;
}
