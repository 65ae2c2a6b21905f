//! Listening to the other programs.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use crate::store::postgres::notice::{Channel, Notice};
use crate::store::postgres::read;
use crate::store::postgres::shared::Shared;

/// The pause before a connection that was cut is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens without an end; a connection that is cut is made again.
pub(super) async fn listen(pool: PgPool, channel: Channel, shared: Arc<Shared>) {
    loop {
        if let Err(error) = listen_once(&pool, &channel, &shared).await {
            tracing::warn!("no notices come from the database for now: {error}");
        }
        shared.portals.clear();
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen_once(pool: &PgPool, channel: &Channel, shared: &Shared) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen(channel.name()).await?;
    // Earlier notices were missed.
    shared.portals.clear();
    shared.notifier.runnable();
    for member_id in read::portals_with_replies(pool).await? {
        shared.notifier.sendable(&member_id);
    }
    while let Some(notification) = listener.try_recv().await? {
        match Notice::from_payload(notification.payload()) {
            Some(Notice::Runnable) => shared.notifier.runnable(),
            Some(Notice::Sendable(member_id)) => shared.notifier.sendable(&member_id),
            Some(Notice::Portal(member_id)) => shared.portals.evict(&member_id),
            Some(Notice::Portals) => shared.portals.clear(),
            None => {}
        }
    }
    Ok(())
}
