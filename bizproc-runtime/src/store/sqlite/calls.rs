//! The calls of the one connection that writes.

use std::time::SystemTime;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::notifier::Sign;
use super::super::row::{SqlResult, columns, entry, key, stage_to_number, to_i64, to_ms};
use super::super::{Claim, Completion};
use crate::portal::Portal;
use crate::rest::EventToken;

const SAVE: &str = "UPDATE calls SET stage = ?, has_answer = ?, settlement = ?, reason = ?, \
     due = ?, is_claimed = ?, fence = ?, starts = ?, failures = ?, attempts = ?, since = ?, \
     ambiguous = ?, taken = ?, settled_at = ? WHERE number = ?";

/// What is settled needs no body, and an answer only if it was sent.
const TIDY: &str = "DELETE FROM bodies WHERE number = ?; \
     DELETE FROM answers WHERE number = ? AND NOT ?";

const FORGET: &str = "DELETE FROM calls WHERE number = ?; DELETE FROM answers WHERE number = ?";

pub(super) const FIND: &str = concat!("SELECT ", columns!(), " FROM calls WHERE key = ?");

pub(super) const TO_RUN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM calls INDEXED BY to_run WHERE stage = 0 AND due IS NULL AND code = ? \
     ORDER BY deadline, number LIMIT ?"
);

pub(super) const TO_SEND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM calls INDEXED BY to_send \
     WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id = ? \
     ORDER BY stage, deadline, number LIMIT ?"
);

pub(super) const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM calls INDEXED BY due WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?"
);

pub(super) const SETTLED: &str = "SELECT number FROM calls INDEXED BY settled \
     WHERE stage = 4 AND settled_at < ? ORDER BY settled_at, number LIMIT ?";

/// What is done after the commit, in the order of the changes.
#[derive(Debug)]
pub(super) enum After {
    Tell(Sign),
    Know(Box<Portal>),
    Forget(String),
}

/// The connection that writes, within a transaction.
#[derive(Debug)]
pub(super) struct Calls<'a> {
    pub(super) connection: &'a mut SqliteConnection,
    pub(super) after: &'a mut Vec<After>,
}

impl Calls<'_> {
    pub(super) async fn set_body(&mut self, number: i64, body: &Sealed) -> SqlResult<()> {
        sqlx::query("INSERT OR REPLACE INTO bodies (number, key_id, body) VALUES (?, ?, ?)")
            .bind(number)
            .bind(body.key_id)
            .bind(&body.bytes)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    pub(super) async fn set_answer(&mut self, call: &Entry, answer: &str) -> SqlResult<()> {
        if !call.has_answer {
            return Ok(());
        }
        sqlx::query("INSERT OR REPLACE INTO answers (number, answer) VALUES (?, ?)")
            .bind(to_i64(call.number))
            .bind(answer)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    pub(super) async fn find(&mut self, token: &EventToken) -> SqlResult<Option<Entry>> {
        let row = sqlx::query(FIND).bind(key(token));
        let row = row.fetch_optional(&mut *self.connection).await?;
        row.as_ref().map(entry).transpose()
    }

    /// The call of a claim; `None` when the claim was lost.
    pub(super) async fn claimed(&mut self, claim: &Claim) -> SqlResult<Option<Entry>> {
        let call = self.find(&claim.event_token).await?;
        Ok(call.filter(|call| call.is_claimed_by(claim)))
    }

    /// The first calls of a robot that can be run.
    pub(super) async fn first_to_run(
        &mut self,
        code: &str,
        at_most: usize,
    ) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(TO_RUN).bind(code).bind(to_i64(at_most));
        entries(&rows.fetch_all(&mut *self.connection).await?)
    }

    /// The first answers to a portal that can be sent.
    pub(super) async fn first_to_send(
        &mut self,
        member: &str,
        at_most: usize,
    ) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(TO_SEND).bind(member).bind(to_i64(at_most));
        entries(&rows.fetch_all(&mut *self.connection).await?)
    }

    /// The first calls whose time has come.
    pub(super) async fn due(&mut self, now: SystemTime, at_most: usize) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(DUE).bind(to_ms(now)).bind(to_i64(at_most));
        entries(&rows.fetch_all(&mut *self.connection).await?)
    }

    pub(super) async fn body(&mut self, call: &Entry) -> SqlResult<Sealed> {
        let row = sqlx::query("SELECT key_id, body FROM bodies WHERE number = ?")
            .bind(to_i64(call.number))
            .fetch_one(&mut *self.connection)
            .await?;
        Ok(Sealed {
            key_id: row.try_get(0)?,
            bytes: row.try_get(1)?,
        })
    }

    pub(super) async fn answer(&mut self, call: &Entry) -> SqlResult<String> {
        sqlx::query_scalar("SELECT answer FROM answers WHERE number = ?")
            .bind(to_i64(call.number))
            .fetch_one(&mut *self.connection)
            .await
    }

    /// Keeps what changed of a call, without what is not needed any more.
    pub(super) async fn save(&mut self, call: &Entry) -> SqlResult<()> {
        let number = to_i64(call.number);
        sqlx::query(SAVE)
            .bind(stage_to_number(call.stage))
            .bind(call.has_answer)
            .bind(call.settlement.map(Completion::name))
            .bind(&call.reason)
            .bind(call.due.map(to_ms))
            .bind(call.is_claimed)
            .bind(to_i64(call.fence))
            .bind(i64::from(call.starts))
            .bind(i64::from(call.failures))
            .bind(i64::from(call.sending.attempts))
            .bind(call.sending.first_attempt_at.map(to_ms))
            .bind(call.sending.ambiguous)
            .bind(i64::from(call.sending.delivered))
            .bind(call.settled_at.map(to_ms))
            .bind(number)
            .execute(&mut *self.connection)
            .await?;
        if !call.needs_body() {
            sqlx::query(TIDY)
                .bind(number)
                .bind(number)
                .bind(call.has_answer)
                .execute(&mut *self.connection)
                .await?;
        }
        self.tell(call);
        Ok(())
    }

    /// Forgets calls that were settled before; how many.
    pub(super) async fn forget(&mut self, before: SystemTime, at_most: usize) -> SqlResult<usize> {
        let numbers: Vec<i64> = sqlx::query_scalar(SETTLED)
            .bind(to_ms(before))
            .bind(to_i64(at_most))
            .fetch_all(&mut *self.connection)
            .await?;
        for number in &numbers {
            sqlx::query(FORGET)
                .bind(number)
                .bind(number)
                .execute(&mut *self.connection)
                .await?;
        }
        Ok(numbers.len())
    }

    pub(super) fn tell(&mut self, call: &Entry) {
        self.after.extend(call.sign().map(After::Tell));
    }
}

fn entries(rows: &[SqliteRow]) -> SqlResult<Vec<Entry>> {
    rows.iter().map(entry).collect()
}
