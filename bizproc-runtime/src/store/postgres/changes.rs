//! What changes the calls: each locks a call, lets the rules change it, and saves it.

use std::time::SystemTime;

use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::row::{SqlResult, answer, to_i64, to_ms};
use super::super::{CallToRun, Claim, Completion, ReplyToSend, Transition};
use super::calls::Calls;
use super::listen::Notice;
use super::text::escape;
use super::{Postgres, read};
use crate::error::Result;
use crate::rest::EventToken;

/// How many calls one transaction changes of those that are many at once.
pub(super) const STEP: usize = 500;

impl Postgres {
    async fn commit(&self, calls: Calls) -> SqlResult<()> {
        let (signs, notices) = calls.commit().await?;
        for sign in signs {
            self.shared.notifier.give(&sign);
        }
        self.teller.tell(notices).await;
        Ok(())
    }

    pub(super) async fn start(
        &self,
        slots: &[(String, i64)],
        total: usize,
        lease: SystemTime,
    ) -> SqlResult<Vec<(CallToRun, Sealed)>> {
        let mut calls = Calls::begin_brief(&self.pool).await?;
        let (mut started, mut claimed) = (Vec::new(), Vec::new());
        for (mut call, body) in calls.first_to_run(slots, total).await? {
            call.start(lease);
            claimed.push((call.to_run(Vec::new()), body));
            started.push(call);
        }
        let answers = vec![None; started.len()];
        calls.save_all(&started, answers).await?;
        if slots.len() > 1 && started.len() >= total {
            // More were locked than were claimed.
            calls.notice(Notice::Run);
        }
        self.commit(calls).await?;
        Ok(claimed)
    }

