//! What changes the calls: each locks a call, lets the rules change it, and saves it.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use sqlx::PgPool;

use crate::rest::EventToken;
use crate::store::model::{CallToRun, Claim, Completion, ReplyToSend, Transition};
use crate::store::postgres::calls::Calls;
use crate::store::postgres::notice::Notice;
use crate::store::postgres::notify::NoticeWriter;
use crate::store::postgres::read;
use crate::store::postgres::shared::{Shared, calls_table};
use crate::store::postgres::text::escape;
use crate::store::rules::{Entry, Finished};
use crate::store::sql::cipher::Sealed;
use crate::store::sql::claims::Claimed;
use crate::store::sql::steps::STEP;
use crate::store::sql::value::{SqlResult, to_i64, to_ms};

const PURGE: &str = concat!(
    "DELETE FROM ",
    calls_table!(),
    " WHERE number IN (SELECT number FROM ",
    calls_table!(),
    " WHERE stage = 4 AND completed_at < $1 ORDER BY completed_at, number LIMIT $2 \
     FOR UPDATE SKIP LOCKED)"
);

/// What a change needs.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) pool: PgPool,
    pub(super) notices: NoticeWriter,
    pub(super) shared: Arc<Shared>,
}

impl Database {
    async fn commit(&self, calls: Calls) -> SqlResult<()> {
        let (notifications, notices) = calls.commit().await?;
        for notification in notifications {
            self.shared.notifier.notify(&notification);
        }
        self.notices.notify(notices).await;
        Ok(())
    }

    pub(super) async fn claim_runs(
        &self,
        quotas: &[(String, i64)],
        total: usize,
        lease: SystemTime,
    ) -> SqlResult<Vec<Claimed<CallToRun>>> {
        let mut calls = Calls::begin_relaxed(&self.pool).await?;
        let mut changed = Vec::new();
        let mut claimed = Vec::new();
        for (mut call, head, body) in calls.first_runnable(quotas, total).await? {
            call.claim_run(lease);
            let work = call.to_run(Bytes::new());
            claimed.push(Claimed { work, head, body });
            changed.push(call);
        }
        calls.save_states(&changed).await?;
        if quotas.len() > 1 && changed.len() >= total {
            // More were locked than were claimed.
            calls.notice(Notice::Runnable);
        }
        self.commit(calls).await?;
        Ok(claimed)
    }

    pub(super) async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> SqlResult<Vec<Claimed<ReplyToSend>>> {
        let mut calls = Calls::begin_relaxed(&self.pool).await?;
        let mut changed = Vec::new();
        let mut claimed = Vec::new();
        for (mut call, head, body, reply) in calls.first_sendable(member_id, limit).await? {
            call.claim(lease);
            let work = call.to_send(reply);
            claimed.push(Claimed { work, head, body });
            changed.push(call);
        }
        calls.save_states(&changed).await?;
        self.commit(calls).await?;
        Ok(claimed)
    }

    /// Changes one call as the rules say; `None` when there is none. It is locked only when it
    /// looks as if it would change: what is locked cannot be claimed.
    pub(super) async fn change(
        &self,
        token: &EventToken,
        reply: Option<String>,
        change: impl Fn(&mut Entry) -> bool,
    ) -> SqlResult<Option<bool>> {
        let Some(mut seen) = read::entry(&self.pool, token).await? else {
            return Ok(None);
        };
        if !change(&mut seen) {
            return Ok(Some(false));
        }
        let mut calls = Calls::begin(&self.pool).await?;
        let Some(mut call) = calls.find(token).await? else {
            return Ok(None);
        };
        let is_changed = change(&mut call);
        if is_changed {
            calls.save(call, reply).await?;
        } else {
            calls.notify(&call);
        }
        self.commit(calls).await?;
        Ok(Some(is_changed))
    }

    pub(super) async fn finish(
        &self,
        claim: &Claim,
        transition: &Transition,
        reply: Option<String>,
        now: SystemTime,
    ) -> SqlResult<Finished> {
        let seen = read::entry(&self.pool, &claim.event_token).await?;
        if !seen.is_some_and(|seen| seen.is_claimed_by(claim)) {
            return Ok(Finished::ClaimLost);
        }
        let mut calls = Calls::begin(&self.pool).await?;
        let Some(mut call) = calls.find(&claim.event_token).await? else {
            return Ok(Finished::ClaimLost);
        };
        let finished = call.finish(claim, transition, now);
        if let Finished::Done = finished {
            calls.save(call, reply).await?;
        } else {
            calls.notify(&call);
        }
        self.commit(calls).await?;
        Ok(finished)
    }

