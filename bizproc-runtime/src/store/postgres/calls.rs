//! The statements on calls, within a transaction.

use std::collections::BTreeSet;
use std::time::SystemTime;

use sqlx::postgres::PgRow;
use sqlx::{Acquire as _, PgConnection, PgPool, Postgres, Transaction};

use crate::rest::EventToken;
use crate::store::model::{Completion, StoredReply};
use crate::store::notifier::Notification;
use crate::store::postgres::notice::Notice;
use crate::store::postgres::shared::calls_table;
use crate::store::postgres::text::{escape, unescape_call};
use crate::store::rules::Entry;
use crate::store::sql::cipher::Sealed;
use crate::store::sql::columns::{Reader, columns, stage_to_number};
use crate::store::sql::reply;
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::value::{SqlResult, key, to_i64, to_ms};

/// One transaction, and what is notified when it is committed.
#[derive(Debug)]
pub(super) struct Calls {
    transaction: Transaction<'static, Postgres>,
    notifications: Vec<Notification>,
    notices: BTreeSet<Notice>,
}

/// A call, its head and its body; a head of the former tables is in the body.
pub(super) type RunnableCall = (Entry, Option<Sealed>, Option<Sealed>);

/// A call, its head, the body if there is no head, and the reply.
pub(super) type SendableCall = (Entry, Option<Sealed>, Option<Sealed>, StoredReply);

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM ",
    calls_table!(),
    " AS calls WHERE key = $1 FOR UPDATE"
);

/// Calls in the order of their numbers, so that two programs that lock the same calls do not wait
/// for each other.
const FIND_ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM ",
    calls_table!(),
    " AS calls WHERE key = ANY($1) ORDER BY number FOR UPDATE"
);

const RUNNABLE: &str = concat!(
    "SELECT ",
    columns!(),
    ", key_id, head, body FROM UNNEST($1::text[], $2::bigint[]) AS quota (quota_code, max) \
     CROSS JOIN LATERAL (SELECT * FROM ",
    calls_table!(),
    " WHERE stage = 0 AND due IS NULL AND code = quota_code ORDER BY deadline, number LIMIT max \
     FOR UPDATE SKIP LOCKED) AS calls ORDER BY deadline, number LIMIT $3"
);

const SENDABLE: &str = concat!(
    "SELECT ",
    columns!(),
    ", key_id, head, CASE WHEN head IS NULL THEN body END, reply FROM ",
    calls_table!(),
    " AS calls WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id = $1 \
     ORDER BY stage, deadline, number LIMIT $2 FOR UPDATE SKIP LOCKED"
);

const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM ",
    calls_table!(),
    " AS calls WHERE due IS NOT NULL AND due <= $1 ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED"
);

const OPEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM ",
    calls_table!(),
    " AS calls WHERE number > $1 AND member_id = $2 AND stage <> 4 ORDER BY number LIMIT $3 \
     FOR UPDATE"
);

const REPLACE_BODY: &str = concat!(
    "UPDATE ",
    calls_table!(),
    " SET key_id = $1, head = $2, body = $3 WHERE number = $4"
);

/// A completed call needs no head and no body, and a reply only if it was delivered.
const SAVE: &str = concat!(
    "UPDATE ",
    calls_table!(),
    " AS calls SET stage = new.stage, has_reply = new.has_reply, completion = new.completion, \
     reason = new.reason, due = new.due, is_claimed = new.is_claimed, fence = new.fence, \
     runs_started = new.runs_started, failures = new.failures, sends = new.sends, \
     first_sent_at = new.first_sent_at, ambiguous = new.ambiguous, delivered = new.delivered, \
     completed_at = new.completed_at, \
     reply = CASE WHEN new.has_reply THEN coalesce(new.reply, calls.reply) END, \
     head = CASE WHEN new.stage <> 4 THEN calls.head END, \
     body = CASE WHEN new.stage <> 4 THEN calls.body END \
     FROM UNNEST($1::bigint[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], \
     $6::bigint[], $7::boolean[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], \
     $12::bigint[], $13::boolean[], $14::bigint[], $15::bigint[], $16::text[]) \
     AS new (number, stage, has_reply, completion, reason, due, is_claimed, fence, runs_started, \
     failures, sends, first_sent_at, ambiguous, delivered, completed_at, reply) \
     WHERE calls.number = new.number"
);

impl Calls {
    pub(super) async fn begin(pool: &PgPool) -> SqlResult<Self> {
        Ok(Self::new(pool.begin().await?))
    }

    /// A transaction that a crash of the database may undo: what is claimed in it is claimed again
    /// then.
    pub(super) async fn begin_relaxed(pool: &PgPool) -> SqlResult<Self> {
        let begin = "BEGIN; SET LOCAL synchronous_commit = off";
        Ok(Self::new(pool.begin_with(begin).await?))
    }

    fn new(transaction: Transaction<'static, Postgres>) -> Self {
        Self {
            transaction,
            notifications: Vec::new(),
            notices: BTreeSet::new(),
        }
    }

    /// Commits, and returns the notifications for this program and the notices for the others.
    pub(super) async fn commit(self) -> SqlResult<(Vec<Notification>, BTreeSet<Notice>)> {
        self.transaction.commit().await?;
        Ok((self.notifications, self.notices))
    }

    pub(super) async fn connection(&mut self) -> SqlResult<&mut PgConnection> {
        self.transaction.acquire().await
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.notices.insert(notice);
    }

    pub(super) async fn find(&mut self, token: &EventToken) -> SqlResult<Option<Entry>> {
        let row = sqlx::query(FIND)
            .bind(key(token))
            .fetch_optional(self.connection().await?)
            .await?;
        row.as_ref().map(entry).transpose()
    }

