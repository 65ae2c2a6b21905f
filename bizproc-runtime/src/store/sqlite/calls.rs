//! The statements of the one connection that writes.

use std::sync::Arc;
use std::time::SystemTime;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::model::{Claim, Completion, ReplyToSend};
use crate::store::notifier::Notification;
use crate::store::rules::Entry;
use crate::store::sql::cipher::Sealed;
use crate::store::sql::claims::Claimed;
use crate::store::sql::columns::{Reader, columns, stage_to_number};
use crate::store::sql::reply;
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::value::{SqlResult, key, to_i64, to_ms};

/// A completed call needs no head. The parameters are numbered, because sqlx counts wrong when some
/// are and some are not.
const SAVE: &str = "UPDATE calls SET stage = ?1, has_reply = ?2, completion = ?3, reason = ?4, \
     due = ?5, is_claimed = ?6, fence = ?7, runs_started = ?8, failures = ?9, sends = ?10, \
     first_sent_at = ?11, ambiguous = ?12, delivered = ?13, completed_at = ?14, \
     head = CASE WHEN ?1 <> 4 THEN head END WHERE number = ?15";

/// A completed call needs no body, and a reply only if it was delivered.
const TIDY: &str = "DELETE FROM bodies WHERE number = ?; \
     DELETE FROM replies WHERE number = ? AND NOT ?";

const REPLACE_BODY: &str = "UPDATE calls SET head_key_id = ?, head = ? WHERE number = ?; \
     INSERT OR REPLACE INTO bodies (number, key_id, body) VALUES (?, ?, ?)";

const PURGE: &str = "DELETE FROM calls WHERE number = ?; DELETE FROM replies WHERE number = ?";

pub(super) const FIND: &str = concat!("SELECT ", columns!(), " FROM calls WHERE key = ?");

pub(super) const RUNNABLE: &str = concat!(
    "SELECT ",
    columns!(),
    ", head_key_id, head FROM calls INDEXED BY to_run \
     WHERE stage = 0 AND due IS NULL AND code = ? ORDER BY deadline, number LIMIT ?"
);

/// The join is a cross join because its order is not for SQLite to choose.
pub(super) const SENDABLE: &str = concat!(
    "SELECT ",
    columns!(),
    ", head_key_id, head, reply FROM calls INDEXED BY to_send \
     CROSS JOIN replies ON replies.number = calls.number \
     WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id = ? \
     ORDER BY stage, deadline, calls.number LIMIT ?"
);

pub(super) const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM calls INDEXED BY due WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?"
);

pub(super) const COMPLETED: &str = "SELECT number FROM calls INDEXED BY completed \
     WHERE stage = 4 AND completed_at < ? ORDER BY completed_at, number LIMIT ?";

/// What is done after the commit, in the order of the changes.
#[derive(Debug)]
pub(super) enum PostCommit {
    Notify(Notification),
    CachePortal(Arc<Portal>),
    EvictPortal(String),
}

/// The connection that writes, within a transaction.
#[derive(Debug)]
pub(super) struct Calls<'a> {
    pub(super) connection: &'a mut SqliteConnection,
    pub(super) post_commit: &'a mut Vec<PostCommit>,
}

