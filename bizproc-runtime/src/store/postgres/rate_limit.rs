//! The rate limit that all programs share, by the clock of the database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;

use crate::error::Result;
use crate::rest::SharedRateLimit;
use crate::store::postgres::shared::fault;
use crate::store::postgres::text::escape;
use crate::store::sql::value::SqlResult;

/// The time is read again when another program held the row: the wait for it counts. If the clock
/// is set back, no program waits until it catches up.
const RESERVE: &str = "INSERT INTO bizproc_rate_limits AS buckets (member_id, empty_at) \
     VALUES ($1, clock_timestamp() + make_interval(secs => $2)) \
     ON CONFLICT (member_id) DO UPDATE \
     SET empty_at = least(greatest(buckets.empty_at, clock_timestamp()), \
     clock_timestamp() + make_interval(secs => $3)) + make_interval(secs => $2) \
     RETURNING extract(epoch FROM empty_at - clock_timestamp())::float8";

const PURGE: &str =
    "DELETE FROM bizproc_rate_limits WHERE empty_at < clock_timestamp() - interval '1 hour'";

#[derive(Debug)]
pub(super) struct RateLimit {
    pub(super) name: Arc<str>,
    pub(super) pool: PgPool,
}

impl RateLimit {
    /// Deletes buckets that have long been empty: a new one is the same.
    pub(super) async fn purge(pool: &PgPool) -> SqlResult<()> {
        sqlx::query(PURGE).execute(pool).await.map(drop)
    }
}

#[async_trait]
impl SharedRateLimit for RateLimit {
    async fn reserve(&self, member_id: &str, interval: Duration, burst: u32) -> Result<Duration> {
        let room = interval.as_secs_f64() * f64::from(burst);
        let empty_in = sqlx::query_scalar::<_, f64>(RESERVE)
            .bind(escape(member_id))
            .bind(interval.as_secs_f64())
            .bind(room * 2.0)
            .fetch_one(&self.pool)
            .await
            .map_err(|error| fault(&self.name, "count a request to a portal", error))?;
        // Negative when there is room now.
        Ok(Duration::try_from_secs_f64(empty_in - room).unwrap_or_default())
    }
}
