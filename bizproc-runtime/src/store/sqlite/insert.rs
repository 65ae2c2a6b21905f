//! Inserting new calls: one by itself, or many in one statement, because the way to the database
//! costs more than what is done there.

use std::sync::LazyLock;

use sqlx::Sqlite;
use sqlx::sqlite::SqliteArguments;

use crate::store::sql::sealed::SealedCall;
use crate::store::sql::value::{SqlResult, deadline_to_ms, key, to_ms};
use crate::store::sqlite::calls::Calls;

macro_rules! columns {
    () => {
        "INSERT INTO calls (key, event_token, member_id, code, expects_reply, called_at, \
         deadline, accepted_at, head_key_id, head, stage, has_reply, is_claimed, fence, \
         runs_started, failures, sends, ambiguous, delivered) VALUES "
    };
}

/// The values of a new call in these columns.
macro_rules! row {
    () => {
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0)"
    };
}

/// The second statement finds a number only when the first one found the token to be new.
const ONE: &str = concat!(
    columns!(),
    row!(),
    " ON CONFLICT (key) DO NOTHING; INSERT INTO bodies (number, key_id, body) \
     SELECT last_insert_rowid(), ?, ? WHERE changes() > 0 RETURNING number"
);

/// How many calls a statement inserts: few sizes, so that few statements are prepared.
const SIZES: [usize; 6] = [2, 4, 8, 16, 32, 64];

static MANY: LazyLock<[(usize, String); SIZES.len()]> =
    LazyLock::new(|| SIZES.map(|size| (size, many(size))));

/// Both statements change as many rows as there are calls, if all of them are new.
fn many(calls: usize) -> String {
    let rows = vec![row!(); calls].join(", ");
    let insert = columns!();
    format!(
        "{insert}{rows} ON CONFLICT (key) DO NOTHING; {}",
        bodies(calls)
    )
}

/// The join is a cross join because its order is not for SQLite to choose.
pub(super) fn bodies(calls: usize) -> String {
    let rows = vec!["(?, ?, ?)"; calls].join(", ");
    format!(
        "WITH new (key, key_id, body) AS (VALUES {rows}) \
         INSERT OR IGNORE INTO bodies (number, key_id, body) \
         SELECT calls.number, new.key_id, new.body \
         FROM new CROSS JOIN calls ON calls.key = new.key"
    )
}

type Query<'a> = sqlx::query::Query<'a, Sqlite, SqliteArguments>;

/// Binds the values of one [`row!`].
fn bind<'a>(query: Query<'a>, call: &'a SealedCall, key: &'a [u8]) -> Query<'a> {
    let head = &call.entry.head;
    query
        .bind(key)
        .bind(head.event_token.as_str())
        .bind(&head.member_id)
        .bind(&head.code)
        .bind(head.expects_reply)
        .bind(to_ms(head.called_at))
        .bind(deadline_to_ms(head.deadline))
        .bind(to_ms(call.entry.accepted_at))
        .bind(call.head.key_id)
        .bind(&*call.head.bytes)
}

impl Calls<'_> {
    /// Inserts a call; `false` when its token is known.
    pub(super) async fn insert(&mut self, call: &SealedCall) -> SqlResult<bool> {
        let own_key = key(&call.entry.head.event_token);
        let inserted = bind(sqlx::query(ONE), call, &own_key)
            .bind(call.body.key_id)
            .bind(&*call.body.bytes)
            .fetch_optional(&mut *self.connection)
            .await?;
        if inserted.is_some() {
            self.notify(&call.entry);
        }
        Ok(inserted.is_some())
    }

    /// Inserts calls; `false` when a token was known, and the transaction must be rolled back.
    pub(super) async fn insert_all(&mut self, mut new: &[&SealedCall]) -> SqlResult<bool> {
        while let Some(first) = new.first() {
            let mut fitting = MANY.iter().rev().filter(|(size, _)| *size <= new.len());
            let Some((size, statement)) = fitting.next() else {
                return self.insert(first).await;
            };
            let (together, rest) = new.split_at(*size);
            if !self.insert_together(statement, together).await? {
                return Ok(false);
            }
            new = rest;
        }
        Ok(true)
    }

    async fn insert_together(
        &mut self,
        statement: &'static str,
        new: &[&SealedCall],
    ) -> SqlResult<bool> {
        let keys: Vec<_> = new
            .iter()
            .map(|call| key(&call.entry.head.event_token))
            .collect();
        let mut query = sqlx::query(statement);
        for (call, key) in new.iter().zip(&keys) {
            query = bind(query, call, key);
        }
        for (call, key) in new.iter().zip(&keys) {
            query = query
                .bind(key)
                .bind(call.body.key_id)
                .bind(&*call.body.bytes);
        }
        let changed = query.execute(&mut *self.connection).await?.rows_affected();
        for call in new {
            self.notify(&call.entry);
        }
        Ok(usize::try_from(changed) == Ok(2 * new.len()))
    }
}
