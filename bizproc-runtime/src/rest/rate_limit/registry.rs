use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::config::RateLimit;
use super::limiter::Pace;
use super::shared::SharedRateLimit;

/// How many portals' paces are kept. One that was forgotten too early costs a refusal, no more.
const PORTALS: usize = 10_000;

/// The paces of the portals that were called lately.
pub(crate) struct Paces {
    rate: RateLimit,
    shared: Option<Arc<dyn SharedRateLimit>>,
    /// Nobody knows what the program before this one sent until then.
    began: Instant,
    most: usize,
    pub(super) by_member_id: Mutex<HashMap<String, Arc<Pace>>>,
}

impl Paces {
    pub(crate) fn new(rate: RateLimit, shared: Option<Arc<dyn SharedRateLimit>>) -> Self {
        Self::with_most(rate, shared, PORTALS)
    }

    pub(super) fn with_most(
        rate: RateLimit,
        shared: Option<Arc<dyn SharedRateLimit>>,
        most: usize,
    ) -> Self {
        Self {
            rate,
            shared,
            began: Instant::now(),
            most,
            by_member_id: Mutex::default(),
        }
    }

    /// The pace of a portal. Keep it for as long as the portal is called: one that is held is not
    /// forgotten.
    pub(crate) fn of(&self, member_id: &str) -> Arc<Pace> {
        self.get(member_id, || {
            let pace = self.rested(member_id);
            // A shared bucket knows what was sent.
            if self.shared.is_none() {
                pace.follow(self.began.elapsed());
            }
            pace
        })
    }

    /// A portal that no program has called before.
    pub(crate) fn welcome(&self, member_id: &str) {
        self.get(member_id, || self.rested(member_id));
    }

    /// How full the fullest bucket is, from 0 to 1.
    #[cfg(feature = "metrics")]
    pub(crate) fn fullest(&self) -> f64 {
        let levels = self.lock();
        let levels = levels.values().map(|pace| pace.level());
        levels.fold(0.0, f64::max)
    }

    fn rested(&self, member_id: &str) -> Pace {
        Pace::new(member_id, self.rate, self.shared.clone())
    }

    fn get(&self, member_id: &str, make: impl FnOnce() -> Pace) -> Arc<Pace> {
        let mut paces = self.lock();
        if let Some(pace) = paces.get(member_id) {
            return Arc::clone(pace);
        }
        if paces.len() >= self.most {
            forget(&mut paces, self.most);
        }
        let pace = Arc::new(make());
        paces.insert(member_id.to_owned(), Arc::clone(&pace));
        pace
    }

    /// No code that holds the lock can panic; a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Pace>>> {
        let paces = self.by_member_id.lock();
        paces.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for one more: first go those that make no difference, then the one whose last
/// request is the longest ago.
fn forget(paces: &mut HashMap<String, Arc<Pace>>, most: usize) {
    let is_held = |pace: &Arc<Pace>| Arc::strong_count(pace) > 1;
    paces.retain(|_, pace| is_held(pace) || !pace.is_idle());
    if paces.len() < most {
        return;
    }
    let free = paces.iter().filter(|(_, pace)| !is_held(pace));
    let oldest = free.min_by_key(|(_, pace)| pace.last_used());
    if let Some(member_id) = oldest.map(|(member_id, _)| member_id.clone()) {
        paces.remove(&member_id);
    }
}
