//! The store itself: what only reads goes to the readers, every change to the writer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::SqlitePool;

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;
use crate::store::interface::Store;
use crate::store::model::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, NewCall, ReplyToSend,
    RunQuota, StoredReply, Transition,
};
use crate::store::notifier::Notifier;
use crate::store::rules::unknown;
use crate::store::sql::cipher::{Cipher, portal_label};
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::steps::{STEP, in_steps};
use crate::store::sql::value::SqlResult;
use crate::store::sql::{claims, portal, reply};
use crate::store::sqlite::changes::{
    Accept, ClaimReplies, ClaimRuns, Finish, Lease, Purge, ReleaseDue, RemovePortal, RetryDead,
    SavePortal, SaveReply, Uninstall,
};
use crate::store::sqlite::open::SqliteOptions;
use crate::store::sqlite::read;
use crate::store::sqlite::shared::{Shared, fault};
use crate::store::sqlite::writer::{Change, Writer};

/// Stores calls and portals in one SQLite file, for one program.
///
/// A call is on the disk when it is accepted, whatever happens to the program or the machine then;
/// calls that come together share one commit. A second program that opens the file is refused: a
/// lock, `<file>.lock`, lies beside it. What a program had claimed when it ended can be claimed
/// again as soon as the file is opened.
///
/// A method whose future is dropped may have taken effect or not. Dropping the store commits the
/// changes that it was given and closes the file soon after; [`Sqlite::close`] waits for that.
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
    pub(super) path: Arc<Path>,
    pub(super) writer: Writer,
    pub(super) readers: SqlitePool,
    pub(super) shared: Arc<Shared>,
    /// Held while a portal changes: some changes look at what is stored first.
    pub(super) portal_changes: tokio::sync::Mutex<()>,
    pub(super) cipher: Cipher,
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

    /// Commits the changes that the store was given, closes the file and releases its lock. Every
    /// later method call is an error of [`ErrorKind::Store`](crate::ErrorKind::Store).
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn write_portal(&self, portal: Arc<Portal>) -> Result<()> {
        let json = portal::to_json(&portal)?;
        let sealed = self
            .cipher
            .seal(&portal_label(&portal.member_id), json.into())?;
        let save = SavePortal { portal, sealed };
        self.make("store a portal", save).await
    }

    async fn make<C: Change>(&self, doing: &str, change: C) -> Result<C::Output> {
        let made = self.writer.make(change).await;
        self.context(doing, made)
    }

    fn context<T>(&self, doing: &str, done: SqlResult<T>) -> Result<T> {
        done.map_err(|error| fault(&self.path, doing, error))
    }
}

#[async_trait]
impl Store for Sqlite {
    fn notifier(&self) -> &Notifier {
        &self.shared.notifier
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        let call = SealedCall::new(&self.cipher, call, now)?;
        self.make("store a call", Accept(call)).await
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        let codes = read::runnable_robots(&self.readers).await;
        self.context("say what can be run", codes)
    }

    async fn claim_runs(
        &self,
        quotas: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let owned = quotas
            .iter()
            .map(|quota| (quota.code.to_owned(), quota.max));
        let claim = ClaimRuns {
            quotas: owned.collect(),
            total,
            lease,
        };
        let claimed = self.make("claim calls to run", claim).await?;
        claims::decrypt(self, &self.cipher, claimed).await
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        let portals = read::portals_with_replies(&self.readers).await;
        self.context("say what can be sent", portals)
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let claim = ClaimReplies {
            member_id: member_id.to_owned(),
            limit,
            lease,
        };
        let claimed = self.make("claim replies to send", claim).await?;
        claims::decrypt(self, &self.cipher, claimed).await
    }

    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        let save = SaveReply {
            token: token.clone(),
            reply: reply::to_text(&reply)?,
            now,
        };
        let is_first = self.make("store a reply", save).await?;
        is_first.ok_or_else(|| unknown(token))
    }

    async fn finish(&self, claim: &Claim, transition: Transition, now: SystemTime) -> Result<bool> {
        let finish = Finish {
            claim: claim.clone(),
            reply: reply::from_transition(&transition)?,
            transition,
            now,
        };
        let finished = self.make("store the end of a claim", finish).await?;
        finished.into_result()
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let extend = Lease {
            claims: claims.to_vec(),
            until: Some(lease),
        };
        self.make("extend leases", extend).await
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        let release = Lease {
            claims: claims.to_vec(),
            until: None,
        };
        self.make("release claims", release).await
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        let retry = RetryDead(token.clone());
        let was_dead = self.make("retry a dead letter", retry).await?;
        was_dead.ok_or_else(|| unknown(token))
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        loop {
            let next = read::next_due(&self.readers).await;
            let next = self.context("say when the next call is due", next)?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            self.make("release what is due", ReleaseDue(now)).await?;
        }
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        let purge = |limit| self.make("purge calls", Purge { before, limit });
        in_steps(limit, purge).await
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        let call = read::call(&self.readers, token).await;
        self.context("read a call", call)
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        let calls = read::calls(&self.readers, filter).await;
        self.context("read calls", calls)
    }

    async fn counts(&self) -> Result<CallCounts> {
        let counts = read::counts(&self.readers).await;
        self.context("count its calls", counts)
    }

    async fn save_portal(&self, portal: Arc<Portal>) -> Result<()> {
        let _alone = self.portal_changes.lock().await;
        self.write_portal(portal).await
    }

    async fn replace_portal(&self, portal: Arc<Portal>, expired: &SecretString) -> Result<bool> {
        let _alone = self.portal_changes.lock().await;
        let stored = self.shared.portal(&portal.member_id);
        if !stored.is_some_and(|stored| stored.has_access_token(expired)) {
            return Ok(false);
        }
        self.write_portal(portal).await?;
        Ok(true)
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Arc<Portal>>> {
        Ok(self.shared.portal(member_id))
    }

    async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        Ok(self.shared.portals())
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let doing = "remove a portal";
        let _alone = self.portal_changes.lock().await;
        self.make(doing, RemovePortal(member_id.to_owned())).await?;
        let mut after = -1;
        loop {
            let open = read::open_calls(&self.readers, member_id, after, STEP).await;
            let open = self.context(doing, open)?;
            let Some((last, _)) = open.last() else {
                return Ok(());
            };
            after = *last;
            let tokens = open.into_iter().map(|(_, token)| token).collect();
            self.make(doing, Uninstall { tokens, now }).await?;
        }
    }
}
