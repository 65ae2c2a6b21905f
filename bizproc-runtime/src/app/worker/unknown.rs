//! Calls of robots that this program does not have.

use super::Worker;
use crate::app::backoff::store_delay;
use crate::app::leases::Leases;
use crate::error::Result;
use crate::portal::printable;
use crate::store::{RunQuota, Transition};

/// How many such calls become dead letters at a time.
const BATCH: usize = 100;

impl Worker {
    /// Makes calls of unknown robots dead letters, so that an operator learns of them.
    pub(super) async fn dead_letter_unknown(&self) {
        if let Err(error) = self.try_dead_letter_unknown().await {
            store_delay("find calls of unknown robots", &error).await;
        }
    }

    async fn try_dead_letter_unknown(&self) -> Result<()> {
        let codes = self.store.runnable_robots().await?;
        let quotas: Vec<_> = codes
            .iter()
            .filter(|code| self.robots.get(code).is_none())
            .map(|code| RunQuota { code, max: BATCH })
            .collect();
        if quotas.is_empty() {
            return Ok(());
        }
        let claimed = self
            .store
            .claim_runs(&quotas, BATCH, Leases::expiry())
            .await?;
        for run in claimed {
            let held = self.leases.hold(run.claim);
            let call = &run.call.head;
            let error = self.robots.unknown(&call.code);
            tracing::error!(
                portal = call.member_id,
                robot = %printable(&call.code),
                outcome = "dead",
                event = ?call.event_token,
                "dead letter: {error}"
            );
            let next = Transition::DeadLetter(error.to_string());
            self.leases.finish(held, next).await;
        }
        Ok(())
    }
}
