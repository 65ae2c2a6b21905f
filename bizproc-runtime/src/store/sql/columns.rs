//! The columns of a call as they are now, in SQLite and in PostgreSQL, and how they are read.
//!
//! | Column | Holds |
//! |---|---|
//! | `number` | the number of the call, in the order of acceptance |
//! | `event_token`, `member_id`, `code` | the call, the portal, the robot |
//! | `expects_reply`, `called_at`, `deadline`, `accepted_at` | times are milliseconds since 1970; a deadline that never comes is the largest number |
//! | `stage` | 0 accepted, 1 deferred, 2 replied, 3 delivered, 4 completed, 5 dead |
//! | `has_reply`, `completion`, `reason` | how a completed call ended, why a dead one stopped |
//! | `due` | the earliest time of the next attempt, or the end of the lease |
//! | `is_claimed`, `fence` | whether a process has a claim, and the fencing token of the last one |
//! | `runs_started`, `failures` | the runs of the robot's code |
//! | `sends`, `first_sent_at`, `ambiguous`, `delivered` | the sends of the reply |
//! | `completed_at` | when the call was completed |
//!
//! `head` is a column of the same row. Body and reply are columns of it in PostgreSQL, and tables beside it
//! in SQLite. `key_id`, in SQLite `head_key_id` too, says what head and body are encrypted with. The
//! files in `migrations` say how the columns came to be.

use bytes::Bytes;
use sqlx::{ColumnIndex, Database, Decode, Row, Type};

use crate::rest::EventToken;
use crate::store::model::{CallCounts, CallHead, CallStage, Completion, SendHistory};
use crate::store::rules::Entry;
use crate::store::sql::cipher::Sealed;
use crate::store::sql::value::{NEVER, SqlResult, damaged, to_i64, to_time, to_u32, to_u64};

/// The columns of [`Reader::entry`], in their order.
macro_rules! columns {
    () => {
        "calls.number, event_token, member_id, code, expects_reply, called_at, deadline, \
         accepted_at, stage, has_reply, completion, reason, due, is_claimed, fence, runs_started, \
         failures, sends, first_sent_at, ambiguous, delivered, completed_at"
    };
}
pub(in crate::store) use columns;

/// A row whose columns can be read.
pub(in crate::store) trait CallRow: Row {
    fn i64(&self, column: usize) -> SqlResult<i64>;
    fn i64_or_none(&self, column: usize) -> SqlResult<Option<i64>>;
    fn bool(&self, column: usize) -> SqlResult<bool>;
    fn text(&self, column: usize) -> SqlResult<String>;
    fn text_or_none(&self, column: usize) -> SqlResult<Option<String>>;
    fn bytes_or_none(&self, column: usize) -> SqlResult<Option<Vec<u8>>>;
}

impl<D, R> CallRow for R
where
    D: Database<Row = R>,
    R: Row<Database = D>,
    usize: ColumnIndex<R>,
    i64: for<'r> Decode<'r, D> + Type<D>,
    bool: for<'r> Decode<'r, D> + Type<D>,
    String: for<'r> Decode<'r, D> + Type<D>,
    Vec<u8>: for<'r> Decode<'r, D> + Type<D>,
{
    fn i64(&self, column: usize) -> SqlResult<i64> {
        self.try_get(column)
    }

    fn i64_or_none(&self, column: usize) -> SqlResult<Option<i64>> {
        self.try_get(column)
    }

    fn bool(&self, column: usize) -> SqlResult<bool> {
        self.try_get(column)
    }

    fn text(&self, column: usize) -> SqlResult<String> {
        self.try_get(column)
    }

    fn text_or_none(&self, column: usize) -> SqlResult<Option<String>> {
        self.try_get(column)
    }

    fn bytes_or_none(&self, column: usize) -> SqlResult<Option<Vec<u8>>> {
        self.try_get(column)
    }
}

/// Reads the columns of a row one after the other.
#[derive(Debug)]
pub(in crate::store) struct Reader<'r, R> {
    row: &'r R,
    column: usize,
}

