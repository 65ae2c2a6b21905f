//! A store that kills its program at a named point: the program loses its memory, but not what it had
//! committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bizproc_runtime::Result;
use bizproc_runtime::portal::Portal;
use bizproc_runtime::rest::{EventToken, SharedRateLimit};
use bizproc_runtime::store::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, NewCall, Notifier,
    ReplyToSend, RunQuota, Store, StoredReply, Transition,
};
use secrecy::SecretString;

/// The points at which a program can be killed, in the order of a call's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Point {
    /// The call is committed, but the portal has not received its 200.
    Accepted,
    /// The call is claimed, but the handler has not started.
    ClaimedToRun,
    /// The handler has its result, which is not committed.
    Ran,
    /// The reply is committed, but the run has not ended.
    Replied,
    /// The reply is claimed, but not sent.
    ClaimedToSend,
    /// The reply was sent, but the portal's response is not committed.
    Sent,
    /// The portal's response is committed.
    Marked,
}

impl Point {
    pub(crate) const ALL: [Self; 7] = [
        Self::Accepted,
        Self::ClaimedToRun,
        Self::Ran,
        Self::Replied,
        Self::ClaimedToSend,
        Self::Sent,
        Self::Marked,
    ];
}

/// The prefix of the line that a program writes before it kills itself.
pub(crate) const LAST_WORDS: &str = "killed at";

pub(crate) struct Deadly {
    pub(crate) store: Arc<dyn Store>,
    /// The point of death, and the number of the passing.
    pub(crate) end: Option<(Point, u32)>,
    pub(crate) passed: AtomicU32,
    /// Earlier passings are not counted.
    pub(crate) armed: Instant,
    /// The duration of leases, in place of the program's own: a minute after each kill would take more
    /// time than a test run has.
    pub(crate) lease: Option<Duration>,
}

impl Deadly {
    fn pass(&self, point: Point) {
        let Some((end, at)) = self.end.filter(|(end, _)| *end == point) else {
            return;
        };
        if Instant::now() < self.armed {
            return;
        }
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 == at {
            eprintln!("{LAST_WORDS} {end:?}");
            // Without any cleanup, as with SIGKILL.
            std::process::abort();
        }
    }

    fn lease(&self, lease: SystemTime) -> SystemTime {
        self.lease.map_or(lease, |lease| SystemTime::now() + lease)
    }
}

/// Whether the transition follows from a send, and not from a run.
fn is_after_send(next: &Transition) -> bool {
    matches!(
        next,
        Transition::RetrySend(..) | Transition::Redeliver(..) | Transition::Complete(_)
    )
}

#[async_trait::async_trait]
impl Store for Deadly {
    fn notifier(&self) -> &Notifier {
        self.store.notifier()
    }

    fn shared_rate_limit(&self) -> Option<Arc<dyn SharedRateLimit>> {
        self.store.shared_rate_limit()
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        let accepted = self.store.accept(call, now).await?;
        self.pass(Point::Accepted);
        Ok(accepted)
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        self.store.runnable_robots().await
    }

    async fn claim_runs(
        &self,
        quotas: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let claimed = self
            .store
            .claim_runs(quotas, total, self.lease(lease))
            .await?;
        if !claimed.is_empty() {
            self.pass(Point::ClaimedToRun);
        }
        Ok(claimed)
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        self.store.portals_with_replies().await
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let claimed = self
            .store
            .claim_replies(member_id, limit, self.lease(lease))
            .await?;
        if !claimed.is_empty() {
            self.pass(Point::ClaimedToSend);
        }
        Ok(claimed)
    }

    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        self.pass(Point::Ran);
        let is_first = self.store.save_reply(token, reply, now).await?;
        self.pass(Point::Replied);
        Ok(is_first)
    }

    async fn finish(&self, claim: &Claim, next: Transition, now: SystemTime) -> Result<bool> {
        let is_sent = is_after_send(&next);
        if is_sent {
            self.pass(Point::Sent);
        }
        let finished = self.store.finish(claim, next, now).await?;
        if is_sent {
            self.pass(Point::Marked);
        }
        Ok(finished)
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        self.store.extend_leases(claims, self.lease(lease)).await
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        self.store.release_claims(claims).await
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        self.store.retry_dead(token).await
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        self.store.release_due(now).await
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        self.store.purge_completed(before, limit).await
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        self.store.call(token).await
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        self.store.calls(filter).await
    }

    async fn counts(&self) -> Result<CallCounts> {
        self.store.counts().await
    }

    async fn save_portal(&self, portal: Arc<Portal>) -> Result<()> {
        self.store.save_portal(portal).await
    }

    async fn replace_portal(&self, portal: Arc<Portal>, expired: &SecretString) -> Result<bool> {
        self.store.replace_portal(portal, expired).await
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Arc<Portal>>> {
        self.store.portal(member_id).await
    }

    async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        self.store.portals().await
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        self.store.remove_portal(member_id, now).await
    }
}
