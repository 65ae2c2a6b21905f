//! Accepting calls: those that come together are inserted by one statement.

use std::collections::HashSet;
use std::slice;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use crate::store::model::AcceptOutcome;
use crate::store::postgres::calls::Calls;
use crate::store::postgres::notice::Notice;
use crate::store::postgres::notify::NoticeWriter;
use crate::store::postgres::read;
use crate::store::postgres::shared::{Shared, calls_table};
use crate::store::postgres::text::escape;
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::value::{SqlResult, deadline_to_ms, key, to_ms};

/// How many calls share a statement, and how many may wait for one.
const GROUP: usize = 256;

/// The other columns have the defaults of a new call.
const INSERT: &str = concat!(
    "INSERT INTO ",
    calls_table!(),
    " (key, event_token, member_id, code, expects_reply, called_at, deadline, accepted_at, \
     key_id, head, body) \
     SELECT key, event_token, member_id, code, expects_reply, called_at, deadline, accepted_at, \
     key_id, head, body FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::text[], \
     $5::boolean[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[], \
     $11::bytea[]) \
     WITH ORDINALITY AS new (key, event_token, member_id, code, expects_reply, called_at, \
     deadline, accepted_at, key_id, head, body, place) \
     ORDER BY place ON CONFLICT (key) DO NOTHING RETURNING key"
);

struct Job {
    call: SealedCall,
    caller: oneshot::Sender<SqlResult<AcceptOutcome>>,
}

/// The handle to which calls are given.
#[derive(Debug, Clone)]
pub(super) struct Acceptor {
    jobs: mpsc::Sender<Job>,
}

impl Acceptor {
    /// Starts the task; it ends when the last handle is dropped.
    pub(super) fn start(pool: PgPool, notices: NoticeWriter, shared: Arc<Shared>) -> Self {
        let (jobs, inbox) = mpsc::channel(GROUP);
        let task = Task {
            pool,
            notices,
            shared,
        };
        tokio::spawn(task.run(inbox));
        Self { jobs }
    }

    pub(super) async fn accept(&self, call: SealedCall) -> SqlResult<AcceptOutcome> {
        let (caller, accepted) = oneshot::channel();
        let sent = self.jobs.send(Job { call, caller }).await;
        sent.map_err(|_| sqlx::Error::PoolClosed)?;
        accepted.await.map_err(|_| sqlx::Error::PoolClosed)?
    }
}

struct Task {
    pool: PgPool,
    notices: NoticeWriter,
    shared: Arc<Shared>,
}

impl Task {
    async fn run(self, mut inbox: mpsc::Receiver<Job>) {
        let mut group = Vec::new();
        while inbox.recv_many(&mut group, GROUP).await > 0 {
            // A caller that stopped waiting has done something else with the call.
            group.retain(|job| !job.caller.is_closed());
            if !group.is_empty() {
                self.accept_all(&mut group).await;
            }
        }
    }

    async fn accept_all(&self, group: &mut Vec<Job>) {
        let mut new = self.insert(group).await;
        if matches!(&new, Err(error) if !is_of_database(error)) {
            // On another connection, should this one have been cut.
            new = self.insert(group).await;
        }
        match new {
            Ok(mut new) => {
                for job in group.drain(..) {
                    // Of two that are the same, the first one is new.
                    let is_new = new.remove(&key(&job.call.entry.head.event_token));
                    self.respond(job, Ok(is_new)).await;
                }
            }
            // None fails because of another.
            Err(error) if is_of_database(&error) && group.len() > 1 => {
                for job in group.drain(..) {
                    let new = self.insert(slice::from_ref(&job)).await;
                    self.respond(job, new.map(|new| !new.is_empty())).await;
                }
            }
            Err(error) => {
                let text = error.to_string();
                let mut first = Some(error);
                for job in group.drain(..) {
                    let copy = || sqlx::Error::Protocol(text.clone());
                    let error = first.take().unwrap_or_else(copy);
                    self.respond(job, Err(error)).await;
                }
            }
        }
    }

    /// Inserts calls, and returns the keys of those that were new.
    async fn insert(&self, group: &[Job]) -> SqlResult<HashSet<Vec<u8>>> {
        let keys: Vec<Vec<u8>> = sqlx::query_scalar(INSERT)
            .bind(column(group, |call| key(&call.entry.head.event_token)))
            .bind(column(group, |call| {
                escape(call.entry.head.event_token.as_str())
            }))
            .bind(column(group, |call| escape(&call.entry.head.member_id)))
            .bind(column(group, |call| escape(&call.entry.head.code)))
            .bind(column(group, |call| call.entry.head.expects_reply))
            .bind(column(group, |call| to_ms(call.entry.head.called_at)))
            .bind(column(group, |call| {
                deadline_to_ms(call.entry.head.deadline)
            }))
            .bind(column(group, |call| to_ms(call.entry.accepted_at)))
            .bind(column(group, |call| call.body.key_id))
            .bind(column(group, |call| &*call.head.bytes))
            .bind(column(group, |call| &*call.body.bytes))
            .fetch_all(&self.pool)
            .await?;
        if !keys.is_empty() {
            self.shared.notifier.runnable();
            self.notices.notify_later(Notice::Runnable).await;
        }
        Ok(keys.into_iter().collect())
    }

    /// Returns the outcome to the caller; a call that was known may have to be redelivered.
    async fn respond(&self, job: Job, is_new: SqlResult<bool>) {
        let accepted = match is_new {
            Ok(true) => Ok(AcceptOutcome::Accepted),
            Ok(false) => self.redeliver(&job.call).await,
            Err(error) => Err(error),
        };
        // The caller may have stopped waiting.
        job.caller.send(accepted).ok();
    }

    /// A known call is locked only when it looks as if it could be redelivered: what is locked
    /// cannot be claimed.
    async fn redeliver(&self, new: &SealedCall) -> SqlResult<AcceptOutcome> {
        let head = &new.entry.head;
        let seen = read::entry(&self.pool, &head.event_token).await?;
        if !seen.is_some_and(|mut seen| seen.redeliver(&head.member_id)) {
            return Ok(AcceptOutcome::Duplicate);
        }
        let mut calls = Calls::begin(&self.pool).await?;
        let Some(mut call) = calls.find(&head.event_token).await? else {
            return Ok(AcceptOutcome::Duplicate);
        };
        let redelivers = call.redeliver(&head.member_id);
        if redelivers {
            calls.replace_body(&call, new).await?;
            calls.save(call, None).await?;
        } else {
            calls.notify(&call);
        }
        let (notifications, notices) = calls.commit().await?;
        for notification in notifications {
            self.shared.notifier.notify(&notification);
        }
        self.notices.notify(notices).await;
        Ok(if redelivers {
            AcceptOutcome::Redelivered
        } else {
            AcceptOutcome::Duplicate
        })
    }
}

/// Whether the database refused; else the connection failed.
fn is_of_database(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_))
}

fn column<'a, T>(group: &'a [Job], value: impl Fn(&'a SealedCall) -> T) -> Vec<T> {
    group.iter().map(|job| value(&job.call)).collect()
}
