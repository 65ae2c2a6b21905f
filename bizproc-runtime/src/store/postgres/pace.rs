//! The buckets of requests that all programs fill, by the clock of the database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;

use super::super::row::SqlResult;
use super::fault;
use super::text::escape;
use crate::error::Result;
use crate::rest::SharedRateLimit;

/// The time is read again when another program held the row: what that took counts. Should the
/// clock be set back, nobody waits for it to catch up.
const RESERVE: &str = "INSERT INTO bizproc_paces AS paces (member_id, empty_at) \
     VALUES ($1, clock_timestamp() + make_interval(secs => $2)) \
     ON CONFLICT (member_id) DO UPDATE \
     SET empty_at = least(greatest(paces.empty_at, clock_timestamp()), \
     clock_timestamp() + make_interval(secs => $3)) + make_interval(secs => $2) \
     RETURNING extract(epoch FROM empty_at - clock_timestamp())::float8";

#[derive(Debug)]
pub(super) struct Pace {
    pub(super) name: Arc<str>,
    pub(super) pool: PgPool,
}

const FORGET: &str =
    "DELETE FROM bizproc_paces WHERE empty_at < clock_timestamp() - interval '1 hour'";

impl Pace {
    /// Forgets buckets that are empty for long: a new one is the same.
    pub(super) async fn forget(pool: &PgPool) -> SqlResult<()> {
        sqlx::query(FORGET).execute(pool).await.map(drop)
    }
}

#[async_trait]
impl SharedRateLimit for Pace {
    async fn reserve(&self, member_id: &str, interval: Duration, at_once: u32) -> Result<Duration> {
        let rest = interval.as_secs_f64() * f64::from(at_once);
        let empty_in = sqlx::query_scalar::<_, f64>(RESERVE)
            .bind(escape(member_id))
            .bind(interval.as_secs_f64())
            .bind(rest * 2.0)
            .fetch_one(&self.pool)
            .await
            .map_err(|error| fault(&self.name, "keep the pace of a portal", error))?;
        let wait = empty_in - rest;
        // Less than nothing when there is room at once.
        Ok(Duration::try_from_secs_f64(wait).unwrap_or_default())
    }
}
