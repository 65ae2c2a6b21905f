use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, Memory, NewCall, Notifier,
    ReplyToSend, RunQuota, Store, StoredReply, Transition,
};

/// A store of portals whose writes a test can hold up, or let fail.
pub(super) struct Gated {
    pub(super) memory: Memory,
    pub(super) open: Semaphore,
    pub(super) failures: AtomicUsize,
}

#[async_trait]
impl Store for Gated {
    async fn replace_portal(&self, portal: Arc<Portal>, expired: &SecretString) -> Result<bool> {
        self.open.acquire().await.unwrap().forget();
        let fails = |left: usize| left.checked_sub(1);
        if self
            .failures
            .try_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            self.open.add_permits(1);
            return Err(Error::new(ErrorKind::Store, "the disk is full"));
        }
        self.memory.replace_portal(portal, expired).await
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Arc<Portal>>> {
        self.memory.portal(member_id).await
    }

    async fn save_portal(&self, portal: Arc<Portal>) -> Result<()> {
        self.memory.save_portal(portal).await
    }

    fn notifier(&self) -> &Notifier {
        self.memory.notifier()
    }
    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        self.memory.accept(call, now).await
    }
    async fn runnable_robots(&self) -> Result<Vec<String>> {
        self.memory.runnable_robots().await
    }
    async fn claim_runs(
        &self,
        quotas: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        self.memory.claim_runs(quotas, total, lease).await
    }
    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        self.memory.portals_with_replies().await
    }
    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        self.memory.claim_replies(member_id, limit, lease).await
    }
    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        self.memory.save_reply(token, reply, now).await
    }
    async fn finish(&self, claim: &Claim, next: Transition, now: SystemTime) -> Result<bool> {
        self.memory.finish(claim, next, now).await
    }
    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        self.memory.extend_leases(claims, lease).await
    }
    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        self.memory.release_claims(claims).await
    }
    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        self.memory.retry_dead(token).await
    }
    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        self.memory.release_due(now).await
    }
    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        self.memory.purge_completed(before, limit).await
    }
    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        self.memory.call(token).await
    }
    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        self.memory.calls(filter).await
    }
    async fn counts(&self) -> Result<CallCounts> {
        self.memory.counts().await
    }
    async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        self.memory.portals().await
    }
    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        self.memory.remove_portal(member_id, now).await
    }
}
