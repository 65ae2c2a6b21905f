//! What changes the calls: each loads a call, lets the rules change it, and saves it.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::model::{AcceptOutcome, CallToRun, Claim, Completion, ReplyToSend, Transition};
use crate::store::rules::Finished;
use crate::store::sql::cipher::Sealed;
use crate::store::sql::claims::Claimed;
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::steps::STEP;
use crate::store::sql::value::SqlResult;
use crate::store::sqlite::calls::{Calls, PostCommit};
use crate::store::sqlite::writer::Change;

pub(super) struct Accept(pub(super) SealedCall);

#[async_trait]
impl Change for Accept {
    type Output = AcceptOutcome;

    // Something else was done with the call.
    const CANCEL_IF_ABANDONED: bool = true;

    fn new_call(&self) -> Option<(&SealedCall, AcceptOutcome)> {
        Some((&self.0, AcceptOutcome::Accepted))
    }

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<AcceptOutcome> {
        let head = &self.0.entry.head;
        if calls.insert(&self.0).await? {
            return Ok(AcceptOutcome::Accepted);
        }
        let Some(mut call) = calls.find(&head.event_token).await? else {
            return Ok(AcceptOutcome::Duplicate);
        };
        if !call.redeliver(&head.member_id) {
            return Ok(AcceptOutcome::Duplicate);
        }
        calls.replace_body(call.number, &self.0).await?;
        calls.save(&call).await?;
        Ok(AcceptOutcome::Redelivered)
    }
}

pub(super) struct ClaimRuns {
    pub(super) quotas: Vec<(String, usize)>,
    pub(super) total: usize,
    pub(super) lease: SystemTime,
}

#[async_trait]
impl Change for ClaimRuns {
    type Output = Vec<Claimed<CallToRun>>;

    const RELAXED_SYNC: bool = true;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Self::Output> {
        let mut found = Vec::new();
        for (code, max) in &self.quotas {
            let limit = self.total.min(*max);
            if limit > 0 {
                found.extend(calls.first_runnable(code, limit).await?);
            }
        }
        found.sort_by_key(|(call, _)| {
            let deadline = call.head.deadline;
            (deadline.is_none(), deadline, call.number)
        });
        found.truncate(self.total);
        let mut claimed = Vec::with_capacity(found.len());
        for (mut call, head) in found {
            call.claim_run(self.lease);
            calls.save(&call).await?;
            let body = Some(calls.body(&call).await?);
            let work = call.to_run(bytes::Bytes::new());
            claimed.push(Claimed { work, head, body });
        }
        Ok(claimed)
    }
}

pub(super) struct ClaimReplies {
    pub(super) member_id: String,
    pub(super) limit: usize,
    pub(super) lease: SystemTime,
}

#[async_trait]
impl Change for ClaimReplies {
    type Output = Vec<Claimed<ReplyToSend>>;

    const RELAXED_SYNC: bool = true;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Self::Output> {
        calls
            .claim_sendable(&self.member_id, self.limit, self.lease)
            .await
    }
}

pub(super) struct SaveReply {
    pub(super) token: EventToken,
    pub(super) reply: String,
    pub(super) now: SystemTime,
}

#[async_trait]
impl Change for SaveReply {
    /// `None` when there is no such call.
    type Output = Option<bool>;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Option<bool>> {
        let Some(mut call) = calls.find(&self.token).await? else {
            return Ok(None);
        };
        let is_first = call.reply(self.now);
        if is_first {
            calls.save_reply(&call, &self.reply).await?;
            calls.save(&call).await?;
        }
        Ok(Some(is_first))
    }
}

pub(super) struct Finish {
    pub(super) claim: Claim,
    pub(super) transition: Transition,
    /// The text of the transition's reply.
    pub(super) reply: Option<String>,
    pub(super) now: SystemTime,
}

#[async_trait]
impl Change for Finish {
    type Output = Finished;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Finished> {
        let Some(mut call) = calls.find(&self.claim.event_token).await? else {
            return Ok(Finished::ClaimLost);
        };
        let finished = call.finish(&self.claim, &self.transition, self.now);
        if let Finished::Done = finished {
            if let Some(reply) = &self.reply {
                calls.save_reply(&call, reply).await?;
            }
            calls.save(&call).await?;
        }
        Ok(finished)
    }
}

/// Moves the end of leases, or ends them now.
pub(super) struct Lease {
    pub(super) claims: Vec<Claim>,
    pub(super) until: Option<SystemTime>,
}

#[async_trait]
impl Change for Lease {
    type Output = ();

    const RELAXED_SYNC: bool = true;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        for claim in &self.claims {
            if let Some(mut call) = calls.claimed(claim).await? {
                match self.until {
                    Some(until) => call.due = Some(until),
                    None => call.release(),
                }
                calls.save(&call).await?;
            }
        }
        Ok(())
    }
}

pub(super) struct RetryDead(pub(super) EventToken);

#[async_trait]
impl Change for RetryDead {
    /// `None` when there is no such call.
    type Output = Option<bool>;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Option<bool>> {
        let Some(mut call) = calls.find(&self.0).await? else {
            return Ok(None);
        };
        let was_dead = call.retry_dead();
        if was_dead {
            calls.save(&call).await?;
        }
        Ok(Some(was_dead))
    }
}

/// Releases a step of what is due.
pub(super) struct ReleaseDue(pub(super) SystemTime);

#[async_trait]
impl Change for ReleaseDue {
    type Output = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        for mut call in calls.due(self.0, STEP).await? {
            call.release_due(self.0);
            calls.save(&call).await?;
        }
        Ok(())
    }
}

pub(super) struct Purge {
    pub(super) before: SystemTime,
    pub(super) limit: usize,
}

#[async_trait]
impl Change for Purge {
    type Output = usize;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<usize> {
        calls.purge(self.before, self.limit).await
    }
}

pub(super) struct SavePortal {
    pub(super) portal: Arc<Portal>,
    pub(super) sealed: Sealed,
}

#[async_trait]
impl Change for SavePortal {
    type Output = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        sqlx::query("INSERT OR REPLACE INTO portals (member_id, key_id, portal) VALUES (?, ?, ?)")
            .bind(&self.portal.member_id)
            .bind(self.sealed.key_id)
            .bind(&*self.sealed.bytes)
            .execute(&mut *calls.connection)
            .await?;
        let portal = Arc::clone(&self.portal);
        calls.post_commit.push(PostCommit::CachePortal(portal));
        Ok(())
    }
}

pub(super) struct RemovePortal(pub(super) String);

#[async_trait]
impl Change for RemovePortal {
    type Output = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        sqlx::query("DELETE FROM portals WHERE member_id = ?")
            .bind(&self.0)
            .execute(&mut *calls.connection)
            .await?;
        let member_id = self.0.clone();
        calls.post_commit.push(PostCommit::EvictPortal(member_id));
        Ok(())
    }
}

/// Completes calls of a portal that is gone.
pub(super) struct Uninstall {
    pub(super) tokens: Vec<EventToken>,
    pub(super) now: SystemTime,
}

#[async_trait]
impl Change for Uninstall {
    type Output = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        for token in &self.tokens {
            if let Some(mut call) = calls.find(token).await?
                && call.needs_body()
            {
                call.complete(Completion::Uninstalled, self.now);
                calls.save(&call).await?;
            }
        }
        Ok(())
    }
}
