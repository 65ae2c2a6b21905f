//! What only reads.

use std::time::SystemTime;

use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::rest::EventToken;
use crate::store::model::{CallCounts, CallFilter, CallRecord, Claim};
use crate::store::postgres::calls;
use crate::store::postgres::shared::calls_table;
use crate::store::postgres::text::{escape, unescape, unescape_call};
use crate::store::rules::Entry;
use crate::store::sql::cipher::Sealed;
use crate::store::sql::columns::{self, Reader, columns, stage_to_number};
use crate::store::sql::reply;
use crate::store::sql::value::{SqlResult, key, to_i64, to_time};

const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    ", reply FROM ",
    calls_table!(),
    " AS calls WHERE key = $1"
);

const HELD: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM ",
    calls_table!(),
    " AS calls WHERE key = ANY($1) AND is_claimed"
);

const ALL: &str = concat!(
    "SELECT ",
    columns!(),
    ", reply FROM ",
    calls_table!(),
    " AS calls WHERE ($1::bigint IS NULL OR stage = $1) AND number > $2 \
     AND ($3::text IS NULL OR member_id = $3) AND ($4::text IS NULL OR code = $4) \
     ORDER BY number LIMIT $5"
);

const COUNTS: &str = concat!(
    "SELECT stage, count(*), min(accepted_at) FROM ",
    calls_table!(),
    " GROUP BY stage"
);

/// Jumps from one robot to the next instead of reading all calls.
const ROBOTS: &str = concat!(
    "WITH RECURSIVE codes (code) AS (SELECT min(code) FROM ",
    calls_table!(),
    " WHERE stage = 0 AND due IS NULL UNION ALL SELECT (SELECT min(calls.code) FROM ",
    calls_table!(),
    " AS calls WHERE stage = 0 AND due IS NULL AND calls.code > codes.code) \
     FROM codes WHERE codes.code IS NOT NULL) SELECT code FROM codes WHERE code IS NOT NULL"
);

/// Jumps from one portal to the next.
const PORTALS: &str = concat!(
    "WITH RECURSIVE portals (id) AS (SELECT min(member_id) FROM ",
    calls_table!(),
    " WHERE stage >= 2 AND stage <= 3 AND due IS NULL UNION ALL \
     SELECT (SELECT min(member_id) FROM ",
    calls_table!(),
    " WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id > portals.id) \
     FROM portals WHERE portals.id IS NOT NULL) SELECT id FROM portals WHERE id IS NOT NULL"
);

const NEXT_DUE: &str = concat!(
    "SELECT min(due) FROM ",
    calls_table!(),
    " WHERE due IS NOT NULL"
);

/// The table of calls, of any version.
const TABLE: &str = "SELECT relname::text FROM pg_class \
     WHERE relkind = 'r' AND relname ~ '^bizproc_calls(_[0-9]+)?$' AND pg_table_is_visible(oid)";

/// How often the table is looked up again when another program renames it meanwhile.
const RENAMES: usize = 3;

fn record(row: &PgRow) -> SqlResult<CallRecord> {
    let mut reader = Reader::new(row);
    let call = unescape_call(reader.entry()?);
    let text = reader.text_or_none()?;
    let reply = text.as_deref().map(reply::from_text).transpose()?;
    Ok(call.record(reply))
}

pub(super) async fn call(pool: &PgPool, token: &EventToken) -> SqlResult<Option<CallRecord>> {
    let row = sqlx::query(ONE)
        .bind(key(token))
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(record).transpose()
}

/// A call as it is now, without a lock on it.
pub(super) async fn entry(pool: &PgPool, token: &EventToken) -> SqlResult<Option<Entry>> {
    let row = sqlx::query(ONE)
        .bind(key(token))
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(calls::entry).transpose()
}

