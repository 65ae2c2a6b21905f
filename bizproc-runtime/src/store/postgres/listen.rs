//! What programs tell each other through the database.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::super::notifier::Sign;
use super::text::{escape, unescape};
use super::{Shared, read};

/// The pause before the database is asked again to tell what happens.
const PAUSE: Duration = Duration::from_secs(1);
/// PostgreSQL takes payloads of less than 8000 bytes.
const PAYLOAD_BYTES: usize = 7000;

/// The channel of all programs that use the same tables.
#[derive(Debug, Clone)]
pub(super) struct Channel(String);

impl Channel {
    pub(super) fn of(schema: &str) -> Self {
        let digest = Sha256::digest(schema);
        let digits = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self(format!("bizproc_{}", digits.collect::<String>()))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

/// Something that other programs hear of. Times they find by themselves: whoever keeps one, waits
/// for it, and all search the store every half minute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Notice {
    Run,
    Send(String),
    /// What is known of this portal is not true any more.
    Portal(String),
    /// The same of all portals.
    Portals,
}

impl Notice {
    pub(super) fn of(sign: &Sign) -> Option<Self> {
        match sign {
            Sign::Run => Some(Self::Run),
            Sign::Send(member_id) => Some(Self::Send(member_id.clone())),
            Sign::Due(_) => None,
        }
    }

    pub(super) fn payload(&self) -> String {
        let (kind, member_id) = match self {
            Self::Run => return "run".to_owned(),
            Self::Portals => return "portals".to_owned(),
            Self::Send(member_id) => ("send", member_id),
            Self::Portal(member_id) => ("portal", member_id),
        };
        let payload = format!("{kind} {}", escape(member_id));
        match self {
            _ if payload.len() <= PAYLOAD_BYTES => payload,
            Self::Portal(_) => "portals".to_owned(),
            // Found when the store is searched.
            _ => "run".to_owned(),
        }
    }

    fn read(payload: &str) -> Option<Self> {
        match payload.split_once(' ') {
            None if payload == "run" => Some(Self::Run),
            None if payload == "portals" => Some(Self::Portals),
            Some(("send", member_id)) => Some(Self::Send(unescape(member_id.to_owned()))),
            Some(("portal", member_id)) => Some(Self::Portal(unescape(member_id.to_owned()))),
            _ => None,
        }
    }
}

/// Listens for ever; a connection that is cut is made again.
pub(super) async fn listen(pool: PgPool, channel: Channel, shared: Arc<Shared>) {
    loop {
        if let Err(error) = listen_once(&pool, &channel, &shared).await {
            tracing::warn!("the database tells nothing for now: {error}");
        }
        shared.portals.clear();
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen_once(pool: &PgPool, channel: &Channel, shared: &Shared) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen(channel.name()).await?;
    // What was told before was missed.
    shared.portals.clear();
    shared.notifier.runnable();
    for member_id in read::portals_with_replies(pool).await? {
        shared.notifier.sendable(&member_id);
    }
    while let Some(notification) = listener.try_recv().await? {
        match Notice::read(notification.payload()) {
            Some(Notice::Run) => shared.notifier.runnable(),
            Some(Notice::Send(member_id)) => shared.notifier.sendable(&member_id),
            Some(Notice::Portal(member_id)) => shared.portals.forget(&member_id),
            Some(Notice::Portals) => shared.portals.clear(),
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        let long = "x".repeat(9000);
        for notice in [
            Notice::Run,
            Notice::Send("a b\0".to_owned()),
            Notice::Portal("\\ é".to_owned()),
            Notice::Portals,
        ] {
            assert_eq!(Notice::read(&notice.payload()), Some(notice));
        }
        let cut = |notice: Notice| Notice::read(&notice.payload());
        assert_eq!(cut(Notice::Portal(long.clone())), Some(Notice::Portals));
        assert_eq!(cut(Notice::Send(long)), Some(Notice::Run));
        assert_eq!(Notice::read("of the future"), None);
    }
}