impl Calls<'_> {
    /// Replaces head and body by those of another delivery.
    pub(super) async fn replace_body(&mut self, number: u64, call: &SealedCall) -> SqlResult<()> {
        let number = to_i64(number);
        sqlx::query(REPLACE_BODY)
            .bind(call.head.key_id)
            .bind(&*call.head.bytes)
            .bind(number)
            .bind(number)
            .bind(call.body.key_id)
            .bind(&*call.body.bytes)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    pub(super) async fn save_reply(&mut self, call: &Entry, reply: &str) -> SqlResult<()> {
        if !call.has_reply {
            return Ok(());
        }
        sqlx::query("INSERT OR REPLACE INTO replies (number, reply) VALUES (?, ?)")
            .bind(to_i64(call.number))
            .bind(reply)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    pub(super) async fn find(&mut self, token: &EventToken) -> SqlResult<Option<Entry>> {
        let row = sqlx::query(FIND)
            .bind(key(token))
            .fetch_optional(&mut *self.connection)
            .await?;
        row.as_ref().map(entry).transpose()
    }

    /// The call of a claim; `None` when the claim was lost.
    pub(super) async fn claimed(&mut self, claim: &Claim) -> SqlResult<Option<Entry>> {
        let call = self.find(&claim.event_token).await?;
        Ok(call.filter(|call| call.is_claimed_by(claim)))
    }

    /// The first calls of a robot that can be run, each with its head.
    pub(super) async fn first_runnable(
        &mut self,
        code: &str,
        limit: usize,
    ) -> SqlResult<Vec<(Entry, Option<Sealed>)>> {
        let rows = sqlx::query(RUNNABLE)
            .bind(code)
            .bind(to_i64(limit))
            .fetch_all(&mut *self.connection)
            .await?;
        let read = |row| {
            let mut reader = Reader::new(row);
            let call = reader.entry()?;
            let key_id = reader.key_id()?;
            Ok((call, reader.sealed(key_id)?))
        };
        rows.iter().map(read).collect()
    }

    /// Claims the first replies to a portal that can be sent.
    pub(super) async fn claim_sendable(
        &mut self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> SqlResult<Vec<Claimed<ReplyToSend>>> {
        let rows = sqlx::query(SENDABLE)
            .bind(member_id)
            .bind(to_i64(limit))
            .fetch_all(&mut *self.connection)
            .await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut reader = Reader::new(row);
            let mut call = reader.entry()?;
            let key_id = reader.key_id()?;
            let head = reader.sealed(key_id)?;
            let stored = reply::from_text(&reader.text()?)?;
            call.claim(lease);
            self.save(&call).await?;
            let body = match head {
                Some(_) => None,
                None => Some(self.body(&call).await?),
            };
            let work = call.to_send(stored);
            claimed.push(Claimed { work, head, body });
        }
        Ok(claimed)
    }

    /// The first calls that are due.
    pub(super) async fn due(&mut self, now: SystemTime, limit: usize) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(DUE)
            .bind(to_ms(now))
            .bind(to_i64(limit))
            .fetch_all(&mut *self.connection)
            .await?;
        rows.iter().map(entry).collect()
    }

    pub(super) async fn body(&mut self, call: &Entry) -> SqlResult<Sealed> {
        let row = sqlx::query("SELECT key_id, body FROM bodies WHERE number = ?")
            .bind(to_i64(call.number))
            .fetch_one(&mut *self.connection)
            .await?;
        let mut reader = Reader::new(&row);
        let key_id = reader.key_id()?;
        let body = reader.sealed(key_id)?;
        body.ok_or(sqlx::Error::RowNotFound)
    }

    /// Saves what changed of a call, and deletes what it does not need any more.
    pub(super) async fn save(&mut self, call: &Entry) -> SqlResult<()> {
        let number = to_i64(call.number);
        sqlx::query(SAVE)
            .bind(stage_to_number(call.stage))
            .bind(call.has_reply)
            .bind(call.completion.map(Completion::name))
            .bind(&call.reason)
            .bind(call.due.map(to_ms))
            .bind(call.is_claimed)
            .bind(to_i64(call.fence))
            .bind(i64::from(call.runs_started))
            .bind(i64::from(call.failures))
            .bind(i64::from(call.history.attempts))
            .bind(call.history.first_attempt_at.map(to_ms))
            .bind(call.history.ambiguous)
            .bind(i64::from(call.history.delivered))
            .bind(call.completed_at.map(to_ms))
            .bind(number)
            .execute(&mut *self.connection)
            .await?;
        if !call.needs_body() {
            sqlx::query(TIDY)
                .bind(number)
                .bind(number)
                .bind(call.has_reply)
                .execute(&mut *self.connection)
                .await?;
        }
        self.notify(call);
        Ok(())
    }

    /// Deletes calls that were completed before; returns how many.
    pub(super) async fn purge(&mut self, before: SystemTime, limit: usize) -> SqlResult<usize> {
        let numbers: Vec<i64> = sqlx::query_scalar(COMPLETED)
            .bind(to_ms(before))
            .bind(to_i64(limit))
            .fetch_all(&mut *self.connection)
            .await?;
        for number in &numbers {
            sqlx::query(PURGE)
                .bind(number)
                .bind(number)
                .execute(&mut *self.connection)
                .await?;
        }
        Ok(numbers.len())
    }

    pub(super) fn notify(&mut self, call: &Entry) {
        let notification = call.notification().map(PostCommit::Notify);
        self.post_commit.extend(notification);
    }
}

fn entry(row: &SqliteRow) -> SqlResult<Entry> {
    Reader::new(row).entry()
}
