//! A store that fails, or is slow, when it is told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bizproc_runtime::portal::Portal;
use bizproc_runtime::rest::EventToken;
use bizproc_runtime::store::{
    Acceptance, Answer, CallToRun, CallToSend, Claim, Counts, Filter, Memory, NewCall, Next,
    Record, Signals, Slot, Store,
};
use bizproc_runtime::{Error, Kind, Result};
use secrecy::SecretString;

#[derive(Debug, Default)]
pub(crate) struct Flaky {
    memory: Memory,
    fails: AtomicBool,
    claims_slowly: AtomicBool,
    failing_answers: Mutex<Vec<IsKept>>,
}

/// Whether an answer is kept although the store fails.
pub(crate) type IsKept = bool;

fn full() -> Error {
    Error::new(Kind::Store, "the disk is full")
}

impl Flaky {
    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// The next answers fail, one for each of these; the last one first.
    pub(crate) fn fail_answers(&self, answers: impl Into<Vec<IsKept>>) {
        *self.failing_answers.lock().unwrap() = answers.into();
    }

    /// What is claimed to be sent comes some time after it was claimed.
    pub(crate) fn claim_slowly(&self) {
        self.claims_slowly.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> Result<&Memory> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(full());
        }
        Ok(&self.memory)
    }
}

#[async_trait::async_trait]
impl Store for Flaky {
    fn signals(&self) -> &Signals {
        self.memory.signals()
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<Acceptance> {
        self.check()?.accept(call, now).await
    }

    async fn codes_to_run(&self) -> Result<Vec<String>> {
        self.check()?.codes_to_run().await
    }

    async fn claim_runs(
        &self,
        slots: &[Slot<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        self.check()?.claim_runs(slots, total, lease).await
    }

    async fn portals_to_send(&self) -> Result<Vec<String>> {
        self.check()?.portals_to_send().await
    }

    async fn claim_sends(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToSend>> {
        let claimed = self.check()?.claim_sends(member_id, at_most, lease).await;
        if self.claims_slowly.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        claimed
    }

    async fn answer(&self, token: &EventToken, answer: Answer, now: SystemTime) -> Result<bool> {
        let fails = self.failing_answers.lock().unwrap().pop();
        if fails.is_none_or(|is_kept| is_kept) {
            let kept = self.check()?.answer(token, answer, now).await;
            return if fails.is_some() { Err(full()) } else { kept };
        }
        Err(full())
    }

    async fn finish(&self, claim: &Claim, next: Next, now: SystemTime) -> Result<bool> {
        self.check()?.finish(claim, next, now).await
    }

    async fn extend(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        self.check()?.extend(claims, lease).await
    }

    async fn release(&self, claims: &[Claim]) -> Result<()> {
        self.check()?.release(claims).await
    }

    async fn revive(&self, token: &EventToken) -> Result<bool> {
        self.check()?.revive(token).await
    }

    async fn wake(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        self.check()?.wake(now).await
    }

    async fn forget(&self, settled_before: SystemTime, at_most: usize) -> Result<usize> {
        self.check()?.forget(settled_before, at_most).await
    }

    async fn record(&self, token: &EventToken) -> Result<Option<Record>> {
        self.check()?.record(token).await
    }

    async fn records(&self, filter: &Filter) -> Result<Vec<Record>> {
        self.check()?.records(filter).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.check()?.counts().await
    }

    async fn save_portal(&self, portal: Portal) -> Result<()> {
        self.check()?.save_portal(portal).await
    }

    async fn replace_portal(&self, portal: Portal, expired: &SecretString) -> Result<bool> {
        self.check()?.replace_portal(portal, expired).await
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        self.check()?.portal(member_id).await
    }

    async fn portals(&self) -> Result<Vec<Portal>> {
        self.check()?.portals().await
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        self.check()?.remove_portal(member_id, now).await
    }
}