/// The tokens of those claims that are not lost, as far as can be seen without a lock.
pub(super) async fn held<'a>(pool: &PgPool, claims: &'a [Claim]) -> SqlResult<Vec<&'a EventToken>> {
    let keys: Vec<_> = claims.iter().map(|claim| key(&claim.event_token)).collect();
    let rows = sqlx::query(HELD).bind(keys).fetch_all(pool).await?;
    let calls = rows
        .iter()
        .map(calls::entry)
        .collect::<SqlResult<Vec<_>>>()?;
    let is_held = |token: &EventToken| {
        let mut own = calls.iter().filter(|call| call.head.event_token == *token);
        own.any(|call| is_held(call, claims))
    };
    Ok(claims
        .iter()
        .map(|claim| &claim.event_token)
        .filter(|token| is_held(token))
        .collect())
}

/// Whether one of these claims is the one that the call has.
pub(super) fn is_held(call: &Entry, claims: &[Claim]) -> bool {
    let mut own = claims
        .iter()
        .filter(|claim| claim.event_token == call.head.event_token);
    own.any(|claim| call.is_claimed_by(claim))
}

pub(super) async fn calls(pool: &PgPool, filter: &CallFilter) -> SqlResult<Vec<CallRecord>> {
    let rows = sqlx::query(ALL)
        .bind(filter.stage.map(stage_to_number))
        .bind(filter.after.map_or(-1, to_i64))
        .bind(filter.member_id.as_deref().map(escape))
        .bind(filter.code.as_deref().map(escape))
        .bind(filter.limit.map(to_i64))
        .fetch_all(pool)
        .await?;
    rows.iter().map(record).collect()
}

pub(super) async fn counts(pool: &PgPool) -> SqlResult<CallCounts> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(COUNTS).fetch_all(pool).await?;
    columns::counts(&rows)
}

pub(super) async fn runnable_robots(pool: &PgPool) -> SqlResult<Vec<String>> {
    texts(pool, ROBOTS).await
}

pub(super) async fn portals_with_replies(pool: &PgPool) -> SqlResult<Vec<String>> {
    texts(pool, PORTALS).await
}

async fn texts(pool: &PgPool, statement: &'static str) -> SqlResult<Vec<String>> {
    let texts: Vec<String> = sqlx::query_scalar(statement).fetch_all(pool).await?;
    Ok(texts.into_iter().map(unescape).collect())
}

pub(super) async fn next_due(pool: &PgPool) -> SqlResult<Option<SystemTime>> {
    let due: Option<i64> = sqlx::query_scalar(NEXT_DUE).fetch_one(pool).await?;
    Ok(due.map(to_time))
}

/// One portal by its member id, or all of them.
pub(super) async fn portals(
    pool: &PgPool,
    member_id: Option<&str>,
) -> SqlResult<Vec<(String, Sealed)>> {
    let rows: Vec<(String, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT member_id, key_id, portal FROM bizproc_portals \
         WHERE $1::text IS NULL OR member_id = $1",
    )
    .bind(member_id.map(escape))
    .fetch_all(pool)
    .await?;
    let sealed = |key_id, bytes: Vec<u8>| Sealed {
        key_id,
        bytes: bytes.into(),
    };
    Ok(rows
        .into_iter()
        .map(|(member_id, key_id, bytes)| (unescape(member_id), sealed(key_id, bytes)))
        .collect())
}

/// The keys that are needed to read what is stored, in the tables of any version; none in a new
/// database.
pub(super) async fn used_keys(pool: &PgPool) -> SqlResult<Vec<i64>> {
    let mut renames = 0;
    loop {
        let table: Option<String> = sqlx::query_scalar(TABLE).fetch_optional(pool).await?;
        let Some(table) = table else {
            return Ok(Vec::new());
        };
        let keys = format!(
            "SELECT DISTINCT key_id FROM {table} WHERE key_id <> 0 AND body IS NOT NULL \
             UNION SELECT key_id FROM bizproc_portals"
        );
        // The name is one that the expression in `TABLE` allows.
        match sqlx::query_scalar(sqlx::AssertSqlSafe(keys))
            .fetch_all(pool)
            .await
        {
            Err(error) if is_undefined_table(&error) && renames < RENAMES => renames += 1,
            keys => return keys,
        }
    }
}

fn is_undefined_table(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error.code().is_some_and(|code| code == "42P01")
}