    pub(super) async fn take(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> SqlResult<Vec<(ReplyToSend, Sealed)>> {
        let mut calls = Calls::begin_brief(&self.pool).await?;
        let (mut taken, mut claimed) = (Vec::new(), Vec::new());
        for (mut call, body, text) in calls.first_to_send(member_id, at_most).await? {
            call.claim(lease);
            claimed.push((call.to_send(Vec::new(), answer(&text)?), body));
            taken.push(call);
        }
        let answers = vec![None; taken.len()];
        calls.save_all(&taken, answers).await?;
        self.commit(calls).await?;
        Ok(claimed)
    }

    /// Changes one call as the rules say; `None` when there is none. It is locked only when it
    /// looks as if it would change: what is locked cannot be claimed.
    pub(super) async fn change(
        &self,
        token: &EventToken,
        answer: Option<String>,
        change: impl Fn(&mut Entry) -> bool,
    ) -> SqlResult<Option<bool>> {
        let Some(mut seen) = read::call_of(&self.pool, token).await? else {
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
            calls.save(call, answer).await?;
        } else {
            calls.tell(&call);
        }
        self.commit(calls).await?;
        Ok(Some(is_changed))
    }

    pub(super) async fn end(
        &self,
        claim: &Claim,
        next: &Transition,
        answer: Option<String>,
        now: SystemTime,
    ) -> SqlResult<Result<bool>> {
        let seen = read::call_of(&self.pool, &claim.event_token).await?;
        if !seen.is_some_and(|seen| seen.is_claimed_by(claim)) {
            return Ok(Ok(false));
        }
        let mut calls = Calls::begin(&self.pool).await?;
        let Some(mut call) = calls.find(&claim.event_token).await? else {
            return Ok(Ok(false));
        };
        let ended = if call.is_claimed_by(claim) {
            call.finish(next, now).map(|()| true)
        } else {
            Ok(false)
        };
        if matches!(ended, Ok(true)) {
            calls.save(call, answer).await?;
        } else {
            calls.tell(&call);
        }
        self.commit(calls).await?;
        Ok(ended)
    }

    /// Moves the end of leases, or ends them at once.
    pub(super) async fn lease(&self, claims: &[Claim], until: Option<SystemTime>) -> SqlResult<()> {
        let held = read::held(&self.pool, claims).await?;
        if held.is_empty() {
            return Ok(());
        }
        let mut calls = Calls::begin_brief(&self.pool).await?;
        let mut own = Vec::new();
        for call in calls.find_all(&held).await? {
            if read::is_held(&call, claims) {
                own.push(call);
            } else {
                calls.tell(&call);
            }
        }
        for call in &mut own {
            match until {
                Some(until) => call.due = Some(until),
                None => call.release(),
            }
        }
        let answers = vec![None; own.len()];
        calls.save_all(&own, answers).await?;
        self.commit(calls).await
    }

    pub(super) async fn wake_step(&self, now: SystemTime) -> SqlResult<usize> {
        let mut calls = Calls::begin_brief(&self.pool).await?;
        let mut due = calls.due(now, STEP).await?;
        for call in &mut due {
            call.wake(now);
        }
        let answers = vec![None; due.len()];
        calls.save_all(&due, answers).await?;
        self.commit(calls).await?;
        Ok(due.len())
    }

    pub(super) async fn forget_step(&self, before: SystemTime, at_most: usize) -> SqlResult<usize> {
        let deleted = sqlx::query(
            "DELETE FROM bizproc_calls WHERE number IN (SELECT number FROM bizproc_calls \
             WHERE stage = 4 AND settled_at < $1 ORDER BY settled_at, number LIMIT $2 \
             FOR UPDATE SKIP LOCKED)",
        )
        .bind(to_ms(before))
        .bind(to_i64(at_most))
        .execute(&self.pool)
        .await?;
        Ok(deleted.rows_affected().try_into().unwrap_or(usize::MAX))
    }

    pub(super) async fn keep_portal(&self, member_id: &str, kept: &Sealed) -> SqlResult<()> {
        let mut calls = Calls::begin(&self.pool).await?;
        sqlx::query(
            "INSERT INTO bizproc_portals (member_id, key_id, portal) VALUES ($1, $2, $3) \
             ON CONFLICT (member_id) DO UPDATE \
             SET key_id = excluded.key_id, portal = excluded.portal",
        )
        .bind(escape(member_id))
        .bind(kept.key_id)
        .bind(&kept.bytes)
        .execute(calls.connection().await?)
        .await?;
        calls.notice(Notice::Portal(member_id.to_owned()));
        self.commit(calls).await?;
        self.shared.portals.forget(member_id);
        Ok(())
    }

    /// Keeps a portal in place of what is kept; `false` when that is something else by now.
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
        .bind(&old.bytes)
        .bind(new.key_id)
        .bind(&new.bytes)
        .execute(calls.connection().await?)
        .await?;
        if swapped.rows_affected() == 0 {
            return Ok(false);
        }
        calls.notice(Notice::Portal(member_id.to_owned()));
        self.commit(calls).await?;
        self.shared.portals.forget(member_id);
        Ok(true)
    }

    pub(super) async fn drop_portal(&self, member_id: &str) -> SqlResult<()> {
        let mut calls = Calls::begin(&self.pool).await?;
        sqlx::query("DELETE FROM bizproc_portals WHERE member_id = $1")
            .bind(escape(member_id))
            .execute(calls.connection().await?)
            .await?;
        calls.notice(Notice::Portal(member_id.to_owned()));
        self.commit(calls).await?;
        self.shared.portals.forget(member_id);
        Ok(())
    }

    /// Settles a step of a portal's calls, those after this number; the last number, if any.
    pub(super) async fn uninstall_step(
        &self,
        member_id: &str,
        after: u64,
        now: SystemTime,
    ) -> SqlResult<Option<u64>> {
        let mut calls = Calls::begin(&self.pool).await?;
        let mut open = calls.of_portal(member_id, after, STEP).await?;
        for call in &mut open {
            call.settle(Completion::Uninstalled, now);
        }
        let answers = vec![None; open.len()];
        calls.save_all(&open, answers).await?;
        self.commit(calls).await?;
        Ok(open.last().map(|call| call.number))
    }
}
