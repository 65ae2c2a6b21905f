//! Accepting calls: those that come together are kept by one statement.

use std::collections::HashSet;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use super::super::AcceptOutcome;
use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::row::{SqlResult, deadline_to_ms, key, to_ms};
use super::calls::Calls;
use super::listen::Notice;
use super::tell::Teller;
use super::text::escape;
use super::{Shared, read};

/// How many calls share a statement, and how many may wait for one.
const GROUP: usize = 256;

/// The other columns have what a new call has.
const INSERT: &str = "INSERT INTO bizproc_calls \
     (key, event_token, member_id, code, waits, called_at, deadline, accepted_at, key_id, body) \
     SELECT key, event_token, member_id, code, waits, called_at, deadline, accepted_at, key_id, \
     body FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::text[], $5::boolean[], \
     $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[]) \
     WITH ORDINALITY AS new (key, event_token, member_id, code, waits, called_at, deadline, \
     accepted_at, key_id, body, place) ORDER BY place ON CONFLICT (key) DO NOTHING RETURNING key";

struct Job {
    call: Entry,
    body: Sealed,
    reply: oneshot::Sender<SqlResult<AcceptOutcome>>,
}

/// Where calls are handed in.
#[derive(Debug, Clone)]
pub(super) struct Acceptor {
    jobs: mpsc::Sender<Job>,
}

impl Acceptor {
    /// Starts the task; it ends when the last handle is dropped.
    pub(super) fn start(pool: PgPool, teller: Teller, shared: Arc<Shared>) -> Self {
        let (jobs, inbox) = mpsc::channel(GROUP);
        let task = Task {
            pool,
            teller,
            shared,
        };
        tokio::spawn(task.run(inbox));
        Self { jobs }
    }

    pub(super) async fn accept(&self, call: Entry, body: Sealed) -> SqlResult<AcceptOutcome> {
        let (reply, accepted) = oneshot::channel();
        let job = Job { call, body, reply };
        let sent = self.jobs.send(job).await;
        sent.map_err(|_| sqlx::Error::PoolClosed)?;
        accepted.await.map_err(|_| sqlx::Error::PoolClosed)?
    }
}

struct Task {
    pool: PgPool,
    teller: Teller,
    shared: Arc<Shared>,
}

impl Task {
    async fn run(self, mut inbox: mpsc::Receiver<Job>) {
        let mut group = Vec::new();
        while inbox.recv_many(&mut group, GROUP).await > 0 {
            // Whoever gave up has done something else with the call.
            group.retain(|job| !job.reply.is_closed());
            if group.is_empty() {
                continue;
            }
            let mut new = self.insert(&group).await;
            if matches!(&new, Err(error) if !is_of_database(error)) {
                // On another connection, should this one have been cut.
                new = self.insert(&group).await;
            }
            if matches!(&new, Err(error) if is_of_database(error)) && group.len() > 1 {
                // None fails by the fault of another.
                for job in group.drain(..) {
                    let new = self.insert(std::slice::from_ref(&job)).await;
                    self.give(job, new.map(|new| !new.is_empty())).await;
                }
                continue;
            }
            match new {
                Ok(mut new) => {
                    for job in group.drain(..) {
                        // Of two that are the same, the first one is new.
                        let is_new = new.remove(&key(&job.call.event_token));
                        self.give(job, Ok(is_new)).await;
                    }
                }
                Err(error) => {
                    let text = error.to_string();
                    for job in group.drain(..) {
                        let error = sqlx::Error::Protocol(text.clone());
                        self.give(job, Err(error)).await;
                    }
                }
            }
        }
    }

    /// The keys of the calls that were new.
    async fn insert(&self, group: &[Job]) -> SqlResult<HashSet<Vec<u8>>> {
        let keys: Vec<Vec<u8>> = sqlx::query_scalar(INSERT)
            .bind(each(group, |job| key(&job.call.event_token)))
            .bind(each(group, |job| escape(job.call.event_token.as_str())))
            .bind(each(group, |job| escape(&job.call.member_id)))
            .bind(each(group, |job| escape(&job.call.code)))
            .bind(each(group, |job| job.call.waits))
            .bind(each(group, |job| to_ms(job.call.called_at)))
            .bind(each(group, |job| deadline_to_ms(job.call.deadline)))
            .bind(each(group, |job| to_ms(job.call.accepted_at)))
            .bind(each(group, |job| job.body.key_id))
            .bind(each(group, |job| job.body.bytes.as_slice()))
            .fetch_all(&self.pool)
            .await?;
        if !keys.is_empty() {
            self.shared.notifier.runnable();
            self.teller.tell_later(Notice::Run).await;
        }
        Ok(keys.into_iter().collect())
    }

    /// Says what became of a call; one that was known may have to be said again.
    async fn give(&self, job: Job, is_new: SqlResult<bool>) {
        let accepted = match is_new {
            Ok(true) => Ok(AcceptOutcome::Accepted),
            Ok(false) => self.repeat(&job).await,
            Err(error) => Err(error),
        };
        // Whoever waited may have gone.
        job.reply.send(accepted).ok();
    }

    /// A known call is locked only when it looks as if it could be said again: what is locked
    /// cannot be claimed.
    async fn repeat(&self, job: &Job) -> SqlResult<AcceptOutcome> {
        let (token, member_id) = (&job.call.event_token, &job.call.member_id);
        let seen = read::call_of(&self.pool, token).await?;
        if !seen.is_some_and(|mut seen| seen.repeat(member_id)) {
            return Ok(AcceptOutcome::Duplicate);
        }
        let mut calls = Calls::begin(&self.pool).await?;
        let Some(mut call) = calls.find(token).await? else {
            return Ok(AcceptOutcome::Duplicate);
        };
        let repeats = call.repeat(member_id);
        if repeats {
            calls.set_body(&call, &job.body).await?;
            calls.save(call, None).await?;
        } else {
            calls.tell(&call);
        }
        let (signs, notices) = calls.commit().await?;
        for sign in signs {
            self.shared.notifier.give(&sign);
        }
        self.teller.tell(notices).await;
        Ok(if repeats {
            AcceptOutcome::Redelivered
        } else {
            AcceptOutcome::Duplicate
        })
    }
}

/// Whether the database said so, rather than nobody.
fn is_of_database(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_))
}

fn each<'a, T>(group: &'a [Job], of: impl Fn(&'a Job) -> T) -> Vec<T> {
    group.iter().map(of).collect()
}
