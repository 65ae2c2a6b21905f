//! The calls, within a transaction.

use std::collections::BTreeSet;
use std::time::SystemTime;

use sqlx::postgres::PgRow;
use sqlx::{Acquire as _, PgConnection, PgPool, Postgres, Row as _, Transaction};

use super::super::Completion;
use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::notifier::Sign;
use super::super::row::{COLUMNS, SqlResult, columns, entry, key, stage_to_number, to_i64, to_ms};
use super::listen::Notice;
use super::text::{escape, unescape_call};
use crate::rest::EventToken;

/// One transaction, and what it has to tell when it is committed.
#[derive(Debug)]
pub(super) struct Calls {
    transaction: Transaction<'static, Postgres>,
    signs: Vec<Sign>,
    notices: BTreeSet<Notice>,
}

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM bizproc_calls AS calls WHERE key = $1 FOR UPDATE"
);

/// Calls in the order of their numbers, so that two programs that lock the same calls do not wait
/// for each other.
const FIND_ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM bizproc_calls AS calls WHERE key = ANY($1) ORDER BY number FOR UPDATE"
);

const TO_RUN: &str = concat!(
    "SELECT ",
    columns!(),
    ", key_id, body FROM UNNEST($1::text[], $2::bigint[]) AS slot (slot_code, at_most) \
     CROSS JOIN LATERAL (SELECT * FROM bizproc_calls WHERE stage = 0 AND due IS NULL \
     AND code = slot_code ORDER BY deadline, number LIMIT at_most FOR UPDATE SKIP LOCKED) \
     AS calls ORDER BY deadline, number LIMIT $3"
);

const TO_SEND: &str = concat!(
    "SELECT ",
    columns!(),
    ", key_id, body, answer FROM bizproc_calls AS calls \
     WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id = $1 \
     ORDER BY stage, deadline, number LIMIT $2 FOR UPDATE SKIP LOCKED"
);

const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM bizproc_calls AS calls WHERE due IS NOT NULL AND due <= $1 ORDER BY due LIMIT $2 \
     FOR UPDATE SKIP LOCKED"
);

const OF_PORTAL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM bizproc_calls AS calls WHERE number > $1 AND member_id = $2 AND stage <> 4 \
     ORDER BY number LIMIT $3 FOR UPDATE"
);

/// Keeps what changed of calls, without what is not needed any more.
const SAVE: &str = "UPDATE bizproc_calls AS calls SET stage = new.stage, \
     has_answer = new.has_answer, settlement = new.settlement, reason = new.reason, \
     due = new.due, is_claimed = new.is_claimed, fence = new.fence, starts = new.starts, \
     failures = new.failures, attempts = new.attempts, since = new.since, \
     ambiguous = new.ambiguous, taken = new.taken, settled_at = new.settled_at, \
     answer = CASE WHEN new.has_answer THEN coalesce(new.answer, calls.answer) END, \
     body = CASE WHEN new.stage <> 4 THEN calls.body END \
     FROM UNNEST($1::bigint[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], \
     $6::bigint[], $7::boolean[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], \
     $12::bigint[], $13::boolean[], $14::bigint[], $15::bigint[], $16::text[]) \
     AS new (number, stage, has_answer, settlement, reason, due, is_claimed, fence, starts, \
     failures, attempts, since, ambiguous, taken, settled_at, answer) \
     WHERE calls.number = new.number";

impl Calls {
    pub(super) async fn begin(pool: &PgPool) -> SqlResult<Self> {
        Ok(Self::of(pool.begin().await?))
    }

    /// A transaction that a crash of the database may undo: a claim that is lost so is made again.
    pub(super) async fn begin_brief(pool: &PgPool) -> SqlResult<Self> {
        let begin = "BEGIN; SET LOCAL synchronous_commit = off";
        Ok(Self::of(pool.begin_with(begin).await?))
    }

    fn of(transaction: Transaction<'static, Postgres>) -> Self {
        Self {
            transaction,
            signs: Vec::new(),
            notices: BTreeSet::new(),
        }
    }

    /// Commits, and gives what this program is to be told, and what the others.
    pub(super) async fn commit(self) -> SqlResult<(Vec<Sign>, BTreeSet<Notice>)> {
        self.transaction.commit().await?;
        Ok((self.signs, self.notices))
    }

    pub(super) async fn connection(&mut self) -> SqlResult<&mut PgConnection> {
        self.transaction.acquire().await
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.notices.insert(notice);
    }

    pub(super) async fn find(&mut self, token: &EventToken) -> SqlResult<Option<Entry>> {
        let row = sqlx::query(FIND).bind(key(token));
        let row = row.fetch_optional(self.connection().await?).await?;
        row.as_ref().map(call).transpose()
    }

    /// Calls by their tokens.
    pub(super) async fn find_all(&mut self, tokens: &[&EventToken]) -> SqlResult<Vec<Entry>> {
        let keys = tokens.iter().map(|token| key(token));
        let rows = sqlx::query(FIND_ALL).bind(keys.collect::<Vec<_>>());
        let rows = rows.fetch_all(self.connection().await?).await?;
        rows.iter().map(call).collect()
    }

