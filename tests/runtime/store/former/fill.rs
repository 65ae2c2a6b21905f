//! Fills a store with what the files of its schema are to hold.

use std::time::SystemTime;

use bizproc_runtime::store::{
    AcceptOutcome, Claim, Completion, NewCall, RunQuota, Store, Transition,
};

use super::contents::Due::At;
use super::contents::State::{
    Accepted, Completed, Deferred, Delivered, Failed, Replied, Undelivered,
};
use super::contents::{FIRST, LEASE, ROWS, Row, portals, reply};
use crate::store::backends::{at, token};

/// Fills an empty store with all of this.
pub(crate) async fn fill(store: &dyn Store) {
    let fill = Fill(store);
    for row in &ROWS {
        fill.row(row).await;
    }
    for portal in portals() {
        store.save_portal(portal).await.unwrap();
    }
}

struct Fill<'a>(&'a dyn Store);

impl Fill<'_> {
    /// Brings one call into its state. Calls that can be claimed come last, or are alone with
    /// their robot or portal.
    async fn row(&self, row: &Row) {
        let accepted = self
            .0
            .accept(NewCall::new(row.head(), row.body()), at(1))
            .await;
        assert_eq!(accepted.unwrap(), AcceptOutcome::Accepted, "{}", row.1);
        match (row.1, row.2) {
            ("crashed", _) => self.crash(row).await,
            ("retried", _) => {
                self.run(row, Transition::RetryRun(at(7)), 6).await;
                self.0.release_due(at(7)).await.unwrap();
                self.run(row, Transition::RetryRun(at(50)), 8).await;
            }
            ("running" | "running late", _) => drop(self.claim_run(row).await),
            ("being sent", _) => {
                self.run(row, Transition::Reply(reply(row.1)), 2).await;
                drop(self.0.claim_replies(FIRST, 9, at(LEASE)).await.unwrap());
            }
            ("redelivery due", _) => {
                self.run(row, Transition::Reply(reply(row.1)), 2).await;
                self.send(row, Transition::Redeliver(at(4), row.history()), 3)
                    .await;
                self.0.release_due(at(5)).await.unwrap();
            }
            ("redelivered", _) => {
                self.run(row, Transition::Reply(reply(row.1)), 9).await;
                self.send(row, Transition::Complete(Completion::Delivered), 9)
                    .await;
                let newer = String::from_utf8(row.body()).unwrap();
                let newer = newer.replace("access+of", "newer+access+of");
                let again = self.0.accept(NewCall::new(row.head(), newer), at(9)).await;
                assert_eq!(again.unwrap(), AcceptOutcome::Redelivered);
            }
            (_, Accepted) => {}
            (_, Deferred) => self.run(row, Transition::Defer, 8).await,
            (_, Failed(reason)) => {
                self.run(row, Transition::DeadLetter(reason.to_owned()), 6)
                    .await;
            }
            (_, Completed(Completion::NoReplyExpected)) => {
                self.run(row, Transition::Reply(reply(row.1)), 35).await;
            }
            (_, Completed(completion)) => {
                self.run(row, Transition::Reply(reply(row.1)), 2).await;
                // In the order in which they are purged.
                self.send(row, Transition::Complete(completion), 27 + row.0)
                    .await;
            }
            (_, Undelivered(reason)) => {
                self.run(row, Transition::Reply(reply(row.1)), 2).await;
                self.send(row, Transition::RetrySend(at(6), row.history()), 5)
                    .await;
                self.0.release_due(at(6)).await.unwrap();
                self.send(row, Transition::DeadLetter(reason.to_owned()), 7)
                    .await;
            }
            (_, Replied | Delivered) => self.replied(row).await,
        }
    }

    async fn replied(&self, row: &Row) {
        match (row.4, row.2) {
            (At(due), Replied) => {
                self.run(row, Transition::Reply(reply(row.1)), 2).await;
                self.send(row, Transition::RetrySend(at(due), row.history()), 8)
                    .await;
            }
            (At(due), _) => {
                self.run(row, Transition::Reply(reply(row.1)), 2).await;
                self.send(row, Transition::Redeliver(at(due), row.history()), 8)
                    .await;
            }
            _ => {
                let saved = self.0.save_reply(&token(row.1), reply(row.1), at(10)).await;
                assert!(saved.unwrap(), "{}", row.1);
            }
        }
    }

    async fn crash(&self, row: &Row) {
        self.run(row, Transition::RetryRun(at(3)), 2).await;
        self.0.release_due(at(5)).await.unwrap();
        for _ in 0..3 {
            let run = self.claim_run(row).await;
            self.0.release_claims(&[run]).await.unwrap();
        }
    }

    async fn claim_run(&self, row: &Row) -> Claim {
        let quotas = [RunQuota {
            code: row.code(),
            max: 9,
        }];
        let mut runs = self.0.claim_runs(&quotas, 9, at(LEASE)).await.unwrap();
        assert_eq!(runs.len(), 1, "{}", row.1);
        runs.remove(0).claim
    }

    async fn run(&self, row: &Row, transition: Transition, now: u64) {
        let claim = self.claim_run(row).await;
        self.finish(row, &claim, transition, at(now)).await;
    }

    async fn send(&self, row: &Row, transition: Transition, now: u64) {
        let mut replies = self
            .0
            .claim_replies(row.member_id(), 9, at(LEASE))
            .await
            .unwrap();
        assert_eq!(replies.len(), 1, "{}", row.1);
        let claim = replies.remove(0).claim;
        self.finish(row, &claim, transition, at(now)).await;
    }

    async fn finish(&self, row: &Row, claim: &Claim, transition: Transition, now: SystemTime) {
        let finished = self.0.finish(claim, transition, now).await;
        assert!(finished.unwrap(), "{}", row.1);
    }
}
