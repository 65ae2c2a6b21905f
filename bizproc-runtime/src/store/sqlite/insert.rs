//! Keeping new calls: one by itself, or many by one way to the database, which costs more than
//! what is done there.

use std::sync::LazyLock;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Row as _, Sqlite};

use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::row::{SqlResult, deadline_to_ms, key, to_ms};
use super::calls::Calls;

macro_rules! columns {
    () => {
        "INSERT INTO calls (key, event_token, member_id, code, waits, called_at, deadline, \
         accepted_at, stage, has_answer, is_claimed, fence, starts, failures, attempts, \
         ambiguous, taken) VALUES "
    };
}

/// What a new call has in these columns.
macro_rules! row {
    () => {
        "(?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0)"
    };
}

/// The second statement finds a number only when the first one found the token to be new.
const ONE: &str = concat!(
    columns!(),
    row!(),
    " ON CONFLICT (key) DO NOTHING; INSERT INTO bodies (number, key_id, body) \
     SELECT last_insert_rowid(), ?, ? WHERE changes() > 0 RETURNING number"
);

/// How many calls one way may have: powers of two, so that few statements are prepared.
const LARGEST: usize = 64;

/// The statements for 2, 4, 8 calls and so on.
static MANY: LazyLock<Vec<(usize, String)>> = LazyLock::new(|| {
    let sizes = (1..).map(|power| 1 << power);
    let sizes = sizes.take_while(|size| *size <= LARGEST);
    sizes.map(|size| (size, many(size))).collect()
});

/// Both statements change as many rows as there are calls, if all of them are new.
fn many(calls: usize) -> String {
    let rows = vec![row!(); calls].join(", ");
    let (columns, bodies) = (columns!(), bodies(calls));
    format!("{columns}{rows} ON CONFLICT (key) DO NOTHING; {bodies}")
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
fn bind<'a>(query: Query<'a>, call: &'a Entry, key: &'a [u8]) -> Query<'a> {
    query
        .bind(key)
        .bind(call.event_token.as_str())
        .bind(&call.member_id)
        .bind(&call.code)
        .bind(call.waits)
        .bind(to_ms(call.called_at))
        .bind(deadline_to_ms(call.deadline))
        .bind(to_ms(call.accepted_at))
}

/// A new call, and its body.
pub(super) type New<'a> = (&'a Entry, &'a Sealed);

impl Calls<'_> {
    /// Keeps a new call; `None` when its token is known.
    pub(super) async fn insert(&mut self, (call, body): New<'_>) -> SqlResult<Option<i64>> {
        let key = key(&call.event_token);
        let inserted = bind(sqlx::query(ONE), call, &key)
            .bind(body.key_id)
            .bind(&body.bytes)
            .fetch_optional(&mut *self.connection)
            .await?;
        let number = inserted.map(|row| row.try_get(0)).transpose()?;
        if number.is_some() {
            self.tell(call);
        }
        Ok(number)
    }

    /// Keeps new calls; `false` when a token was known, and the transaction must be given up.
    pub(super) async fn insert_all(&mut self, mut new: &[New<'_>]) -> SqlResult<bool> {
        while let Some(first) = new.first() {
            let fitting = MANY.iter().rev().find(|(size, _)| *size <= new.len());
            let Some((size, statement)) = fitting else {
                return Ok(self.insert(*first).await?.is_some());
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
        new: &[New<'_>],
    ) -> SqlResult<bool> {
        let keys = new.iter().map(|(call, _)| key(&call.event_token));
        let keys = keys.collect::<Vec<_>>();
        let mut query = sqlx::query(statement);
        for ((call, _), key) in new.iter().zip(&keys) {
            query = bind(query, call, key);
        }
        for ((_, body), key) in new.iter().zip(&keys) {
            query = query.bind(key).bind(body.key_id).bind(&body.bytes);
        }
        let changed = query.execute(&mut *self.connection).await?.rows_affected();
        for (call, _) in new {
            self.tell(call);
        }
        Ok(usize::try_from(changed) == Ok(2 * new.len()))
    }
}