impl<'r, R: CallRow> Reader<'r, R> {
    pub(in crate::store) fn new(row: &'r R) -> Self {
        Self { row, column: 0 }
    }

    fn next<T>(&mut self, read: impl FnOnce(&R, usize) -> SqlResult<T>) -> SqlResult<T> {
        let value = read(self.row, self.column)?;
        self.column += 1;
        Ok(value)
    }

    fn i64(&mut self) -> SqlResult<i64> {
        self.next(R::i64)
    }

    fn bool(&mut self) -> SqlResult<bool> {
        self.next(R::bool)
    }

    pub(in crate::store) fn text(&mut self) -> SqlResult<String> {
        self.next(R::text)
    }

    pub(in crate::store) fn text_or_none(&mut self) -> SqlResult<Option<String>> {
        self.next(R::text_or_none)
    }

    /// Reads a key's id, after which [`Reader::sealed`] reads what is encrypted with it.
    pub(in crate::store) fn key_id(&mut self) -> SqlResult<i64> {
        self.i64()
    }

    pub(in crate::store) fn sealed(&mut self, key_id: i64) -> SqlResult<Option<Sealed>> {
        let bytes = self.next(R::bytes_or_none)?.map(Bytes::from);
        Ok(bytes.map(|bytes| Sealed { key_id, bytes }))
    }

    /// Reads [`columns`].
    pub(in crate::store) fn entry(&mut self) -> SqlResult<Entry> {
        Ok(Entry {
            number: to_u64(self.i64()?),
            head: self.head()?,
            accepted_at: to_time(self.i64()?),
            stage: stage(self.i64()?)?,
            has_reply: self.bool()?,
            completion: self.completion()?,
            reason: self.text_or_none()?,
            due: self.next(R::i64_or_none)?.map(to_time),
            is_claimed: self.bool()?,
            fence: to_u64(self.i64()?),
            runs_started: to_u32(self.i64()?),
            failures: to_u32(self.i64()?),
            history: SendHistory {
                attempts: to_u32(self.i64()?),
                first_attempt_at: self.next(R::i64_or_none)?.map(to_time),
                ambiguous: self.bool()?,
                delivered: to_u32(self.i64()?),
            },
            completed_at: self.next(R::i64_or_none)?.map(to_time),
        })
    }

    fn head(&mut self) -> SqlResult<CallHead> {
        let event_token = EventToken::new(self.text()?);
        let member_id = self.text()?;
        let code = self.text()?;
        let mut head = CallHead::new(event_token, member_id, code);
        head.expects_reply = self.bool()?;
        head.called_at = to_time(self.i64()?);
        let deadline = self.i64()?;
        head.deadline = (deadline != NEVER).then(|| to_time(deadline));
        Ok(head)
    }

    fn completion(&mut self) -> SqlResult<Option<Completion>> {
        let Some(name) = self.text_or_none()? else {
            return Ok(None);
        };
        let mut all = Completion::ALL.into_iter();
        let found = all.find(|completion| completion.name() == name);
        let unknown = || damaged(format!("`{name}` is no way in which a call is completed"));
        found.map(Some).ok_or_else(unknown)
    }
}

pub(in crate::store) fn stage_to_number(stage: CallStage) -> i64 {
    let index = CallStage::ALL.iter().position(|other| *other == stage);
    index.map_or(-1, to_i64)
}

fn stage(number: i64) -> SqlResult<CallStage> {
    let index = usize::try_from(number).ok();
    let stage = index.and_then(|index| CallStage::ALL.get(index).copied());
    stage.ok_or_else(|| damaged(format!("{number} is no stage of a call")))
}

/// Reads counts: a stage, how many calls are there, and when the oldest of them was accepted.
pub(in crate::store) fn counts(rows: &[(i64, i64, i64)]) -> SqlResult<CallCounts> {
    let mut counts = CallCounts::default();
    for &(number, calls, oldest) in rows {
        counts.add(stage(number)?, to_u64(calls), to_time(oldest));
    }
    Ok(counts)
}
