use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::error::{Error, Kind, Result};
use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::{
    Acceptance, Answer, CallToRun, CallToSend, Claim, Counts, Filter, Memory, NewCall, Next,
    Record, Signals, Slot, Store,
};

/// A store of portals whose writes a test can hold up, or let fail.
pub(super) struct Gated {
    pub(super) memory: Memory,
    pub(super) open: Semaphore,
    pub(super) failures: AtomicUsize,
}

#[async_trait]
impl Store for Gated {
    async fn replace_portal(&self, portal: Portal, expired: &SecretString) -> Result<bool> {
        self.open.acquire().await.unwrap().forget();
        let fails = |left: usize| left.checked_sub(1);
        if self
            .failures
            .try_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            self.open.add_permits(1);
            return Err(Error::new(Kind::Store, "the disk is full"));
        }
        self.memory.replace_portal(portal, expired).await
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        self.memory.portal(member_id).await
    }

    async fn save_portal(&self, portal: Portal) -> Result<()> {
        self.memory.save_portal(portal).await
    }

    fn signals(&self) -> &Signals {
        self.memory.signals()
    }
    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<Acceptance> {
        self.memory.accept(call, now).await
    }
    async fn codes_to_run(&self) -> Result<Vec<String>> {
        self.memory.codes_to_run().await
    }
    async fn claim_runs(
        &self,
        slots: &[Slot<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        self.memory.claim_runs(slots, total, lease).await
    }
    async fn portals_to_send(&self) -> Result<Vec<String>> {
        self.memory.portals_to_send().await
    }
    async fn claim_sends(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToSend>> {
        self.memory.claim_sends(member_id, at_most, lease).await
    }
    async fn answer(&self, token: &EventToken, answer: Answer, now: SystemTime) -> Result<bool> {
        self.memory.answer(token, answer, now).await
    }
    async fn finish(&self, claim: &Claim, next: Next, now: SystemTime) -> Result<bool> {
        self.memory.finish(claim, next, now).await
    }
    async fn extend(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        self.memory.extend(claims, lease).await
    }
    async fn release(&self, claims: &[Claim]) -> Result<()> {
        self.memory.release(claims).await
    }
    async fn revive(&self, token: &EventToken) -> Result<bool> {
        self.memory.revive(token).await
    }
    async fn wake(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        self.memory.wake(now).await
    }
    async fn forget(&self, settled_before: SystemTime, at_most: usize) -> Result<usize> {
        self.memory.forget(settled_before, at_most).await
    }
    async fn record(&self, token: &EventToken) -> Result<Option<Record>> {
        self.memory.record(token).await
    }
    async fn records(&self, filter: &Filter) -> Result<Vec<Record>> {
        self.memory.records(filter).await
    }
    async fn counts(&self) -> Result<Counts> {
        self.memory.counts().await
    }
    async fn portals(&self) -> Result<Vec<Portal>> {
        self.memory.portals().await
    }
    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        self.memory.remove_portal(member_id, now).await
    }
}
