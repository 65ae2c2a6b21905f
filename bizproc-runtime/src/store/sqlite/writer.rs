//! The task that writes: it commits changes that came together in one transaction.

use std::fs::File;

use async_trait::async_trait;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::store::sql::sealed::SealedCall;
use crate::store::sql::value::SqlResult;
use crate::store::sqlite::calls::{Calls, PostCommit};

/// How many changes share a commit, and how many may wait for one.
const GROUP: usize = 512;

/// Something that changes the calls. It may be made twice: when a transaction fails, each of its
/// changes gets one of its own.
#[async_trait]
pub(super) trait Change: Send + Sync + 'static {
    /// The result of the change.
    type Output: Send;

    /// Whether the change means nothing after the program's end, so that it need not be on the disk
    /// when its caller returns: no claim outlives the program.
    const RELAXED_SYNC: bool = false;

    /// Whether the change is not made once its caller has stopped waiting.
    const CANCEL_IF_ABANDONED: bool = false;

    /// The call that the change inserts if its token is new, and the result then: new calls that
    /// come together are inserted together.
    fn new_call(&self) -> Option<(&SealedCall, Self::Output)> {
        None
    }

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Self::Output>;
}

/// A change and its caller.
struct Job<C: Change> {
    change: C,
    output: Option<C::Output>,
    caller: oneshot::Sender<SqlResult<C::Output>>,
}

#[async_trait]
trait AnyJob: Send {
    fn is_relaxed(&self) -> bool;
    fn is_wanted(&self) -> bool;
    fn new_call(&self) -> Option<&SealedCall>;
    /// Its new call was inserted.
    fn inserted(&mut self);
    async fn make(&mut self, calls: &mut Calls<'_>) -> SqlResult<()>;
    /// Returns the result to the caller, after the commit.
    fn committed(self: Box<Self>);
    fn failed(self: Box<Self>, error: sqlx::Error);
}

#[async_trait]
impl<C: Change> AnyJob for Job<C> {
    fn is_relaxed(&self) -> bool {
        C::RELAXED_SYNC
    }

    fn is_wanted(&self) -> bool {
        !(C::CANCEL_IF_ABANDONED && self.caller.is_closed())
    }

    fn new_call(&self) -> Option<&SealedCall> {
        self.change.new_call().map(|(call, _)| call)
    }

    fn inserted(&mut self) {
        self.output = self.change.new_call().map(|(_, output)| output);
    }

    async fn make(&mut self, calls: &mut Calls<'_>) -> SqlResult<()> {
        self.output = Some(self.change.make(calls).await?);
        Ok(())
    }

    fn committed(self: Box<Self>) {
        if let Some(output) = self.output {
            // The caller may have stopped waiting.
            self.caller.send(Ok(output)).ok();
        }
    }

    fn failed(self: Box<Self>, error: sqlx::Error) {
        self.caller.send(Err(error)).ok();
    }
}

enum Message {
    Job(Box<dyn AnyJob>),
    Close(oneshot::Sender<()>),
}

/// The handle to which changes are given.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    messages: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the task. It ends when the last handle is dropped, and releases the lock then.
    pub(super) fn start(
        connection: SqliteConnection,
        lock: File,
        post_commit: impl FnMut(PostCommit) + Send + 'static,
    ) -> Self {
        let (messages, inbox) = mpsc::channel(GROUP);
        let task = Task {
            connection,
            post_commit,
            is_synced: true,
        };
        tokio::spawn(async move {
            let closer = task.run(inbox).await;
            // Only now may another program open the file.
            drop(lock);
            if let Some(closer) = closer {
                closer.send(()).ok();
            }
        });
        Self { messages }
    }

    /// Makes a change, and returns after its commit.
    pub(super) async fn make<C: Change>(&self, change: C) -> SqlResult<C::Output> {
        let (caller, output) = oneshot::channel();
        let job = Box::new(Job {
            change,
            output: None,
            caller,
        });
        let sent = self.messages.send(Message::Job(job)).await;
        sent.map_err(|_| sqlx::Error::PoolClosed)?;
        output.await.map_err(|_| sqlx::Error::PoolClosed)?
    }

    /// Commits the changes that were given, and ends the task.
    pub(super) async fn close(&self) {
        let (closer, end) = oneshot::channel();
        if self.messages.send(Message::Close(closer)).await.is_ok() {
            end.await.ok();
        }
    }
}

