//! What only reads, on connections of its own.

use std::time::SystemTime;

use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

use crate::rest::EventToken;
use crate::store::model::{CallCounts, CallFilter, CallRecord, CallStage};
use crate::store::sql::columns::{self, Reader, columns, stage_to_number};
use crate::store::sql::reply;
use crate::store::sql::value::{SqlResult, key, to_i64, to_time};

/// The columns of [`record`].
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), ", reply FROM calls ", $rest)
    };
}

pub(super) const ONE: &str =
    select!("LEFT JOIN replies ON replies.number = calls.number WHERE key = ?");

/// Dead letters are looked for often and are few.
pub(super) const DEAD: &str = select!(
    "INDEXED BY dead LEFT JOIN replies ON replies.number = calls.number \
     WHERE stage = 5 AND stage IS coalesce(?1, stage) AND calls.number > ?2 \
     AND member_id IS coalesce(?3, member_id) AND code IS coalesce(?4, code) \
     ORDER BY calls.number LIMIT ?5"
);

const ALL: &str = select!(
    "NOT INDEXED LEFT JOIN replies ON replies.number = calls.number \
     WHERE stage IS coalesce(?1, stage) AND calls.number > ?2 \
     AND member_id IS coalesce(?3, member_id) AND code IS coalesce(?4, code) \
     ORDER BY calls.number LIMIT ?5"
);

pub(super) const COUNTS: &str =
    "SELECT stage, count(*), min(accepted_at) FROM calls INDEXED BY by_stage GROUP BY stage";

/// Jumps from one robot to the next instead of reading all calls.
pub(super) const ROBOTS: &str = "WITH RECURSIVE codes (code) AS ( \
       SELECT min(code) FROM calls INDEXED BY to_run WHERE stage = 0 AND due IS NULL \
       UNION ALL \
       SELECT (SELECT min(code) FROM calls INDEXED BY to_run \
               WHERE stage = 0 AND due IS NULL AND calls.code > codes.code) \
       FROM codes WHERE codes.code IS NOT NULL) \
     SELECT code FROM codes WHERE code IS NOT NULL";

/// Jumps from one portal to the next.
pub(super) const PORTALS: &str = "WITH RECURSIVE portals (id) AS ( \
       SELECT min(member_id) FROM calls INDEXED BY to_send \
       WHERE stage >= 2 AND stage <= 3 AND due IS NULL \
       UNION ALL \
       SELECT (SELECT min(member_id) FROM calls INDEXED BY to_send \
               WHERE stage >= 2 AND stage <= 3 AND due IS NULL \
               AND calls.member_id > portals.id) \
       FROM portals WHERE portals.id IS NOT NULL) \
     SELECT id FROM portals WHERE id IS NOT NULL";

pub(super) const NEXT_DUE: &str =
    "SELECT due FROM calls INDEXED BY due WHERE due IS NOT NULL ORDER BY due LIMIT 1";

fn record(row: &SqliteRow) -> SqlResult<CallRecord> {
    let mut reader = Reader::new(row);
    let call = reader.entry()?;
    let text = reader.text_or_none()?;
    let reply = text.as_deref().map(reply::from_text).transpose()?;
    Ok(call.record(reply))
}

pub(super) async fn call(pool: &SqlitePool, token: &EventToken) -> SqlResult<Option<CallRecord>> {
    let row = sqlx::query(ONE)
        .bind(key(token))
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(record).transpose()
}

pub(super) async fn calls(pool: &SqlitePool, filter: &CallFilter) -> SqlResult<Vec<CallRecord>> {
    let select = match filter.stage {
        Some(CallStage::Dead) => DEAD,
        _ => ALL,
    };
    let rows = sqlx::query(select)
        .bind(filter.stage.map(stage_to_number))
        .bind(filter.after.map_or(-1, to_i64))
        .bind(&filter.member_id)
        .bind(&filter.code)
        .bind(filter.limit.map_or(-1, to_i64))
        .fetch_all(pool)
        .await?;
    rows.iter().map(record).collect()
}

pub(super) async fn counts(pool: &SqlitePool) -> SqlResult<CallCounts> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(COUNTS).fetch_all(pool).await?;
    columns::counts(&rows)
}

pub(super) async fn runnable_robots(pool: &SqlitePool) -> SqlResult<Vec<String>> {
    sqlx::query_scalar(ROBOTS).fetch_all(pool).await
}

pub(super) async fn portals_with_replies(pool: &SqlitePool) -> SqlResult<Vec<String>> {
    sqlx::query_scalar(PORTALS).fetch_all(pool).await
}

/// When the next call is due.
pub(super) async fn next_due(pool: &SqlitePool) -> SqlResult<Option<SystemTime>> {
    let due: Option<i64> = sqlx::query_scalar(NEXT_DUE).fetch_optional(pool).await?;
    Ok(due.map(to_time))
}

/// Calls of a portal that are not completed, after the one with this number.
pub(super) async fn open_calls(
    pool: &SqlitePool,
    member_id: &str,
    after: i64,
    limit: usize,
) -> SqlResult<Vec<(i64, EventToken)>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT number, event_token FROM calls NOT INDEXED \
         WHERE number > ? AND member_id = ? AND stage <> 4 ORDER BY number LIMIT ?",
    )
    .bind(after)
    .bind(member_id)
    .bind(to_i64(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(number, token)| (number, EventToken::new(token)))
        .collect())
}
