//! A store in one file.

mod calls;
mod changes;
mod insert;
mod open;
mod read;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::SqlitePool;

use self::calls::After;
use self::changes::{
    Accept, ClaimRuns, ClaimSends, Finish, Forget, GiveAnswer, Lease, RemovePortal, Revive, STEP,
    SavePortal, Uninstall, Wake, answer_of,
};
pub use self::open::SqliteOptions;
use self::writer::{Change, Writer};
use super::cipher::{Cipher, Sealed, of_call, of_portal};
use super::entry::{Entry, unknown};
use super::row::{SqlResult, answer_to_text, portal_to_json};
use super::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, NewCall, Notifier,
    ReplyToSend, RunQuota, Store, StoredReply, Transition,
};
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::EventToken;

/// Keeps calls and portals in one SQLite file, for one program.
///
/// A call is on the disk when it is accepted, whatever happens to the program or the machine then;
/// many that come together share one commit. A second program that opens the file is refused: a
/// lock, `<file>.lock`, lies beside it. What a program had claimed when it ended can be claimed
/// again as soon as the file is opened.
///
/// A method whose future is dropped may have taken effect or not. Dropping the store commits what
/// was handed in and closes the file soon after; [`Sqlite::close`] waits for that.
///
/// ```no_run
/// use bizproc_runtime::store::Sqlite;
///
/// # async fn open() -> bizproc_runtime::Result<()> {
/// let store = Sqlite::open("calls.sqlite").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Sqlite {
    path: Arc<Path>,
    writer: Writer,
    readers: SqlitePool,
    shared: Arc<Shared>,
    /// Held by whoever changes a portal: some look at what is kept first.
    portal_changes: tokio::sync::Mutex<()>,
    cipher: Cipher,
}

/// What every part of the program sees of the store.
#[derive(Debug, Default)]
struct Shared {
    notifier: Notifier,
    /// All portals: there is only one program, so what it knows is what is kept.
    portals: RwLock<HashMap<String, Portal>>,
}

impl Shared {
    fn know(&self, portal: Portal) {
        let mut portals = self.portals.write().unwrap_or_else(PoisonError::into_inner);
        portals.insert(portal.member_id.clone(), portal);
    }

    fn after(&self, after: After) {
        match after {
            After::Tell(sign) => self.notifier.give(&sign),
            After::Know(portal) => self.know(*portal),
            After::Forget(member_id) => {
                let portals = self.portals.write();
                let mut portals = portals.unwrap_or_else(PoisonError::into_inner);
                portals.remove(&member_id);
            }
        }
    }
}

impl Sqlite {
    /// Opens the database in this file, with the options' defaults.
    ///
    /// # Errors
    ///
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        SqliteOptions::new(path).open().await
    }

    /// Commits what was handed in, closes the file and gives its lock free. Whatever is asked of
    /// the store afterwards is an error of [`ErrorKind::Store`].
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Decrypts the body of a claimed call. One that cannot be decrypted is buried, so that it
    /// holds up no others.
    async fn body(&self, claim: &Claim, body: Sealed) -> Result<Option<Vec<u8>>> {
        let error = match self.cipher.open(&of_call(&claim.event_token), body) {
            Ok(body) => return Ok(Some(body)),
            Err(error) => error,
        };
        tracing::error!(event = ?claim.event_token, "a call is given up: {error}");
        let next = Transition::DeadLetter(format!("its body cannot be read: {error}"));
        self.finish(claim, next, SystemTime::UNIX_EPOCH).await?;
        Ok(None)
    }

    async fn keep_portal(&self, portal: Portal) -> Result<()> {
        let json = portal_to_json(&portal)?;
        let kept = self.cipher.seal(&of_portal(&portal.member_id), json)?;
        let save = SavePortal { portal, kept };
        self.make("keep a portal", save).await
    }

    async fn make<C: Change>(&self, doing: &str, change: C) -> Result<C::Made> {
        let made = self.writer.make(change).await;
        self.done(doing, made)
    }

    fn done<T>(&self, doing: &str, done: SqlResult<T>) -> Result<T> {
        done.map_err(|error| fault(&self.path, doing, error))
    }
}

/// A failure of the database, with its file.
fn fault(path: &Path, doing: &str, error: sqlx::Error) -> Error {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<u32>().ok());
    // The lower byte is the kind of failure, those above tell more of it.
    let remedy = match code.map(|code| code & 0xff) {
        Some(8) => "; the file or its folder may not be written to",
        Some(10) => "; the disk failed",
        Some(11 | 26) => "; the file is damaged, or no database",
        Some(13) => "; the disk is full, and the store goes on when there is space again",
        Some(14) => "; its folder must exist, and may be written to",
        _ => "",
    };
    let error_shown = match &error {
        sqlx::Error::PoolClosed => "it was closed".to_owned(),
        other => other.to_string(),
    };
    let path = path.display();
    let message = format!("the store `{path}` could not {doing}: {error_shown}{remedy}");
    Error::new(ErrorKind::Store, message).with_source(error)
}