    pub(super) async fn first_to_run(
        &mut self,
        slots: &[(String, i64)],
        total: usize,
    ) -> SqlResult<Vec<(Entry, Sealed)>> {
        let (codes, bounds): (Vec<_>, Vec<_>) = slots.iter().cloned().unzip();
        let rows = sqlx::query(TO_RUN)
            .bind(codes)
            .bind(bounds)
            .bind(to_i64(total));
        let rows = rows.fetch_all(self.connection().await?).await?;
        rows.iter()
            .map(|row| Ok((call(row)?, sealed(row)?)))
            .collect()
    }

    pub(super) async fn first_to_send(
        &mut self,
        member_id: &str,
        at_most: usize,
    ) -> SqlResult<Vec<(Entry, Sealed, String)>> {
        let rows = sqlx::query(TO_SEND)
            .bind(escape(member_id))
            .bind(to_i64(at_most));
        let rows = rows.fetch_all(self.connection().await?).await?;
        rows.iter()
            .map(|row| Ok((call(row)?, sealed(row)?, row.try_get(COLUMNS + 2)?)))
            .collect()
    }

    pub(super) async fn due(&mut self, now: SystemTime, at_most: usize) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(DUE).bind(to_ms(now)).bind(to_i64(at_most));
        let rows = rows.fetch_all(self.connection().await?).await?;
        rows.iter().map(call).collect()
    }

    /// Calls of a portal that are not settled, after the one with this number.
    pub(super) async fn of_portal(
        &mut self,
        member_id: &str,
        after: u64,
        at_most: usize,
    ) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(OF_PORTAL)
            .bind(to_i64(after))
            .bind(escape(member_id))
            .bind(to_i64(at_most));
        let rows = rows.fetch_all(self.connection().await?).await?;
        rows.iter().map(call).collect()
    }

    /// Another delivery brought another body.
    pub(super) async fn set_body(&mut self, call: &Entry, body: &Sealed) -> SqlResult<()> {
        sqlx::query("UPDATE bizproc_calls SET key_id = $1, body = $2 WHERE number = $3")
            .bind(body.key_id)
            .bind(&body.bytes)
            .bind(to_i64(call.number))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// Keeps what changed of a call, and its answer if there is one now.
    pub(super) async fn save(&mut self, call: Entry, answer: Option<String>) -> SqlResult<()> {
        self.save_all(&[call], vec![answer]).await
    }

    /// Keeps what changed of calls, and their answers where there are new ones.
    pub(super) async fn save_all(
        &mut self,
        calls: &[Entry],
        answers: Vec<Option<String>>,
    ) -> SqlResult<()> {
        if calls.is_empty() {
            return Ok(());
        }
        let reason = |call: &Entry| Some(escape(call.reason.as_deref()?).into_owned());
        sqlx::query(SAVE)
            .bind(each(calls, |call| to_i64(call.number)))
            .bind(each(calls, |call| stage_to_number(call.stage)))
            .bind(each(calls, |call| call.has_answer))
            .bind(each(calls, |call| call.settlement.map(Completion::name)))
            .bind(each(calls, reason))
            .bind(each(calls, |call| call.due.map(to_ms)))
            .bind(each(calls, |call| call.is_claimed))
            .bind(each(calls, |call| to_i64(call.fence)))
            .bind(each(calls, |call| i64::from(call.starts)))
            .bind(each(calls, |call| i64::from(call.failures)))
            .bind(each(calls, |call| i64::from(call.sending.attempts)))
            .bind(each(calls, |call| call.sending.first_attempt_at.map(to_ms)))
            .bind(each(calls, |call| call.sending.ambiguous))
            .bind(each(calls, |call| i64::from(call.sending.delivered)))
            .bind(each(calls, |call| call.settled_at.map(to_ms)))
            .bind(answers)
            .execute(self.connection().await?)
            .await?;
        for call in calls {
            self.tell(call);
        }
        Ok(())
    }

    /// Says what can be done with a call. Whoever locks one that can be claimed must say so when
    /// the lock is gone, even if nothing changed: a claim passes over what is locked.
    pub(super) fn tell(&mut self, call: &Entry) {
        if let Some(sign) = call.sign() {
            self.notices.extend(Notice::of(&sign));
            self.signs.push(sign);
        }
    }
}

fn each<T>(calls: &[Entry], of: impl Fn(&Entry) -> T) -> Vec<T> {
    calls.iter().map(of).collect()
}

/// Reads the columns of a call.
pub(super) fn call(row: &PgRow) -> SqlResult<Entry> {
    entry(row).map(unescape_call)
}

fn sealed(row: &PgRow) -> SqlResult<Sealed> {
    Ok(Sealed {
        key_id: row.try_get(COLUMNS)?,
        bytes: row.try_get(COLUMNS + 1)?,
    })
}
