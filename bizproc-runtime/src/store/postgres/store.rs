//! The store itself.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::{EventToken, SharedRateLimit};
use crate::store::interface::Store;
use crate::store::model::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, NewCall, ReplyToSend,
    RunQuota, StoredReply, Transition,
};
use crate::store::notifier::Notifier;
use crate::store::postgres::accept::Acceptor;
use crate::store::postgres::changes::Database;
use crate::store::postgres::open::PostgresOptions;
use crate::store::postgres::rate_limit::RateLimit;
use crate::store::postgres::read;
use crate::store::postgres::shared::fault;
use crate::store::postgres::text::escape;
use crate::store::rules::{Entry, unknown};
use crate::store::sql::cipher::{Cipher, Sealed, portal_label};
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::steps::in_steps;
use crate::store::sql::value::{SqlResult, to_i64};
use crate::store::sql::{claims, portal, reply};

/// Stores calls and portals in PostgreSQL, for any number of programs.
///
/// The programs notify each other of work through the database, and claim calls with leases: what a
/// program had claimed when it ended is released when its leases end. A portal that another program
/// changed is read again immediately, and after a minute in any case. A connection that is cut is
/// an error of [`ErrorKind::Store`](crate::ErrorKind::Store) for the method that uses it just then;
/// the next one makes a new connection.
///
/// A method whose future is dropped may have taken effect or not.
///
/// ```no_run
/// use bizproc_runtime::store::Postgres;
///
/// # async fn open() -> bizproc_runtime::Result<()> {
/// let store = Postgres::open("postgres://user:password@db.example/robots").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Postgres {
    /// The database and its host, for messages.
    pub(super) name: Arc<str>,
    pub(super) acceptor: Acceptor,
    pub(super) listener: JoinHandle<()>,
    pub(super) database: Database,
    /// For accepting calls, and for notices.
    pub(super) call_pool: PgPool,
    pub(super) cipher: Cipher,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Postgres {
    /// Opens the database at this address, with the options' defaults.
    ///
    /// # Errors
    ///
    /// As [`PostgresOptions::open`].
    pub async fn open(url: impl Into<String>) -> Result<Self> {
        PostgresOptions::new(url).open().await
    }

    /// Closes all connections. Every later method call is an error of
    /// [`ErrorKind::Store`](crate::ErrorKind::Store).
    pub async fn close(&self) {
        self.listener.abort();
        self.call_pool.close().await;
        self.database.pool.close().await;
    }

    fn context<T>(&self, doing: &str, done: SqlResult<T>) -> Result<T> {
        done.map_err(|error| fault(&self.name, doing, error))
    }

    fn seal_portal(&self, portal: &Portal) -> Result<Sealed> {
        let json = portal::to_json(portal)?;
        self.cipher
            .seal(&portal_label(&portal.member_id), json.into())
    }

    fn open_portal(&self, (member_id, sealed): (String, Sealed)) -> Result<Arc<Portal>> {
        let json = self.cipher.open(&portal_label(&member_id), sealed);
        json.and_then(|json| portal::from_json(&json))
            .map(Arc::new)
            .map_err(|error| error.context(format!("the store `{}`", self.name)))
    }
}

#[async_trait]
impl Store for Postgres {
    fn notifier(&self) -> &Notifier {
        &self.database.shared.notifier
    }

    fn shared_rate_limit(&self) -> Option<Arc<dyn SharedRateLimit>> {
        Some(Arc::new(RateLimit {
            name: Arc::clone(&self.name),
            pool: self.database.pool.clone(),
        }))
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        let call = SealedCall::new(&self.cipher, call, now)?;
        let accepted = self.acceptor.accept(call).await;
        self.context("store a call", accepted)
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        let codes = read::runnable_robots(&self.database.pool).await;
        self.context("say what can be run", codes)
    }

