use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;

/// The part of a portal's limit that is used, in percent. Requests bunch up on their way, and a
/// portal refuses the first one too many.
const USED: u64 = 95;

/// How many requests a portal accepts from one address.
///
/// A portal's front end fills a bucket with every request, a batch counting as one, and empties it
/// at a steady rate; what does not fit is refused (`QUERY_LIMIT_EXCEEDED`). 95 percent of the limit
/// are used. The portal counts all requests from one address. Programs that share a
/// [store](crate::store) in PostgreSQL count together; give each of several other programs behind
/// one address its part.
///
/// ```
/// use bizproc_runtime::App;
/// use bizproc_runtime::app::RateLimit;
///
/// let app = App::new("https://app.example").rate_limit(RateLimit::ENTERPRISE);
/// // Two programs behind one address.
/// let half = App::new("https://app.example").rate_limit(RateLimit::new(1, 25));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    per_second: NonZeroU32,
    burst: NonZeroU32,
}

impl RateLimit {
    /// Every plan but Enterprise: two requests a second, a burst of 50.
    pub const STANDARD: Self = Self::new(2, 50);
    /// The Enterprise plan: five requests a second, a burst of 250.
    pub const ENTERPRISE: Self = Self::new(5, 250);

    /// This many requests a second, and a burst of this many after a rest. Zero counts as one.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Self {
        Self {
            per_second: at_least_one(per_second),
            burst: at_least_one(burst),
        }
    }

    /// The time after which a request makes room for another, and how many have room.
    pub(super) fn used(self) -> (Duration, u32) {
        let quota = self.quota();
        (quota.replenish_interval(), quota.burst_size().get())
    }

    pub(super) fn quota(self) -> Quota {
        const NANOS: u64 = 1_000_000_000;
        let per_second = u64::from(self.per_second.get());
        let period = Duration::from_nanos((NANOS * 100 / (USED * per_second)).max(1));
        let burst = u64::from(self.burst.get()) * USED / 100;
        let burst = u32::try_from(burst).map_or(NonZeroU32::MAX, at_least_one);
        Quota::with_period(period)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst)
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::STANDARD
    }
}

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}