    /// Moves the end of leases, or ends them now.
    pub(super) async fn lease(&self, claims: &[Claim], until: Option<SystemTime>) -> SqlResult<()> {
        let held = read::held(&self.pool, claims).await?;
        if held.is_empty() {
            return Ok(());
        }
        let mut calls = Calls::begin_relaxed(&self.pool).await?;
        let mut own = Vec::new();
        for call in calls.find_all(&held).await? {
            if read::is_held(&call, claims) {
                own.push(call);
            } else {
                calls.notify(&call);
            }
        }
        for call in &mut own {
            match until {
                Some(until) => call.due = Some(until),
                None => call.release(),
            }
        }
        calls.save_states(&own).await?;
        self.commit(calls).await
    }

    pub(super) async fn release_due(&self, now: SystemTime) -> SqlResult<usize> {
        let mut calls = Calls::begin_relaxed(&self.pool).await?;
        let mut due = calls.due(now, STEP).await?;
        for call in &mut due {
            call.release_due(now);
        }
        calls.save_states(&due).await?;
        self.commit(calls).await?;
        Ok(due.len())
    }

    pub(super) async fn purge(&self, before: SystemTime, limit: usize) -> SqlResult<usize> {
        let deleted = sqlx::query(PURGE)
            .bind(to_ms(before))
            .bind(to_i64(limit))
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected().try_into().unwrap_or(usize::MAX))
    }

    pub(super) async fn save_portal(&self, member_id: &str, sealed: &Sealed) -> SqlResult<()> {
        let mut calls = Calls::begin(&self.pool).await?;
        sqlx::query(
            "INSERT INTO bizproc_portals (member_id, key_id, portal) VALUES ($1, $2, $3) \
             ON CONFLICT (member_id) DO UPDATE \
             SET key_id = excluded.key_id, portal = excluded.portal",
        )
        .bind(escape(member_id))
        .bind(sealed.key_id)
        .bind(&*sealed.bytes)
        .execute(calls.connection().await?)
        .await?;
        self.commit_portal(calls, member_id).await
    }

    /// Replaces a portal if it is still what was read; `false` when it is something else by now.
    pub(super) async fn swap_portal(
        &self,
        member_id: &str,
        old: &Sealed,
        new: &Sealed,
    ) -> SqlResult<bool> {
        let mut calls = Calls::begin(&self.pool).await?;
        let swapped = sqlx::query(
            "UPDATE bizproc_portals SET key_id = $4, portal = $5 \
             WHERE member_id = $1 AND key_id = $2 AND portal = $3",
        )
        .bind(escape(member_id))
        .bind(old.key_id)
        .bind(&*old.bytes)
        .bind(new.key_id)
        .bind(&*new.bytes)
        .execute(calls.connection().await?)
        .await?;
        if swapped.rows_affected() == 0 {
            return Ok(false);
        }
        self.commit_portal(calls, member_id).await?;
        Ok(true)
    }

    pub(super) async fn delete_portal(&self, member_id: &str) -> SqlResult<()> {
        let mut calls = Calls::begin(&self.pool).await?;
        sqlx::query("DELETE FROM bizproc_portals WHERE member_id = $1")
            .bind(escape(member_id))
            .execute(calls.connection().await?)
            .await?;
        self.commit_portal(calls, member_id).await
    }

    async fn commit_portal(&self, mut calls: Calls, member_id: &str) -> SqlResult<()> {
        calls.notice(Notice::Portal(member_id.to_owned()));
        self.commit(calls).await?;
        self.shared.portals.evict(member_id);
        Ok(())
    }

    /// Completes a step of a portal's calls, those after this number; returns the last number.
    pub(super) async fn uninstall(
        &self,
        member_id: &str,
        after: u64,
        now: SystemTime,
    ) -> SqlResult<Option<u64>> {
        let mut calls = Calls::begin(&self.pool).await?;
        let mut open = calls.open(member_id, after, STEP).await?;
        for call in &mut open {
            call.complete(Completion::Uninstalled, now);
        }
        calls.save_states(&open).await?;
        self.commit(calls).await?;
        Ok(open.last().map(|call| call.number))
    }
}