struct Task<P> {
    connection: SqliteConnection,
    post_commit: P,
    /// Whether a commit is on the disk when it returns.
    is_synced: bool,
}

impl<P: FnMut(PostCommit)> Task<P> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Message>) -> Option<oneshot::Sender<()>> {
        let mut messages = Vec::new();
        let mut group = Vec::new();
        let mut closer = None;
        while inbox.recv_many(&mut messages, GROUP).await > 0 {
            for message in messages.drain(..) {
                match message {
                    Message::Job(job) if job.is_wanted() => group.push(job),
                    Message::Job(_) => {}
                    // What is already in the channel is still committed: `recv_many` returns 0 only
                    // when a closed channel is empty.
                    Message::Close(waiting) => {
                        inbox.close();
                        closer = Some(waiting);
                    }
                }
            }
            self.commit_all(&mut group).await;
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!("the database was not closed well: {error}");
        }
        closer
    }

    /// Commits all changes in one transaction; if that fails, each in one of its own, so that none
    /// fails because of another.
    async fn commit_all(&mut self, group: &mut Vec<Box<dyn AnyJob>>) {
        if group.is_empty() {
            return;
        }
        let is_alone = group.len() == 1;
        let error = match self.commit(group).await {
            Ok(()) => return group.drain(..).for_each(AnyJob::committed),
            Err(error) => error,
        };
        if is_alone && let Some(job) = group.pop() {
            return job.failed(error);
        }
        for job in group.drain(..) {
            let mut alone = [job];
            let committed = self.commit(&mut alone).await;
            let [job] = alone;
            match committed {
                Ok(()) => job.committed(),
                Err(error) => job.failed(error),
            }
        }
    }

    async fn commit(&mut self, group: &mut [Box<dyn AnyJob>]) -> SqlResult<()> {
        let is_relaxed = group.iter().all(|job| job.is_relaxed());
        self.sync(!is_relaxed).await?;
        let mut done = self.transact(group, true).await;
        if matches!(done, Ok(None)) {
            done = self.transact(group, false).await;
        }
        // A subscriber looks immediately, so the commit comes first.
        let post_commit = done?.into_iter().flatten();
        post_commit.for_each(&mut self.post_commit);
        Ok(())
    }

    /// Returns what is to be done after the commit; `None` when calls that were to be inserted
    /// together were not all new, and nothing is changed.
    async fn transact(
        &mut self,
        group: &mut [Box<dyn AnyJob>],
        together: bool,
    ) -> SqlResult<Option<Vec<PostCommit>>> {
        let done = self.try_transact(group, together).await;
        if !matches!(done, Ok(Some(_))) {
            // There may be no transaction: SQLite ends some by itself, as when the disk is full.
            self.execute("ROLLBACK").await.ok();
        }
        done
    }

    /// By hand: a transaction of sqlx stays open when SQLite has ended it by itself, and no other
    /// can begin then.
    async fn try_transact(
        &mut self,
        group: &mut [Box<dyn AnyJob>],
        together: bool,
    ) -> SqlResult<Option<Vec<PostCommit>>> {
        let mut post_commit = Vec::new();
        self.execute("BEGIN IMMEDIATE").await?;
        let mut calls = Calls {
            connection: &mut self.connection,
            post_commit: &mut post_commit,
        };
        let new: Vec<_> = group.iter().filter_map(|job| job.new_call()).collect();
        let inserts_all = together && new.len() > 1;
        if inserts_all && !calls.insert_all(&new).await? {
            return Ok(None);
        }
        for job in group {
            if inserts_all && job.new_call().is_some() {
                job.inserted();
            } else {
                job.make(&mut calls).await?;
            }
        }
        self.execute("COMMIT").await?;
        Ok(Some(post_commit))
    }

    async fn execute(&mut self, statement: &'static str) -> SqlResult<()> {
        let done = sqlx::query(statement).execute(&mut self.connection).await;
        done.map(drop)
    }

    /// Sets whether a commit is synced. A later commit that is synced brings all that was written
    /// before to the disk.
    async fn sync(&mut self, is_synced: bool) -> SqlResult<()> {
        if self.is_synced != is_synced {
            let pragma = if is_synced {
                "PRAGMA synchronous = FULL"
            } else {
                "PRAGMA synchronous = NORMAL"
            };
            self.execute(pragma).await?;
            self.is_synced = is_synced;
        }
        Ok(())
    }
}
