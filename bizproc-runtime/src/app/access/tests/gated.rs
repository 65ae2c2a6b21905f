use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
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
    async fn save_portal(&self, portal: Portal) -> Result<()> {
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
        self.memory.save_portal(portal).await
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        self.memory.portal(member_id).await
    }

    fn signals(&self) -> &Signals {
        self.memory.signals()
    }
    async fn accept(&self, _: NewCall, _: SystemTime) -> Result<Acceptance> {
        unimplemented!()
    }
    async fn codes_to_run(&self) -> Result<Vec<String>> {
        unimplemented!()
    }
    async fn claim_runs(&self, _: &[Slot<'_>], _: usize, _: SystemTime) -> Result<Vec<CallToRun>> {
        unimplemented!()
    }
    async fn portals_to_send(&self) -> Result<Vec<String>> {
        unimplemented!()
    }
    async fn claim_sends(&self, _: &str, _: usize, _: SystemTime) -> Result<Vec<CallToSend>> {
        unimplemented!()
    }
    async fn answer(&self, _: &EventToken, _: Answer, _: SystemTime) -> Result<bool> {
        unimplemented!()
    }
    async fn finish(&self, _: &Claim, _: Next, _: SystemTime) -> Result<bool> {
        unimplemented!()
    }
    async fn extend(&self, _: &[Claim], _: SystemTime) -> Result<()> {
        unimplemented!()
    }
    async fn release(&self, _: &[Claim]) -> Result<()> {
        unimplemented!()
    }
    async fn revive(&self, _: &EventToken) -> Result<bool> {
        unimplemented!()
    }
    async fn wake(&self, _: SystemTime) -> Result<Option<SystemTime>> {
        unimplemented!()
    }
    async fn forget(&self, _: SystemTime, _: usize) -> Result<usize> {
        unimplemented!()
    }
    async fn record(&self, _: &EventToken) -> Result<Option<Record>> {
        unimplemented!()
    }
    async fn records(&self, _: &Filter) -> Result<Vec<Record>> {
        unimplemented!()
    }
    async fn counts(&self) -> Result<Counts> {
        unimplemented!()
    }
    async fn portals(&self) -> Result<Vec<Portal>> {
        unimplemented!()
    }
    async fn remove_portal(&self, _: &str, _: SystemTime) -> Result<()> {
        unimplemented!()
    }
}