    async fn claim_runs(
        &self,
        quotas: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let quotas: Vec<_> = quotas
            .iter()
            .map(|quota| {
                (
                    escape(quota.code).into_owned(),
                    to_i64(quota.max.min(total)),
                )
            })
            .collect();
        let claimed = self.database.claim_runs(&quotas, total, lease).await;
        let claimed = self.context("claim calls to run", claimed)?;
        claims::decrypt(self, &self.cipher, claimed).await
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        let portals = read::portals_with_replies(&self.database.pool).await;
        self.context("say what can be sent", portals)
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let claimed = self.database.claim_replies(member_id, limit, lease).await;
        let claimed = self.context("claim replies to send", claimed)?;
        claims::decrypt(self, &self.cipher, claimed).await
    }

    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        let text = reply::to_text(&reply)?;
        let reply = |call: &mut Entry| call.reply(now);
        let is_first = self.database.change(token, Some(text), reply).await;
        let is_first = self.context("store a reply", is_first)?;
        is_first.ok_or_else(|| unknown(token))
    }

    async fn finish(&self, claim: &Claim, transition: Transition, now: SystemTime) -> Result<bool> {
        let text = reply::from_transition(&transition)?;
        let finished = self.database.finish(claim, &transition, text, now).await;
        self.context("store the end of a claim", finished)?
            .into_result()
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let extended = self.database.lease(claims, Some(lease)).await;
        self.context("extend leases", extended)
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        let released = self.database.lease(claims, None).await;
        self.context("release claims", released)
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        let was_dead = self.database.change(token, None, Entry::retry_dead).await;
        let was_dead = self.context("retry a dead letter", was_dead)?;
        was_dead.ok_or_else(|| unknown(token))
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        let doing = "release what is due";
        loop {
            let next = read::next_due(&self.database.pool).await;
            let next = self.context(doing, next)?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            let released = self.database.release_due(now).await;
            // Others are releasing the rest.
            if self.context(doing, released)? == 0 {
                return Ok(next);
            }
        }
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        let buckets = RateLimit::purge(&self.database.pool).await;
        self.context("purge rate limits", buckets)?;
        let purge = async |limit| {
            let purged = self.database.purge(before, limit).await;
            self.context("purge calls", purged)
        };
        in_steps(limit, purge).await
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        let call = read::call(&self.database.pool, token).await;
        self.context("read a call", call)
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        let calls = read::calls(&self.database.pool, filter).await;
        self.context("read calls", calls)
    }

    async fn counts(&self) -> Result<CallCounts> {
        let counts = read::counts(&self.database.pool).await;
        self.context("count its calls", counts)
    }

    async fn save_portal(&self, portal: Arc<Portal>) -> Result<()> {
        let sealed = self.seal_portal(&portal)?;
        let saved = self.database.save_portal(&portal.member_id, &sealed).await;
        self.context("store a portal", saved)
    }

    async fn replace_portal(&self, portal: Arc<Portal>, expired: &SecretString) -> Result<bool> {
        let doing = "replace a portal";
        let member_id = &portal.member_id;
        let new = self.seal_portal(&portal)?;
        // Again when another program was quicker.
        loop {
            let found = read::portals(&self.database.pool, Some(member_id)).await;
            let Some((id, old)) = self.context(doing, found)?.pop() else {
                return Ok(false);
            };
            let stored = self.open_portal((id, old.clone()))?;
            if !stored.has_access_token(expired) {
                return Ok(false);
            }
            let swapped = self.database.swap_portal(member_id, &old, &new).await;
            if self.context(doing, swapped)? {
                return Ok(true);
            }
        }
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Arc<Portal>>> {
        let cache = &self.database.shared.portals;
        if let Some(portal) = cache.get(member_id) {
            return Ok(Some(portal));
        }
        // Before it is read: a change in between makes the cache refuse it.
        let version = cache.version();
        let found = read::portals(&self.call_pool, Some(member_id)).await;
        let found = self.context("read a portal", found)?.pop();
        let portal = found.map(|found| self.open_portal(found)).transpose()?;
        if let Some(portal) = &portal {
            cache.insert(portal, version);
        }
        Ok(portal)
    }

    async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        let found = read::portals(&self.database.pool, None).await;
        let found = self.context("read its portals", found)?;
        found
            .into_iter()
            .map(|found| self.open_portal(found))
            .collect()
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let doing = "remove a portal";
        let deleted = self.database.delete_portal(member_id).await;
        self.context(doing, deleted)?;
        let mut after = 0;
        loop {
            let last = self.database.uninstall(member_id, after, now).await;
            match self.context(doing, last)? {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}
