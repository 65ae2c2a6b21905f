//! What only reads.

use std::time::SystemTime;

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::row::{
    COLUMNS, SqlResult, answer, columns, key, stage_to_number, to_i64, to_time,
};
use super::super::{CallFilter, CallRecord, Claim};
use super::calls::call;
use super::text::{escape, unescape};
use crate::rest::EventToken;

const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    ", answer FROM bizproc_calls AS calls WHERE key = $1"
);

const HELD: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM bizproc_calls AS calls WHERE key = ANY($1) AND is_claimed"
);

const ALL: &str = concat!(
    "SELECT ",
    columns!(),
    ", answer FROM bizproc_calls AS calls WHERE ($1::bigint IS NULL OR stage = $1) \
     AND number > $2 AND ($3::text IS NULL OR member_id = $3) \
     AND ($4::text IS NULL OR code = $4) ORDER BY number LIMIT $5"
);

/// Jumps from one robot to the next instead of reading all calls.
const CODES: &str = "WITH RECURSIVE codes (code) AS ( \
       SELECT min(code) FROM bizproc_calls WHERE stage = 0 AND due IS NULL \
       UNION ALL \
       SELECT (SELECT min(calls.code) FROM bizproc_calls AS calls \
               WHERE stage = 0 AND due IS NULL AND calls.code > codes.code) \
       FROM codes WHERE codes.code IS NOT NULL) \
     SELECT code FROM codes WHERE code IS NOT NULL";

/// Jumps from one portal to the next.
const PORTALS: &str = "WITH RECURSIVE portals (id) AS ( \
       SELECT min(member_id) FROM bizproc_calls \
       WHERE stage >= 2 AND stage <= 3 AND due IS NULL \
       UNION ALL \
       SELECT (SELECT min(member_id) FROM bizproc_calls \
               WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id > portals.id) \
       FROM portals WHERE portals.id IS NOT NULL) \
     SELECT id FROM portals WHERE id IS NOT NULL";

fn record(row: &PgRow) -> SqlResult<CallRecord> {
    let text: Option<String> = row.try_get(COLUMNS)?;
    let answer = text.as_deref().map(answer).transpose()?;
    Ok(call(row)?.record(answer))
}

pub(super) async fn one(pool: &PgPool, token: &EventToken) -> SqlResult<Option<CallRecord>> {
    let row = sqlx::query(ONE).bind(key(token));
    let row = row.fetch_optional(pool).await?;
    row.as_ref().map(record).transpose()
}

/// A call as it was just now, without a lock on it.
pub(super) async fn call_of(pool: &PgPool, token: &EventToken) -> SqlResult<Option<Entry>> {
    let row = sqlx::query(ONE).bind(key(token));
    let row = row.fetch_optional(pool).await?;
    row.as_ref().map(call).transpose()
}

/// The tokens of those claims that are not lost, as far as can be seen without a lock.
pub(super) async fn held<'a>(pool: &PgPool, claims: &'a [Claim]) -> SqlResult<Vec<&'a EventToken>> {
    let keys = claims.iter().map(|claim| key(&claim.event_token));
    let rows = sqlx::query(HELD).bind(keys.collect::<Vec<_>>());
    let rows = rows.fetch_all(pool).await?;
    let calls = rows.iter().map(call).collect::<SqlResult<Vec<_>>>()?;
    let mut held = claims
        .iter()
        .map(|claim| &claim.event_token)
        .collect::<Vec<_>>();
    held.retain(|token| {
        let mut calls = calls.iter().filter(|call| call.event_token == **token);
        calls.any(|call| is_held(call, claims))
    });
    Ok(held)
}

/// Whether one of these claims is the one that the call has.
pub(super) fn is_held(call: &Entry, claims: &[Claim]) -> bool {
    let mut own = claims
        .iter()
        .filter(|claim| claim.event_token == call.event_token);
    own.any(|claim| call.is_claimed_by(claim))
}

pub(super) async fn records(pool: &PgPool, filter: &CallFilter) -> SqlResult<Vec<CallRecord>> {
    let rows = sqlx::query(ALL)
        .bind(filter.stage.map(stage_to_number))
        .bind(filter.after.map_or(-1, to_i64))
        .bind(filter.member_id.as_deref().map(escape))
        .bind(filter.code.as_deref().map(escape))
        .bind(filter.limit.map(to_i64));
    rows.fetch_all(pool).await?.iter().map(record).collect()
}

pub(super) async fn counts(pool: &PgPool) -> SqlResult<Vec<(i64, i64, i64)>> {
    sqlx::query_as("SELECT stage, count(*), min(accepted_at) FROM bizproc_calls GROUP BY stage")
        .fetch_all(pool)
        .await
}

pub(super) async fn runnable_robots(pool: &PgPool) -> SqlResult<Vec<String>> {
    texts(sqlx::query_scalar(CODES).fetch_all(pool).await)
}

pub(super) async fn portals_with_replies(pool: &PgPool) -> SqlResult<Vec<String>> {
    texts(sqlx::query_scalar(PORTALS).fetch_all(pool).await)
}

fn texts(found: SqlResult<Vec<String>>) -> SqlResult<Vec<String>> {
    Ok(found?.into_iter().map(unescape).collect())
}

pub(super) async fn next_due(pool: &PgPool) -> SqlResult<Option<SystemTime>> {
    let due: Option<i64> =
        sqlx::query_scalar("SELECT min(due) FROM bizproc_calls WHERE due IS NOT NULL")
            .fetch_one(pool)
            .await?;
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
    let rows = rows.into_iter();
    Ok(rows
        .map(|(member_id, key_id, bytes)| (unescape(member_id), Sealed { key_id, bytes }))
        .collect())
}

/// Which keys are needed to read what is kept.
pub(super) async fn used_keys(pool: &PgPool) -> SqlResult<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT DISTINCT key_id FROM bizproc_calls WHERE key_id <> 0 AND body IS NOT NULL \
         UNION SELECT key_id FROM bizproc_portals",
    )
    .fetch_all(pool)
    .await
}