    /// Calls by their tokens.
    pub(super) async fn find_all(&mut self, tokens: &[&EventToken]) -> SqlResult<Vec<Entry>> {
        let keys: Vec<_> = tokens.iter().map(|token| key(token)).collect();
        let rows = sqlx::query(FIND_ALL)
            .bind(keys)
            .fetch_all(self.connection().await?)
            .await?;
        rows.iter().map(entry).collect()
    }

    pub(super) async fn first_runnable(
        &mut self,
        quotas: &[(String, i64)],
        total: usize,
    ) -> SqlResult<Vec<RunnableCall>> {
        let (codes, bounds): (Vec<_>, Vec<_>) = quotas.iter().cloned().unzip();
        let rows = sqlx::query(RUNNABLE)
            .bind(codes)
            .bind(bounds)
            .bind(to_i64(total))
            .fetch_all(self.connection().await?)
            .await?;
        let read = |row| {
            let mut reader = Reader::new(row);
            let call = unescape_call(reader.entry()?);
            let key_id = reader.key_id()?;
            Ok((call, reader.sealed(key_id)?, reader.sealed(key_id)?))
        };
        rows.iter().map(read).collect()
    }

    pub(super) async fn first_sendable(
        &mut self,
        member_id: &str,
        limit: usize,
    ) -> SqlResult<Vec<SendableCall>> {
        let rows = sqlx::query(SENDABLE)
            .bind(escape(member_id))
            .bind(to_i64(limit))
            .fetch_all(self.connection().await?)
            .await?;
        let read = |row| {
            let mut reader = Reader::new(row);
            let call = unescape_call(reader.entry()?);
            let key_id = reader.key_id()?;
            let head = reader.sealed(key_id)?;
            let body = reader.sealed(key_id)?;
            Ok((call, head, body, reply::from_text(&reader.text()?)?))
        };
        rows.iter().map(read).collect()
    }

    pub(super) async fn due(&mut self, now: SystemTime, limit: usize) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(DUE)
            .bind(to_ms(now))
            .bind(to_i64(limit))
            .fetch_all(self.connection().await?)
            .await?;
        rows.iter().map(entry).collect()
    }

    /// Calls of a portal that are not completed, after the one with this number.
    pub(super) async fn open(
        &mut self,
        member_id: &str,
        after: u64,
        limit: usize,
    ) -> SqlResult<Vec<Entry>> {
        let rows = sqlx::query(OPEN)
            .bind(to_i64(after))
            .bind(escape(member_id))
            .bind(to_i64(limit))
            .fetch_all(self.connection().await?)
            .await?;
        rows.iter().map(entry).collect()
    }

    /// Replaces head and body by those of another delivery.
    pub(super) async fn replace_body(&mut self, call: &Entry, new: &SealedCall) -> SqlResult<()> {
        sqlx::query(REPLACE_BODY)
            .bind(new.body.key_id)
            .bind(&*new.head.bytes)
            .bind(&*new.body.bytes)
            .bind(to_i64(call.number))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// Saves what changed of a call, and its reply if it is new.
    pub(super) async fn save(&mut self, call: Entry, reply: Option<String>) -> SqlResult<()> {
        self.save_all(&[call], vec![reply]).await
    }

    /// Saves what changed of calls, none of which has a new reply.
    pub(super) async fn save_states(&mut self, calls: &[Entry]) -> SqlResult<()> {
        self.save_all(calls, vec![None; calls.len()]).await
    }

    async fn save_all(&mut self, calls: &[Entry], replies: Vec<Option<String>>) -> SqlResult<()> {
        if calls.is_empty() {
            return Ok(());
        }
        let reason = |call: &Entry| Some(escape(call.reason.as_deref()?).into_owned());
        let history = |call: &Entry| call.history.first_attempt_at.map(to_ms);
        sqlx::query(SAVE)
            .bind(column(calls, |call| to_i64(call.number)))
            .bind(column(calls, |call| stage_to_number(call.stage)))
            .bind(column(calls, |call| call.has_reply))
            .bind(column(calls, |call| call.completion.map(Completion::name)))
            .bind(column(calls, reason))
            .bind(column(calls, |call| call.due.map(to_ms)))
            .bind(column(calls, |call| call.is_claimed))
            .bind(column(calls, |call| to_i64(call.fence)))
            .bind(column(calls, |call| i64::from(call.runs_started)))
            .bind(column(calls, |call| i64::from(call.failures)))
            .bind(column(calls, |call| i64::from(call.history.attempts)))
            .bind(column(calls, history))
            .bind(column(calls, |call| call.history.ambiguous))
            .bind(column(calls, |call| i64::from(call.history.delivered)))
            .bind(column(calls, |call| call.completed_at.map(to_ms)))
            .bind(replies)
            .execute(self.connection().await?)
            .await?;
        for call in calls {
            self.notify(call);
        }
        Ok(())
    }

    /// Notifies of what can be done with a call. A call that was locked and can be claimed needs
    /// this even if nothing changed, once the lock is gone: a claim skips what is locked.
    pub(super) fn notify(&mut self, call: &Entry) {
        if let Some(notification) = call.notification() {
            self.notices
                .extend(Notice::from_notification(&notification));
            self.notifications.push(notification);
        }
    }
}

fn column<T>(calls: &[Entry], value: impl Fn(&Entry) -> T) -> Vec<T> {
    calls.iter().map(value).collect()
}

/// Reads the columns of a call.
pub(super) fn entry(row: &PgRow) -> SqlResult<Entry> {
    Reader::new(row).entry().map(unescape_call)
}
