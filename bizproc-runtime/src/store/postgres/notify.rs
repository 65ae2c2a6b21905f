//! Notifying the other programs that there is work.
//!
//! Notices have transactions of their own: the database commits transactions with a notice one
//! after the other, each until it is on the disk, and calls would be stored one by one. A notice
//! that is lost, because the program was killed just then, delays the work only: every program
//! polls the store now and again, and caches a portal for a minute at most.

use std::collections::BTreeSet;

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use crate::store::postgres::notice::{Channel, Notice};
use crate::store::sql::value::SqlResult;

/// How many notices may wait to be sent together.
const GROUP: usize = 256;

/// Notices, and who waits until they are sent.
type Job = (BTreeSet<Notice>, oneshot::Sender<()>);

/// The handle to which notices are given.
#[derive(Debug, Clone)]
pub(super) struct NoticeWriter {
    jobs: mpsc::Sender<Job>,
}

impl NoticeWriter {
    /// Starts the task; it ends when the last handle is dropped.
    pub(super) fn start(pool: PgPool, channel: Channel) -> Self {
        let (jobs, inbox) = mpsc::channel(GROUP);
        tokio::spawn(run(pool, channel, inbox));
        Self { jobs }
    }

    /// Notifies the other programs, and returns afterwards: a program that ends then has notified
    /// them.
    pub(super) async fn notify(&self, notices: BTreeSet<Notice>) {
        if notices.is_empty() {
            return;
        }
        let (sender, sent) = oneshot::channel();
        // The task ends with the store.
        if self.jobs.send((notices, sender)).await.is_ok() {
            sent.await.ok();
        }
    }

    /// Has the other programs notified, and does not wait for that.
    pub(super) async fn notify_later(&self, notice: Notice) {
        let (sender, _) = oneshot::channel();
        // The task ends with the store.
        self.jobs
            .send((BTreeSet::from([notice]), sender))
            .await
            .ok();
    }
}

async fn run(pool: PgPool, channel: Channel, mut inbox: mpsc::Receiver<Job>) {
    let mut group = Vec::new();
    while inbox.recv_many(&mut group, GROUP).await > 0 {
        let notices = group.iter().flat_map(|(notices, _)| notices);
        if let Err(error) = notify(&pool, &channel, notices.collect()).await {
            tracing::warn!("other programs find this work only when they poll the store: {error}");
        }
        for (_, sender) in group.drain(..) {
            // The caller may have stopped waiting.
            sender.send(()).ok();
        }
    }
}

async fn notify(pool: &PgPool, channel: &Channel, notices: BTreeSet<&Notice>) -> SqlResult<()> {
    let payloads: Vec<_> = notices.into_iter().map(Notice::payload).collect();
    sqlx::query("SELECT pg_notify($1, payload) FROM UNNEST($2::text[]) AS payload")
        .bind(channel.name())
        .bind(payloads)
        .execute(pool)
        .await
        .map(drop)
}
