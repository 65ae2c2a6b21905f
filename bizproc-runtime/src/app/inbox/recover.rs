//! Gives the store the calls in the journal.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Inbox;
use super::journal::Journal;
use super::record::JournaledCall;
use crate::call::Envelope;
use crate::error::Result;
use crate::store::NewCall;

/// The delay between attempts.
const RETRY_IN: Duration = Duration::from_secs(1);

impl Inbox {
    /// Gives the store the calls in the journal as soon as it works again. Ends immediately without
    /// a journal.
    pub(crate) async fn recover(self: Arc<Self>) {
        let Some(journal) = &self.journal else { return };
        loop {
            journal.not_empty.notified().await;
            while let Err(error) = self.try_recover(journal).await {
                tracing::warn!(retry_in = ?RETRY_IN, "calls wait in the journal: {error}");
                tokio::time::sleep(RETRY_IN).await;
            }
        }
    }

    /// Whether there is a journal to recover.
    pub(crate) fn has_journal(&self) -> bool {
        self.journal.is_some()
    }

    async fn try_recover(&self, journal: &Journal) -> Result<()> {
        loop {
            let (journaled, end) = journal.read()?;
            for JournaledCall {
                mut call,
                is_authenticated,
            } in journaled
            {
                if !is_authenticated && !self.is_authentic(&call).await? {
                    tracing::warn!(
                        portal = call.head.member_id,
                        "a journaled call is not its portal's, and is dropped"
                    );
                    continue;
                }
                call.complete_head(&self.form_limits);
                // A call that the store has already is a duplicate there.
                self.store.accept(call, SystemTime::now()).await?;
            }
            if journal.clear(end)? {
                tracing::info!("the store has every call of the journal");
                return Ok(());
            }
        }
    }

    /// Whether a call that could not be authenticated when it arrived comes from its portal.
    async fn is_authentic(&self, call: &NewCall) -> Result<bool> {
        let Some(portal) = self.portals.find(&call.head.member_id).await? else {
            return Ok(false);
        };
        let envelope = Envelope::from_body(&call.body, &self.form_limits)?;
        Ok(portal.verify(&envelope.auth).is_ok())
    }
}
