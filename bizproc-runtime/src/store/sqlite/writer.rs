//! The task that writes: it takes whatever came together into one transaction.

use std::fs::File;

use async_trait::async_trait;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::super::row::SqlResult;
use super::calls::{After, Calls};
use super::insert::New;

/// How many changes share a commit, and how many may wait for one.
pub(super) const GROUP: usize = 512;

/// Something that changes the calls. It may be made twice: when a transaction fails, each of its
/// changes gets one of its own.
#[async_trait]
pub(super) trait Change: Send + Sync + 'static {
    /// What it gives.
    type Made: Send;

    /// Whether the change means nothing after the program's end, so that it need not be on the
    /// disk when it is answered: no claim outlives the program.
    const IS_BRIEF: bool = false;

    /// Whether it is not to be made when whoever asked for it has given up.
    const NEEDS_ASKER: bool = false;

    /// The call that it keeps if its token is new, and what it gives then: new calls that come
    /// together are kept together.
    fn new_call(&self) -> Option<(New<'_>, Self::Made)> {
        None
    }

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Self::Made>;
}

/// A change and whoever waits for it.
struct Job<C: Change> {
    change: C,
    made: Option<C::Made>,
    reply: oneshot::Sender<SqlResult<C::Made>>,
}

#[async_trait]
trait AnyJob: Send {
    fn is_brief(&self) -> bool;
    fn is_wanted(&self) -> bool;
    fn new_call(&self) -> Option<New<'_>>;
    /// Its new call was kept.
    fn inserted(&mut self);
    async fn make(&mut self, calls: &mut Calls<'_>) -> SqlResult<()>;
    /// Tells whoever waits that it is kept.
    fn kept(self: Box<Self>);
    fn failed(self: Box<Self>, error: sqlx::Error);
}

#[async_trait]
impl<C: Change> AnyJob for Job<C> {
    fn is_brief(&self) -> bool {
        C::IS_BRIEF
    }

    fn is_wanted(&self) -> bool {
        !(C::NEEDS_ASKER && self.reply.is_closed())
    }

    fn new_call(&self) -> Option<New<'_>> {
        self.change.new_call().map(|(new, _)| new)
    }

    fn inserted(&mut self) {
        self.made = self.change.new_call().map(|(_, made)| made);
    }

    async fn make(&mut self, calls: &mut Calls<'_>) -> SqlResult<()> {
        self.made = Some(self.change.make(calls).await?);
        Ok(())
    }

    fn kept(self: Box<Self>) {
        if let Some(made) = self.made {
            // Whoever waited may have gone.
            self.reply.send(Ok(made)).ok();
        }
    }

    fn failed(self: Box<Self>, error: sqlx::Error) {
        self.reply.send(Err(error)).ok();
    }
}

enum Message {
    Job(Box<dyn AnyJob>),
    Close(oneshot::Sender<()>),
}

/// Where changes are handed in.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    messages: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the task. It ends when the last handle is dropped, and gives the lock free then.
    pub(super) fn start(
        connection: SqliteConnection,
        lock: File,
        after: impl FnMut(After) + Send + 'static,
    ) -> Self {
        let (messages, inbox) = mpsc::channel(GROUP);
        let task = Task {
            connection,
            after,
            is_synced: true,
        };
        tokio::spawn(async move {
            let closer = task.run(inbox).await;
            drop(lock);
            if let Some(closer) = closer {
                closer.send(()).ok();
            }
        });
        Self { messages }
    }

    /// Makes a change, and returns after its commit.
    pub(super) async fn make<C: Change>(&self, change: C) -> SqlResult<C::Made> {
        let (reply, made) = oneshot::channel();
        let job = Box::new(Job {
            change,
            made: None,
            reply,
        });
        let sent = self.messages.send(Message::Job(job)).await;
        sent.map_err(|_| sqlx::Error::PoolClosed)?;
        made.await.map_err(|_| sqlx::Error::PoolClosed)?
    }

    /// Makes what was handed in, and ends.
    pub(super) async fn close(&self) {
        let (closer, end) = oneshot::channel();
        if self.messages.send(Message::Close(closer)).await.is_ok() {
            end.await.ok();
        }
    }
}

struct Task<A> {
    connection: SqliteConnection,
    after: A,
    /// Whether a commit is on the disk when it returns.
    is_synced: bool,
}

impl<A: FnMut(After)> Task<A> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Message>) -> Option<oneshot::Sender<()>> {
        let (mut messages, mut group) = (Vec::new(), Vec::new());
        let mut closer = None;
        while inbox.recv_many(&mut messages, GROUP).await > 0 {
            for message in messages.drain(..) {
                match message {
                    Message::Job(job) if job.is_wanted() => group.push(job),
                    Message::Job(_) => {}
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
    /// fails by the fault of another.
    async fn commit_all(&mut self, group: &mut Vec<Box<dyn AnyJob>>) {
        if group.is_empty() {
            return;
        }
        let is_alone = group.len() == 1;
        let error = match self.commit(group).await {
            Ok(()) => return group.drain(..).for_each(AnyJob::kept),
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
                Ok(()) => job.kept(),
                Err(error) => job.failed(error),
            }
        }
    }

    async fn commit(&mut self, group: &mut [Box<dyn AnyJob>]) -> SqlResult<()> {
        let is_brief = group.iter().all(|job| job.is_brief());
        self.sync(!is_brief).await?;
        let mut done = self.transact(group, true).await;
        if matches!(done, Ok(None)) {
            done = self.transact(group, false).await;
        }
        let after = done?.into_iter().flatten();
        after.for_each(&mut self.after);
        Ok(())
    }

    /// What is to be done after the commit; `None` when calls that were to be inserted together
    /// were not all new, and nothing is changed.
    async fn transact(
        &mut self,
        group: &mut [Box<dyn AnyJob>],
        together: bool,
    ) -> SqlResult<Option<Vec<After>>> {
        let done = self.try_transact(group, together).await;
        if !matches!(done, Ok(Some(_))) {
            // There may be none: SQLite ends some by itself, such as when the disk is full.
            self.execute("ROLLBACK").await.ok();
        }
        done
    }

    /// By hand: a transaction of sqlx stays open for ever when SQLite has ended it by itself, and
    /// no other can begin then.
    async fn try_transact(
        &mut self,
        group: &mut [Box<dyn AnyJob>],
        together: bool,
    ) -> SqlResult<Option<Vec<After>>> {
        let mut after = Vec::new();
        self.execute("BEGIN IMMEDIATE").await?;
        let mut calls = Calls {
            connection: &mut self.connection,
            after: &mut after,
        };
        let new = group.iter().filter_map(|job| job.new_call());
        let new = new.collect::<Vec<_>>();
        let together = together && new.len() > 1;
        if together && !calls.insert_all(&new).await? {
            return Ok(None);
        }
        for job in group {
            if together && job.new_call().is_some() {
                job.inserted();
            } else {
                job.make(&mut calls).await?;
            }
        }
        self.execute("COMMIT").await?;
        Ok(Some(after))
    }

    async fn execute(&mut self, statement: &'static str) -> SqlResult<()> {
        let done = sqlx::query(statement).execute(&mut self.connection).await;
        done.map(drop)
    }

    /// `FULL` and `NORMAL` differ in the sync of a commit; what is synced later brings all that
    /// was written before to the disk.
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
