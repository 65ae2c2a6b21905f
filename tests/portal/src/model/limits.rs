//! A portal's limits: requests from one address, and seconds of work of one method.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::caller::Caller;
use crate::rules::rest_error::RestError;
use crate::rules::settings::RatePlan;

/// Work is counted in buckets of this many seconds …
const BUCKET: i64 = 60;

/// … of which the last ten count.
const WINDOW: i64 = 10 * BUCKET;

/// A request that worked no longer than this costs nothing.
const FREE: Duration = Duration::from_millis(100);

impl RatePlan {
    /// Returns how many requests leak out of the bucket in a second, and how many it holds.
    fn rate(self) -> Option<(f64, f64)> {
        match self {
            Self::Off => None,
            Self::Standard => Some((2.0, 50.0)),
            Self::Enterprise => Some((5.0, 250.0)),
        }
    }
}

/// The front end's leaky buckets, one for each address that calls: applications on one machine
/// share theirs.
#[derive(Debug, Default)]
pub(crate) struct Buckets(HashMap<IpAddr, Bucket>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: f64,
    at: Timestamp,
}

impl Buckets {
    /// Admits a request, or refuses it before anything is executed.
    pub(crate) fn admit(
        &mut self,
        plan: RatePlan,
        caller: IpAddr,
        now: Timestamp,
    ) -> Result<(), RestError> {
        let Some((leak, depth)) = plan.rate() else {
            return Ok(());
        };
        let bucket = self.0.entry(caller).or_insert(Bucket {
            level: 0.0,
            at: now,
        });
        let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        bucket.level = (bucket.level - passed * leak).max(0.0);
        bucket.at = now;
        if bucket.level + 1.0 > depth {
            return Err(RestError::new(
                503,
                "QUERY_LIMIT_EXCEEDED",
                "Too many requests",
            ));
        }
        bucket.level += 1.0;
        Ok(())
    }
}

/// The recent work of a method, as the `time` of a response reports it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Operating {
    /// In seconds.
    pub(crate) worked: f64,
    /// When the oldest of them expire, in Unix seconds; `None` if there are none.
    pub(crate) reset_at: Option<i64>,
}

/// The seconds of work of every caller and method.
#[derive(Debug, Default)]
pub(crate) struct Load(HashMap<Key, BTreeMap<i64, Work>>);

type Key = (CountedAs, &'static str);

/// Each application and each webhook is counted separately, whichever user it acts for.
type CountedAs = (Option<String>, Option<String>);

/// The work in one bucket.
#[derive(Debug, Clone, Copy)]
struct Work {
    /// When its first request began, in Unix seconds.
    first: i64,
    seconds: f64,
}

impl Load {
    /// Refuses a method that has worked more than the limit allows.
    pub(crate) fn admit(
        &mut self,
        limit: Option<u32>,
        caller: &Caller,
        method: &'static str,
        now: Timestamp,
    ) -> Result<(), RestError> {
        let Some(limit) = limit else { return Ok(()) };
        if self.operating(caller, method, now).worked > f64::from(limit) {
            return Err(RestError::new(
                429,
                "OPERATION_TIME_LIMIT",
                "Method is blocked due to operation time limit.",
            ));
        }
        Ok(())
    }

    /// Counts a request.
    pub(crate) fn count(
        &mut self,
        caller: &Caller,
        method: &'static str,
        start: Timestamp,
        worked: Duration,
    ) {
        if worked <= FREE {
            return;
        }
        let first = start.as_second();
        let buckets = self.0.entry((caller.counted_as(), method)).or_default();
        let work = buckets.entry(first.div_euclid(BUCKET)).or_insert(Work {
            first,
            seconds: 0.0,
        });
        work.seconds += worked.as_secs_f64();
    }

    /// Returns the work that counts now.
    pub(crate) fn operating(
        &mut self,
        caller: &Caller,
        method: &'static str,
        now: Timestamp,
    ) -> Operating {
        let Some(buckets) = self.0.get_mut(&(caller.counted_as(), method)) else {
            return Operating::default();
        };
        buckets.retain(|_, work| work.first + WINDOW > now.as_second());
        Operating {
            worked: buckets.values().map(|work| work.seconds).sum(),
            reset_at: buckets.values().next().map(|work| work.first + WINDOW),
        }
    }
}
