//! Telling the other programs that there is work.
//!
//! Notices have transactions of their own: the database takes one that tells something at a time,
//! until it is on the disk, and calls would be kept one by one. A notice that is lost, because the
//! program was killed just then, is made up for: every program searches the store now and again, and
//! believes what it knows of a portal for a minute.

use std::collections::BTreeSet;

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use super::super::row::SqlResult;
use super::listen::{Channel, Notice};

/// How many may wait to be told together.
const GROUP: usize = 256;

/// What is to be told, and who waits for that.
type Job = (BTreeSet<Notice>, oneshot::Sender<()>);

/// Where notices are handed in.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    jobs: mpsc::Sender<Job>,
}

impl Teller {
    /// Starts the task; it ends when the last handle is dropped.
    pub(super) fn start(pool: PgPool, channel: Channel) -> Self {
        let (jobs, inbox) = mpsc::channel(GROUP);
        tokio::spawn(run(pool, channel, inbox));
        Self { jobs }
    }

    /// Tells the other programs, and returns when they were told: whoever ends then has told them.
    pub(super) async fn tell(&self, notices: BTreeSet<Notice>) {
        if notices.is_empty() {
            return;
        }
        let (reply, told) = oneshot::channel();
        // The task ends with the store.
        if self.jobs.send((notices, reply)).await.is_ok() {
            told.await.ok();
        }
    }

    /// Has the other programs told, and does not wait for that.
    pub(super) async fn tell_later(&self, notice: Notice) {
        let (reply, _) = oneshot::channel();
        // The task ends with the store.
        self.jobs.send((BTreeSet::from([notice]), reply)).await.ok();
    }
}

async fn run(pool: PgPool, channel: Channel, mut inbox: mpsc::Receiver<Job>) {
    let mut group = Vec::new();
    while inbox.recv_many(&mut group, GROUP).await > 0 {
        let notices = group.iter().flat_map(|(notices, _)| notices);
        if let Err(error) = tell(&pool, &channel, notices.collect()).await {
            tracing::warn!("other programs find what there is to do only by searching: {error}");
        }
        for (_, reply) in group.drain(..) {
            // Whoever waited may have gone.
            reply.send(()).ok();
        }
    }
}

async fn tell(pool: &PgPool, channel: &Channel, notices: BTreeSet<&Notice>) -> SqlResult<()> {
    let payloads = notices.into_iter().map(Notice::payload);
    sqlx::query("SELECT pg_notify($1, payload) FROM UNNEST($2::text[]) AS payload")
        .bind(channel.name())
        .bind(payloads.collect::<Vec<_>>())
        .execute(pool)
        .await
        .map(drop)
}