#[async_trait]
impl Store for Sqlite {
    fn notifier(&self) -> &Notifier {
        &self.shared.notifier
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        let entry = Entry::new(0, &call, now);
        let body = self.cipher.seal(&of_call(&call.event_token), call.body)?;
        let accept = Accept { call: entry, body };
        self.make("keep a call", accept).await
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        let codes = read::runnable_robots(&self.readers).await;
        self.done("say what can be run", codes)
    }

    async fn claim_runs(
        &self,
        slots: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let slots = slots.iter().map(|slot| (slot.code.to_owned(), slot.max));
        let claim = ClaimRuns {
            slots: slots.collect(),
            total,
            lease,
        };
        let claimed = self.make("give calls to run", claim).await?;
        let mut runs = Vec::with_capacity(claimed.len());
        for (mut run, body) in claimed {
            if let Some(body) = self.body(&run.claim, body).await? {
                run.call.body = body;
                runs.push(run);
            }
        }
        Ok(runs)
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        let portals = read::portals_with_replies(&self.readers).await;
        self.done("say what can be sent", portals)
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let claim = ClaimSends {
            member_id: member_id.to_owned(),
            at_most,
            lease,
        };
        let claimed = self.make("give answers to send", claim).await?;
        let mut sends = Vec::with_capacity(claimed.len());
        for (mut send, body) in claimed {
            if let Some(body) = self.body(&send.claim, body).await? {
                send.call.body = body;
                sends.push(send);
            }
        }
        Ok(sends)
    }

    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        let give = GiveAnswer {
            token: token.clone(),
            answer: answer_to_text(&reply)?,
            now,
        };
        let is_first = self.make("keep an answer", give).await?;
        is_first.ok_or_else(|| unknown(token))
    }

    async fn finish(&self, claim: &Claim, next: Transition, now: SystemTime) -> Result<bool> {
        let finish = Finish {
            claim: claim.clone(),
            answer: answer_of(&next).map(answer_to_text).transpose()?,
            next,
            now,
        };
        self.make("keep what became of a call", finish).await?
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let claims = claims.to_vec();
        let until = Some(lease);
        self.make("extend leases", Lease { claims, until }).await
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        let claims = claims.to_vec();
        let until = None;
        self.make("release calls", Lease { claims, until }).await
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        let revived = self
            .make("retry_dead a call", Revive(token.clone()))
            .await?;
        revived.ok_or_else(|| unknown(token))
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        loop {
            let next = read::next_due(&self.readers).await;
            let next = self.done("say when the next time comes", next)?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            self.make("wake calls", Wake(now)).await?;
        }
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        let mut forgotten = 0;
        loop {
            let at_most = STEP.min(limit - forgotten);
            let step = Forget {
                settled_before: before,
                at_most,
            };
            let step = self.make("forget calls", step).await?;
            forgotten += step;
            if step < STEP {
                return Ok(forgotten);
            }
        }
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        let record = read::one(&self.readers, token).await;
        self.done("give a call", record)
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        let records = read::records(&self.readers, filter).await;
        self.done("give calls", records)
    }

    async fn counts(&self) -> Result<CallCounts> {
        let counts = read::counts(&self.readers).await;
        self.done("count its calls", counts)
    }

    async fn save_portal(&self, portal: Portal) -> Result<()> {
        let _alone = self.portal_changes.lock().await;
        self.keep_portal(portal).await
    }

    async fn replace_portal(&self, portal: Portal, expired: &SecretString) -> Result<bool> {
        let _alone = self.portal_changes.lock().await;
        let kept = self.portal(&portal.member_id).await?;
        if !kept.is_some_and(|kept| kept.has_access_token(expired)) {
            return Ok(false);
        }
        self.keep_portal(portal).await?;
        Ok(true)
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        let portals = self.shared.portals.read();
        let portals = portals.unwrap_or_else(PoisonError::into_inner);
        Ok(portals.get(member_id).cloned())
    }

    async fn portals(&self) -> Result<Vec<Portal>> {
        let portals = self.shared.portals.read();
        let portals = portals.unwrap_or_else(PoisonError::into_inner);
        Ok(portals.values().cloned().collect())
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let doing = "remove a portal";
        let _alone = self.portal_changes.lock().await;
        self.make(doing, RemovePortal(member_id.to_owned())).await?;
        let mut after = -1;
        loop {
            let open = read::open_calls(&self.readers, member_id, after, STEP).await;
            let open = self.done(doing, open)?;
            let Some((last, _)) = open.last() else {
                return Ok(());
            };
            after = *last;
            let tokens = open.into_iter().map(|(_, token)| token).collect();
            self.make(doing, Uninstall { tokens, now }).await?;
        }
    }
}
